"""Scenarios round-trip, and say when they are not what they claim."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from kytos.calls.saved_use import saved_use
from kytos.calls.scenario import Scenario, digest_of, read_scenario
from kytos.cluster import CPU, Cluster, Frozen, Node, Pod
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.errors import SourceError
from kytos.questions.outcome import Question
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.placement.startup_and_latency import TrafficEdge
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.usage import Recommendation, Usage


@pytest.fixture
def small() -> Cluster:
    """One node with images, whose order a set does not keep, and one pod."""
    images = frozenset(f"registry/image-{index}" for index in range(20))
    node = Node(name="n", allocatable={CPU: 1000}, images=images)
    return Cluster(nodes=(node,), pods=(Pod(id="p", name="p", node="n"),))


def test_round_trip(small: Cluster) -> None:
    """What was saved is what is read."""
    saved = Scenario(
        digest=digest_of(small),
        cluster=small,
        request=RebalanceRequest(max_moves=2),
        weights=Weights(B=2),
        params=SolverParams(seed=3),
    )
    assert read_scenario(saved.to_json()) == saved


@pytest.mark.parametrize(
    ("question", "request_"),
    [
        (Question.RECOVERY, RecoveryRequest(failed_nodes=("n",), allow_moves=True)),
        (
            Question.PLACEMENT,
            PlacementRequest(traffic=(TrafficEdge.model_validate({"from": "a", "to": "b"}),)),
        ),
    ],
)
def test_each_question_keeps_its_own_request(question: Question, request_: Frozen) -> None:
    """A request is read back as what its question takes, aliases included."""
    saved = Scenario(question=question, sample="web-shop", request=request_)
    assert read_scenario(saved.to_json()) == saved


def test_request_of_another_question_is_refused() -> None:
    """What a rebalance takes is no recovery."""
    with pytest.raises(ValueError, match="RecoveryRequest"):
        Scenario(question=Question.RECOVERY, sample="web-shop", request=RebalanceRequest())


def test_changed_cluster_is_refused(small: Cluster) -> None:
    """A cluster edited after saving would not give the saved answer."""
    saved = Scenario(digest=digest_of(small), cluster=small, request=RebalanceRequest())
    content = json.loads(saved.to_json())
    content["cluster"]["nodes"][0]["allocatable"][CPU] = 2000
    with pytest.raises(SourceError, match="changed after the scenario was saved"):
        read_scenario(json.dumps(content).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"digest": 1}', b"\xff"])
def test_other_files_are_refused(content: bytes) -> None:
    """Anything else is named as no scenario."""
    with pytest.raises(SourceError, match="not a scenario file"):
        read_scenario(content)


def test_digest_is_the_same_in_every_process() -> None:
    """Sets are hashed differently in every process; the digest must not follow."""
    script = (
        "from kytos.cluster import Cluster, Node\n"
        "from kytos.calls.scenario import digest_of\n"
        "images = frozenset(f'image-{i}' for i in range(50))\n"
        "print(digest_of(Cluster(nodes=(Node(name='n', allocatable={}, images=images),))))\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_digest_tells_clusters_apart(small: Cluster) -> None:
    """A pod on no node is another cluster."""
    assert digest_of(small) != digest_of(small.with_placement({"p": None}))


def test_parameters_saved_flat_still_open() -> None:
    """A scenario saved before hybrid's and a processor's parameters had a place of their own."""
    params = {"num_reads": 3, "blocks": 7, "chain_prefactor": 2.0}
    saved = {"version": 1, "question": "rebalance", "sample": "lab", "request": {}}
    scenario = read_scenario(json.dumps(saved | {"params": params}).encode())
    assert scenario.params.num_reads == 3
    assert scenario.params.hybrid.blocks == 7
    assert scenario.params.qpu.chain_prefactor == 2.0


def test_a_flat_parameter_elsewhere_is_told_its_place() -> None:
    """A request that still says `blocks` learns where it is now."""
    with pytest.raises(ValidationError, match=r"blocks is now hybrid\.blocks"):
        SolverParams.model_validate({"blocks": 7})


def test_use_is_saved_and_told_apart(small: Cluster) -> None:
    """A scenario keeps what pods were seen to use, and other use is another cluster."""
    used = Usage(
        containers=(("p", "app"),),
        step_s=3600,
        cpu=np.array([[100, np.nan, 300]], np.float32),
        memory=np.full((1, 3), 2e8, np.float32),
        throttled=np.full((1, 3), np.nan, np.float32),
        oom_kills={("p", "app"): 2},
        recommendations=(Recommendation("krr", "", "default/p", "app", {CPU: 50}),),
    )
    seen = small.replace(usage=used)
    assert digest_of(seen) != digest_of(small)
    more = dataclasses.replace(used, cpu=used.cpu + 1)
    assert digest_of(small.replace(usage=more)) != digest_of(seen)
    saved = Scenario(
        digest=digest_of(seen), cluster=seen, use=saved_use(used), request=RebalanceRequest()
    )
    back = read_scenario(saved.to_json()).cluster
    assert back is not None
    assert back.usage is not None
    assert digest_of(back) == digest_of(seen)
    np.testing.assert_array_equal(back.usage.cpu, used.cpu)
    assert back.usage.oom_kills == used.oom_kills
    assert back.usage.recommendations == used.recommendations


def test_use_that_was_cut_is_refused(small: Cluster) -> None:
    """A series that does not fill its grid is named."""
    three = np.ones((1, 3), np.float32)
    used = Usage(containers=(("p", "app"),), cpu=three, memory=three, throttled=three)
    saved = Scenario(cluster=small, use=saved_use(used), request=RebalanceRequest())
    content = json.loads(saved.to_json())
    content["use"]["samples"] = 4
    with pytest.raises(SourceError, match="series cpu does not hold 1 containers by 4 samples"):
        read_scenario(json.dumps(content).encode())

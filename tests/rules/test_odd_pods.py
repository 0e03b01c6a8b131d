"""Odd pods that a real scheduler judged, each new to one recorded cluster.

``tests/data/oracle/odd``: 30 that kube-scheduler 1.36.2 judged, and one that the API server
refused (its verdict is null). What is not judged here says so, and only where it could not be.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from typing import Any

import pytest

from kytos.rules.quotas import quota_refusals, refused_by_quota
from kytos.rules.why_not import as_json, why_not
from kytos.sources.admission import Admission
from kytos.sources.manifests import read_cluster, read_pods
from tests.rules.agreement import ORACLE

MOST_NOT_JUDGED = 4


def _document(name: str) -> Any:
    return json.loads(lzma.decompress((ORACLE / "odd" / f"{name}.json.xz").read_bytes()))


VERDICTS: dict[str, Any] = _document("verdicts")


@cache
def said() -> dict[str, dict[str, str | None]]:
    """By pod and node, null or the reason, as ``why-not --json`` has it."""
    cluster = read_cluster([("odd.json", json.dumps(_document("cluster")))])
    manifests = [found["manifest"] for found in VERDICTS.values()]
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": manifests})
    pods = read_pods([("odd", text)], Admission.of(cluster))
    refusals = quota_refusals(cluster, pods, one_by_one=True)
    answers: dict[str, dict[str, str | None]] = {}
    for pod in pods:
        asked = cluster.replace(pods=(*cluster.pods, refused_by_quota(pod, refusals)))
        answers |= as_json(why_not(asked, [pod.id]), [node.name for node in cluster.nodes])
    return {name.split("/")[1]: answer for name, answer in answers.items()}


@pytest.mark.parametrize("pod", sorted(VERDICTS))
def test_every_verdict_agrees(pod: str) -> None:
    """Where it could be judged, the nodes that pass are the scheduler's; a refused pod has none."""
    feasible = set(VERDICTS[pod]["feasible"] or ())
    for node, reason in said()[pod].items():
        if reason is None or not reason.startswith("not judged:"):
            assert (reason is None) == (node in feasible), (node, reason)


def test_few_pods_are_not_judged() -> None:
    """At most four of them on any node."""
    unjudged = [
        pod
        for pod, answer in said().items()
        if any(reason and reason.startswith("not judged:") for reason in answer.values())
    ]
    assert len(unjudged) <= MOST_NOT_JUDGED

"""The rules, held against a second implementation on clusters nobody recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest

from kytos.cluster import Cluster, PodTerm
from kytos.contract.params import SolverParams
from kytos.problem import LoadMode
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import RULES, refusals
from kytos.sources.manifests import cluster_from_objects
from tests.rules.agreement import recorded_documents
from tests.rules.random_manifests import OLD_ZONE, ZONE, Manifest, random_manifests
from tests.rules.referee import FILTERS, Referee
from tests.rules.small import labelled
from tests.rules.small import node as node_named
from tests.rules.small import pod as pod_named

SAME = {
    "unschedulable": {"unschedulable"},
    "taints": {"taint"},
    "node_affinity": {"node selector", "node affinity"},
    "ports": {"host ports"},
    "fit": {"resources"},
    "volumes": {"exclusive volumes", "volumes"},
    "spread": {"topology spread"},
    "pod_affinity": {"pod affinity"},
    "pod_anti_affinity": {"pod anti-affinity", "existing pods' anti-affinity"},
    "features": {"declared features"},
}
"""The rules that together say what one method of the referee says."""
CLUSTERS_A_CASE = 100
PLANNED = 40
QUICK = SolverParams(num_reads=2, num_sweeps=200)


def test_the_referee_is_right_about_every_recorded_verdict() -> None:
    """What is to judge the rules agrees with the real scheduler itself, on all 15,862."""
    judged = 0
    for name, document in recorded_documents():
        referee = Referee(document["cluster"]["items"])
        for candidate in document["candidates"]:
            pod = candidate["pod"]
            assert referee.feasible(pod) == set(candidate["feasible"]), (name, pod["metadata"])
            judged += len(referee.nodes)
    assert judged == 15_862


@pytest.mark.parametrize("case", range(4))
def test_every_rule_says_what_the_referee_says(case: int) -> None:
    """On random clusters with all features mixed, rule by rule, so that none hides another."""
    wrong: list[tuple[int, str, str, str]] = []
    refused = dict.fromkeys(FILTERS, 0)
    for seed in range(CLUSTERS_A_CASE * case, CLUSTERS_A_CASE * (case + 1)):
        stored, waiting = random_manifests(seed)
        stored = [stably_labelled(manifest) for manifest in stored]
        referee, cluster = Referee(stored), cluster_from_objects([*stored, *waiting])
        index = RuleIndex(cluster)
        pods = [
            cluster.pod_index["{namespace}/{name}".format(**pod["metadata"])] for pod in waiting
        ]
        for filter_name in FILTERS:
            rules = [rule for rule in RULES if rule.name in SAME[filter_name]]
            says = reduce(np.logical_or, (refusals(index, rule, pods) for rule in rules))
            for pod, row in zip(waiting, says, strict=True):
                for node, refuses in zip(cluster.nodes, row, strict=True):
                    passes = referee.passes(pod, node.name, [filter_name])
                    refused[filter_name] += not passes
                    if passes == bool(refuses):
                        wrong.append((seed, pod["metadata"]["name"], node.name, filter_name))
    assert wrong == []
    assert all(refused.values()), refused


def test_no_rule_is_left_out() -> None:
    """All but those with tests of their own: odd pods, and what no node decides."""
    judged = set().union(*SAME.values())
    assert {rule.name for rule in RULES} - judged == {
        "not accepting pods",
        "admission",
        "scheduling gates",
        "attach limits",
        "dynamic resources",
    }


def consolidated(cluster: Cluster) -> dict[str, str | None]:
    return _rebalanced(cluster, LoadMode.CONSOLIDATE)


def spread_out(cluster: Cluster) -> dict[str, str | None]:
    return _rebalanced(cluster, LoadMode.SPREAD)


def with_the_waiting_placed(cluster: Cluster) -> dict[str, str | None]:
    return place(cluster, PlacementRequest(), params=QUICK).placement


def _rebalanced(cluster: Cluster, mode: LoadMode) -> dict[str, str | None]:
    everyone = tuple(pod.id for pod in cluster.pods)
    return rebalance(
        cluster, RebalanceRequest(mode=mode, may_move=everyone), params=QUICK
    ).placement


@pytest.mark.parametrize(
    ("planned", "at_least"),
    [(consolidated, 4), (spread_out, 20), (with_the_waiting_placed, 60)],
)
def test_no_plan_breaks_what_the_referee_sees(
    planned: Callable[[Cluster], dict[str, str | None]], at_least: int
) -> None:
    """Afterwards every pod that came passes where it is, and whoever passed before still does."""
    came = 0
    for seed in range(PLANNED):
        stored, waiting = random_manifests(seed)
        before = [stably_labelled(manifest) for manifest in (*stored, *waiting)]
        plan = planned(cluster_from_objects(before))
        after = [bound_to(manifest, plan.get(full_name(manifest))) for manifest in before]
        for old, new in zip(before, after, strict=True):
            if plan.get(full_name(new)) is not None:
                allowed = set() if new is not old else broken(before, old) | by_itself(before, old)
                assert broken(after, new) <= allowed, (seed, full_name(new))
                came += new is not old
    assert came >= at_least


def test_company_asked_for_under_a_key_no_node_has_leaves_the_rest_to_be_placed() -> None:
    """There is no domain to count in: who asks stays behind, though one such pod runs."""
    beside = {"affinity": (PodTerm(topology_key="rack", selector=labelled(app="a")),)}
    waiting = (pod_named("p-1", labels={"app": "a"}, **beside), pod_named("q-1"))
    running = pod_named("p-0", "n", labels={"app": "a"}, **beside)
    cluster = Cluster(nodes=(node_named("n"),), pods=(running, *waiting))
    assert with_the_waiting_placed(cluster) == {"default/p-1": None, "default/q-1": "n"}


def full_name(manifest: Manifest) -> str:
    """As a plan names pods; nothing a plan could name where it is no pod."""
    if manifest["kind"] != "Pod":
        return ""
    return "{namespace}/{name}".format(**manifest["metadata"])


def stably_labelled(manifest: Manifest) -> Manifest:
    """A node with its zone under the stable name too, as Kytos reads nodes labelled before 1.17."""
    if manifest["kind"] != "Node" or OLD_ZONE not in manifest["metadata"].get("labels", {}):
        return manifest
    metadata = manifest["metadata"]
    labels = {ZONE: metadata["labels"][OLD_ZONE]} | metadata["labels"]
    return manifest | {"metadata": metadata | {"labels": labels}}


def bound_to(pod: Manifest, node: str | None) -> Manifest:
    """The same pod on another node, as new there; itself where it stays."""
    if node is None or node == pod["spec"].get("nodeName"):
        return pod
    return pod | {"spec": pod["spec"] | {"nodeName": node}, "status": {"phase": "Running"}}


def broken(manifests: list[Manifest], pod: Manifest) -> set[str]:
    """Filters a bound pod would fail on its node if it came there now."""
    referee = Referee([manifest for manifest in manifests if manifest is not pod])
    return {name for name in FILTERS if not referee.passes(pod, pod["spec"]["nodeName"], [name])}


def by_itself(manifests: list[Manifest], pod: Manifest) -> set[str]:
    """Pod affinity, if a pod that runs is its own company: others elsewhere do not end that."""
    referee = Referee([manifest for manifest in manifests if manifest["kind"] != "Pod"])
    alone = referee.passes(pod, pod["spec"]["nodeName"], ["pod_affinity"])
    return {"pod_affinity"} if alone else set()

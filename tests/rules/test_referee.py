"""The rules, held against a second implementation on clusters nobody recorded."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import RULES, refusals
from kytos.sources.manifests import cluster_from_objects
from tests.rules.agreement import recorded_documents
from tests.rules.random_manifests import random_manifests
from tests.rules.referee import FILTERS, Referee

SAME = {
    "unschedulable": {"unschedulable"},
    "taints": {"taint"},
    "node_affinity": {"node selector", "node affinity"},
    "ports": {"host ports"},
    "fit": {"resources"},
    "volumes": {"exclusive volumes", "volumes"},
    "spread": {"topology spread"},
    "pod_affinity": {"pod affinity", "pod anti-affinity", "existing pods' anti-affinity"},
    "features": {"declared features"},
}
"""The rules that together say what one method of the referee says."""
CLUSTERS_A_CASE = 100


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
    """All but the one for nodes that a request body marks as not ready, which no manifest can."""
    judged = set().union(*SAME.values())
    assert {rule.name for rule in RULES} - judged == {"not accepting pods"}

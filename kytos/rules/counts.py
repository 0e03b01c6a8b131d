"""How many bound pods of a set each domain of a topology holds, the judged pod itself left out."""

from __future__ import annotations

from collections.abc import Hashable

from kytos.pod_sets import PodSet
from kytos.problem import Ints
from kytos.rules.index import RuleIndex


def others_at_nodes(
    index: RuleIndex, topology_key: str, pods: PodSet, pod: int, name: Hashable
) -> Ints:
    """``(nodes,)`` how many of `pods`, without `pod`, are bound in each node's domain.

    0 where a node lacks the key. `name` tells the set of pods from others, so that it is counted
    once.
    """
    topology = index.topology(topology_key)
    sums = index.once(("counted", topology_key, name), lambda: topology.sums(index.per_node(pods)))
    home = index.home[pod]
    if home >= 0 and pods[pod] and topology.of_node[home] >= 0:
        sums = sums.copy()
        sums[topology.of_node[home]] -= 1
    return topology.at_nodes(sums)

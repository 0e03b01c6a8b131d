"""Which nodes refuse which pods, by which rule: the scheduler's filters over a whole cluster."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from kytos.pairs import MaskBuilder
from kytos.problem import Bools
from kytos.rules.admission import Admitted
from kytos.rules.attach_limits import AttachLimits
from kytos.rules.base import Rule, Verdict
from kytos.rules.beyond_the_scheduler import BEYOND
from kytos.rules.declared_features import DeclaredFeatures
from kytos.rules.devices import DynamicResources
from kytos.rules.gates import SchedulingGates
from kytos.rules.host_ports import HostPorts
from kytos.rules.index import RuleIndex
from kytos.rules.node_affinity import NodeAffinity, NodeSelector
from kytos.rules.pod_affinity import ExistingAntiAffinity, PodAffinity, PodAntiAffinity
from kytos.rules.resources import Resources
from kytos.rules.taints import Taints
from kytos.rules.topology_spread import TopologySpread
from kytos.rules.unschedulable import AcceptsPods, Unschedulable
from kytos.rules.volumes import ExclusiveVolumes, Volumes

RULES: tuple[Rule, ...] = (
    Admitted(),
    SchedulingGates(),
    AcceptsPods(),
    Unschedulable(),
    Taints(),
    NodeSelector(),
    NodeAffinity(),
    HostPorts(),
    Resources(),
    ExclusiveVolumes(),
    AttachLimits(),
    Volumes(),
    TopologySpread(),
    PodAffinity(),
    PodAntiAffinity(),
    ExistingAntiAffinity(),
    DeclaredFeatures(),
    # Last: what it cannot judge is said only of nodes that nothing else refuses.
    DynamicResources(),
)
"""In the order the scheduler asks them; the first that refuses gives the verdict.

The scheduler's NodeName filter has no rule here: it only looks at a node name a pod was created
with, and such a pod is bound from the start.
"""

PLAN_RULES: tuple[Rule, ...] = (*RULES, *BEYOND)
"""The scheduler's, and what plans keep to beyond them."""

SETTLED = tuple(rule for rule in PLAN_RULES if rule.settled)

FEASIBLE = -1
"""Where no rule refuses, in what `first_refusals` returns."""


def static_mask(index: RuleIndex, pods: Sequence[int]) -> MaskBuilder:
    """Pairs that no rule of a plan settled by pod and node alone refuses."""
    builder = MaskBuilder(len(pods), len(index.nodes))
    for rule in SETTLED:
        forbid_refused(builder, index, rule, pods)
    return builder


def forbid_refused(builder: MaskBuilder, index: RuleIndex, rule: Rule, pods: Sequence[int]) -> None:
    """Close the pairs that one rule refuses, judged once per class of equal pods."""
    classes: dict[Hashable, int] = {}
    first: list[int] = []
    kind = np.full(len(pods), -1, dtype=np.int64)
    for row, pod in enumerate(pods):
        key = rule.key(index, pod)
        if key is not None:
            kind[row] = classes.setdefault(key, len(first))
            if kind[row] == len(first):
                first.append(pod)
    builder.forbid_by_kind(kind, lambda pods: rule.refused(index, first[pods]))


def first_refusals(
    index: RuleIndex, pods: Sequence[int], rules: Sequence[Rule] = RULES
) -> npt.NDArray[np.int8]:
    """``(pods, nodes)`` position in `PLAN_RULES` of the first that refuses, else `FEASIBLE`.

    `RULES` are the first of `PLAN_RULES`; with those alone it is the scheduler's verdict.

    Each pod is judged against the cluster as it stands, itself taken off its node first.
    """
    first = np.full((len(pods), len(index.nodes)), FEASIBLE, dtype=np.int8)
    for position, rule in enumerate(rules):
        first[refusals(index, rule, pods) & (first == FEASIBLE)] = position
    return first


def verdicts(index: RuleIndex, pod: int) -> tuple[Verdict | None, ...]:
    """For each node None, or the first rule that refuses the pod there and why.

    Parameters
    ----------
    pod
        Position in the cluster's pods. A bound pod is taken off its node first.
    """
    return verdicts_of(index, pod, first_refusals(index, [pod])[0])


def verdicts_of(
    index: RuleIndex, pod: int, first: npt.NDArray[np.int8]
) -> tuple[Verdict | None, ...]:
    """For each node None, or the rule of `first` that refuses the pod there and why.

    Parameters
    ----------
    first
        ``(nodes,)`` the pod's row of `first_refusals`.
    """
    return tuple(
        None if rule == FEASIBLE else _verdict(index, PLAN_RULES[rule], pod, node)
        for node, rule in enumerate(first)
    )


def refusals(index: RuleIndex, rule: Rule, pods: Sequence[int]) -> Bools:
    """``(pods, nodes)`` pairs that one rule refuses, judged once per class of equal pods."""
    refused = np.zeros((len(pods), len(index.nodes)), dtype=np.bool_)
    classes: dict[Hashable, Bools] = {}
    for row, pod in enumerate(pods):
        key = rule.key(index, pod)
        if key is None:
            continue
        if key not in classes:
            classes[key] = rule.refused(index, pod)
        refused[row] = classes[key]
    return refused


def _verdict(index: RuleIndex, rule: Rule, pod: int, node: int) -> Verdict:
    return Verdict(rule.name, index.nodes[node].name, rule.reason(index, pod, node))

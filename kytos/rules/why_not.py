"""Why a pod does not run on a node: per pair, summed up, and what would change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kytos.cluster import PODS, REGION, ZONE, Cluster
from kytos.errors import InputError
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule, Verdict
from kytos.rules.beyond_the_scheduler import BEYOND
from kytos.rules.devices import NOT_JUDGED, DynamicResources
from kytos.rules.eviction import movability
from kytos.rules.in_use import InUse
from kytos.rules.index import RuleIndex
from kytos.rules.node_affinity import NodeSelector
from kytos.rules.resources import Resources
from kytos.rules.taints import Taints
from kytos.rules.topology_spread import TopologySpread
from kytos.rules.verdicts import FEASIBLE, PLAN_RULES, RULES, refusals, verdicts_of


@dataclass(frozen=True)
class Remedy:
    """A single change that would let a pod on a node."""

    node: str
    rule: str
    change: str


@dataclass(frozen=True)
class WhyNot:
    """What keeps one pod off which nodes.

    Attributes
    ----------
    verdicts
        Per node in the cluster's order, None where the pod could run.
    summary
        How many nodes are available and what refuses it on the others, in the scheduler's words:
        "2 of 20 nodes available, 18 refused: 12 insufficient memory, 6 untolerated taint".
    remedies
        For nodes that one rule alone refuses, the change that lifts it; the nearest come first
        (least to free), then by node.
    pinned
        Why a running pod may not be moved whatever node is available, such as a disruption budget
        that allows none; None where it may, or waits.
    beyond
        Nodes that the scheduler would bind it to and no plan would, and why
        (`kytos.rules.beyond_the_scheduler`).
    """

    pod: str
    verdicts: tuple[Verdict | None, ...]
    summary: str
    remedies: tuple[Remedy, ...]
    pinned: str | None = None
    beyond: tuple[Verdict, ...] = ()


def why_not(cluster: Cluster, pods: Sequence[str]) -> tuple[WhyNot, ...]:
    """Explain each pod, judged against the cluster as it stands, itself taken off its node first.

    Raises
    ------
    InputError
        When a pod is not in the cluster.
    """
    index, pinned = RuleIndex(cluster), movability(cluster)
    return tuple(_explain(index, _position(cluster, pod), pinned[pod]) for pod in pods)


def as_json(answers: Sequence[WhyNot], nodes: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """``{"namespace/name": {"node": null | "reason"}}``, `max_used` among them where use counts.

    Parameters
    ----------
    nodes
        Names of the nodes in the cluster's order.
    """
    return {
        answer.pod: {
            node: None if verdict is None else verdict.reason
            for node, verdict in zip(nodes, told_verdicts(answer, nodes), strict=True)
        }
        for answer in answers
    }


def told_verdicts(answer: WhyNot, nodes: Sequence[str]) -> tuple[Verdict | None, ...]:
    """Per node the scheduler's refusal, else that of `max_used`, which is there only if asked for.

    Parameters
    ----------
    nodes
        Names of the nodes in the cluster's order.
    """
    in_use = {verdict.node: verdict for verdict in answer.beyond if verdict.rule == InUse.name}
    return tuple(
        verdict or in_use.get(node) for node, verdict in zip(nodes, answer.verdicts, strict=True)
    )


def refusal_summary(index: RuleIndex, pod: int, first: npt.NDArray[np.int8]) -> str:
    """Sum up over all nodes what refuses a pod, in the scheduler's words.

    A node short of two resources is counted under both, as the scheduler does.

    Parameters
    ----------
    first
        ``(nodes,)`` the pod's row of `kytos.rules.verdicts.first_refusals`.
    """
    causes: Counter[str] = Counter()
    for position in np.unique(first[first != FEASIBLE]):
        rule, nodes = PLAN_RULES[position], np.flatnonzero(first == position)
        if isinstance(rule, Resources):
            for name, count in rule.short_counts(index, pod, nodes).items():
                causes[said("too many pods" if name == PODS else f"insufficient {name}")] += count
        elif isinstance(rule, DynamicResources):
            unjudged = sum(
                rule.reason(index, pod, int(node)).startswith(NOT_JUDGED) for node in nodes
            )
            causes[said("whose devices are not judged")] += unjudged
            causes[rule.summary] += len(nodes) - unjudged
        else:
            causes[rule.summary] += len(nodes)
    causes = +causes
    head = said(f"{int((first == FEASIBLE).sum())} of {len(index.nodes)} nodes")
    told = _told(causes)
    return f"{head}: {told}" if told else head


def _told(causes: Counter[str]) -> str:
    told = sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))
    return ", ".join(f"{count} {cause}" for cause, count in told)


def _available(index: RuleIndex, pod: int, first: npt.NDArray[np.int8]) -> str:
    """The same for someone who asks about one pod: what the numbers count is said."""
    head, _, causes = refusal_summary(index, pod, first).partition(": ")
    refused = int((first != FEASIBLE).sum())
    return (
        said(f"{head} available, {refused} refused: {causes}")
        if causes
        else said(f"{head} available")
    )


def _position(cluster: Cluster, pod: str) -> int:
    position = cluster.pod_index.get(pod)
    if position is None:
        raise InputError(
            said(f"no pod {pod!r} in cluster {cluster.name!r}; pods are named namespace/name")
        )
    return position


def _explain(index: RuleIndex, pod: int, pinned: str | None) -> WhyNot:
    refused = np.array([refusals(index, rule, [pod])[0] for rule in RULES], dtype=np.bool_)
    # The first rule that refuses is the one the scheduler would name.
    first = np.where(refused.any(axis=0), refused.argmax(axis=0), FEASIBLE).astype(np.int8)
    beyond = tuple(_beyond(index, pod, first))
    summary = _available(index, pod, first)
    in_use = [verdict for verdict in beyond if verdict.rule == InUse.name]
    if in_use:
        summary += said(f"; of those available {len(in_use)} {InUse.summary}")
    return WhyNot(
        pod=index.pods[pod].id,
        verdicts=verdicts_of(index, pod, first),
        summary=summary,
        remedies=(*_remedies(index, refused, pod), *_more_used(index, pod, in_use)),
        pinned=pinned if index.pods[pod].holds_capacity else None,
        beyond=beyond,
    )


def _beyond(index: RuleIndex, pod: int, first: npt.NDArray[np.int8]) -> Iterator[Verdict]:
    for rule in BEYOND:
        for node in np.flatnonzero(refusals(index, rule, [pod])[0] & (first == FEASIBLE)):
            yield Verdict(rule.name, index.nodes[node].name, rule.reason(index, pod, int(node)))


def _more_used(index: RuleIndex, pod: int, refused: Sequence[Verdict]) -> Iterator[Remedy]:
    for verdict in refused:
        node = index.cluster.node_index[verdict.node]
        change = InUse().remedy(index, pod, node)
        if change is not None:
            yield Remedy(verdict.node, verdict.rule, change)


def _remedies(index: RuleIndex, refused: Bools, pod: int) -> tuple[Remedy, ...]:
    remedies: list[tuple[float, str, Remedy]] = []
    for node in np.flatnonzero(refused.sum(axis=0) == 1):
        rule = RULES[int(np.flatnonzero(refused[:, node])[0])]
        change = rule.remedy(index, pod, int(node))
        if change is not None and _is_enough(index, rule, pod, int(node)):
            name = index.nodes[node].name
            share = rule.shortfall(index, pod, int(node)) if isinstance(rule, Resources) else 1.0
            remedies.append((share, name, Remedy(name, rule.name, change)))
    return tuple(remedy for _, _, remedy in sorted(remedies, key=lambda entry: entry[:2]))


def _is_enough(index: RuleIndex, rule: Rule, pod: int, node: int) -> bool:
    """Whether no other rule refuses the pod once the node is labelled or its taint tolerated.

    Topology spread then counts the node as well, and a label that says where the node is is one
    that other rules go by.
    """
    if isinstance(rule, NodeSelector):
        placing = index.once("placing keys", lambda: _placing_keys(index))
        if index.pods[pod].claims:
            placing = placing | index.once("reaching keys", lambda: _reaching_keys(index))
        if rule.missing(index, pod, node).keys() & placing:
            return False
    return not isinstance(rule, NodeSelector | Taints) or TopologySpread().lets_in_once_eligible(
        index, pod, node
    )


def _placing_keys(index: RuleIndex) -> set[str]:
    """Node labels that pods are kept together, apart or even by."""
    return {
        key
        for pod in index.pods
        for key in (
            *(term.topology_key for term in (*pod.affinity, *pod.anti_affinity)),
            *(constraint.topology_key for constraint in pod.spread),
        )
    }


def _reaching_keys(index: RuleIndex) -> set[str]:
    """Node labels that say which volumes a node reaches."""
    volumes = (volume.required_node_terms or () for volume in index.volumes.values())
    classes = (storage_class.allowed_topologies for storage_class in index.storage_classes.values())
    return {
        expression.key
        for terms in (*volumes, *classes)
        for term in terms
        for expression in term.expressions
    } | {ZONE, REGION}

"""Pod terms and selectors with what they leave to the pod that carries them filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kytos.cluster import LabelSelector, Pod, PodTerm, Requirement
from kytos.pod_sets import PodSet
from kytos.rules.index import RuleIndex
from kytos.rules.labels import LabelTable


@dataclass(frozen=True)
class Term:
    """A pod term that no longer depends on who carries it: equal terms match equal pods.

    `requirements` None matches no pod; `namespaces` None means all of them.
    """

    topology_key: str
    requirements: tuple[Requirement, ...] | None
    namespaces: frozenset[str] | None


def resolve(index: RuleIndex, pod: Pod, term: PodTerm) -> Term:
    """Fill in namespaces and the label keys to match.

    Source: ``newAffinityTerm`` of Kubernetes' scheduler framework; namespaces named and selected
    are united.
    """
    requirements = with_label_keys(
        pod, term.selector, term.match_label_keys, term.mismatch_label_keys
    )
    key = ("resolved", term, pod.namespace, requirements)
    return index.once(
        key, lambda: Term(term.topology_key, requirements, _namespaces(index, pod, term))
    )


def with_label_keys(
    pod: Pod,
    selector: LabelSelector | None,
    match: Sequence[str],
    mismatch: Sequence[str] = (),
) -> tuple[Requirement, ...] | None:
    """The requirements of a selector with matchLabelKeys and mismatchLabelKeys merged in.

    The API server merges them when it stores a pod and refuses a selector that names such a key
    itself: a key that is already there has been merged, with the pod's label of that day.
    """
    if selector is None:
        return None
    present = {requirement.key for requirement in selector.requirements}
    merged = [
        Requirement(key=key, operator=operator, values=(pod.labels[key],))
        for keys, operator in ((match, "In"), (mismatch, "NotIn"))
        for key in keys
        if key in pod.labels and key not in present
    ]
    return (*selector.requirements, *merged)


def matched_pods(index: RuleIndex, term: Term) -> PodSet:
    """``(pods,)`` those that a term matches, bound or not."""

    def find() -> PodSet:
        positions = index.pod_labels.members(term.requirements)
        if term.namespaces is not None:
            positions = positions[index.inside(positions, term.namespaces)]
        return PodSet(positions, len(index.pods))

    return index.once(("matched", term.requirements, term.namespaces), find)


def matched_by_all(index: RuleIndex, terms: Sequence[Term]) -> PodSet:
    """``(pods,)`` those that every one of the terms matches."""

    def find() -> PodSet:
        positions = matched_pods(index, terms[0]).positions
        for term in terms[1:]:
            positions = positions[matched_pods(index, term).within(positions)]
        return PodSet(positions, len(index.pods))

    return index.once(("matched by all", tuple(terms)), find)


def _namespaces(index: RuleIndex, pod: Pod, term: PodTerm) -> frozenset[str] | None:
    if term.namespace_selector is None:
        return frozenset(term.namespaces or (pod.namespace,))
    if not term.namespace_selector.requirements:
        return None
    names = list(index.namespaces)
    table = index.once(
        "namespace labels", lambda: LabelTable.of([index.namespaces[name] for name in names])
    )
    chosen = table.matching(term.namespace_selector.requirements)
    return frozenset(term.namespaces) | {
        name for name, is_chosen in zip(names, chosen, strict=True) if is_chosen
    }

"""Selectors, node terms and pod terms of manifests as cluster models."""

from __future__ import annotations

from kytos.cluster import LabelSelector, NodeTerm, PodTerm, Requirement
from kytos.sources.fields import Fields


def label_selector(parent: Fields, key: str) -> LabelSelector | None:
    """The label selector at `key`; None, which matches nothing, where it is missing."""
    if key not in parent:
        return None
    selector = parent.object(key)
    equal = tuple(
        Requirement(key=name, operator="In", values=(value,))
        for name, value in selector.labels("matchLabels").items()
    )
    return LabelSelector(requirements=equal + requirements(selector, "matchExpressions"))


def requirements(parent: Fields, key: str) -> tuple[Requirement, ...]:
    """The expressions listed at `key`."""
    return tuple(
        Requirement(
            key=entry.text("key"), operator=entry.text("operator"), values=entry.texts("values")
        )
        for entry in parent.objects(key)
    )


def node_term(term: Fields) -> NodeTerm:
    """One node selector term."""
    return NodeTerm(
        expressions=requirements(term, "matchExpressions"), fields=requirements(term, "matchFields")
    )


def required_node_terms(parent: Fields, key: str) -> tuple[NodeTerm, ...] | None:
    """The terms of the node selector at `key`; None where there is none."""
    if key not in parent:
        return None
    return tuple(node_term(term) for term in parent.object(key).objects("nodeSelectorTerms"))


def pod_term(term: Fields) -> PodTerm:
    """One pod (anti-)affinity term."""
    return PodTerm(
        topology_key=term.text("topologyKey"),
        selector=label_selector(term, "labelSelector"),
        namespaces=term.texts("namespaces"),
        namespace_selector=label_selector(term, "namespaceSelector"),
        match_label_keys=term.texts("matchLabelKeys"),
        mismatch_label_keys=term.texts("mismatchLabelKeys"),
    )

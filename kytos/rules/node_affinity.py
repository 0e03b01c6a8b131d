"""The rules about which nodes a pod asks for: its node selector and its required node affinity."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from kytos.cluster import Labels, NodeTerm, Pod, Requirement, Volume
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule, none_refused
from kytos.rules.index import RuleIndex
from kytos.rules.labels import is_readable
from kytos.rules.wording import requirement_written

NAME_FIELD = "metadata.name"


def nodes_of_term(index: RuleIndex, term: NodeTerm) -> Bools:
    """``(nodes,)`` those that match a term; one that is empty or cannot be read matches none."""
    if not term.expressions and not term.fields:
        return none_refused(index)
    if not all(is_readable(expression) for expression in term.expressions):
        return none_refused(index)
    nodes = index.node_labels.matching(term.expressions)
    for field in term.fields:
        nodes = nodes & _nodes_of_field(index, field)
    return nodes


def nodes_of_terms(index: RuleIndex, terms: Sequence[NodeTerm] | None) -> Bools:
    """``(nodes,)`` those that match any of the terms; None is no requirement."""
    if terms is None:
        return ~none_refused(index)

    def find() -> Bools:
        nodes = none_refused(index)
        for term in terms:
            nodes = nodes | nodes_of_term(index, term)
        return nodes

    return index.once(("nodes of terms", tuple(terms)), find)


def nodes_reaching(index: RuleIndex, volume: Volume) -> Bools:
    """``(nodes,)`` those a volume's node affinity lets reach it.

    Only labels count: the scheduler looks at a volume's terms without the node's name. Source:
    ``CheckNodeAffinity`` of Kubernetes' component-helpers.
    """
    terms = volume.required_node_terms
    if terms is None or any(_only_names(term) for term in terms):
        return ~none_refused(index)
    if any(term.fields for term in terms):
        terms = tuple(term.model_copy(update={"fields": ()}) for term in terms)
    return nodes_of_terms(index, terms)


def nodes_of_selector(index: RuleIndex, selector: Labels) -> Bools:
    """``(nodes,)`` those that carry every label of a node selector."""

    def find() -> Bools:
        return index.node_labels.matching(
            [
                Requirement(key=key, operator="In", values=(value,))
                for key, value in selector.items()
            ]
        )

    return index.once(("nodes of selector", tuple(sorted(selector.items()))), find)


def asked_nodes(index: RuleIndex, pod: Pod) -> Bools:
    """``(nodes,)`` those that node selector and required node affinity ask for."""
    selected = nodes_of_selector(index, pod.node_selector)
    return selected & nodes_of_terms(index, pod.required_node_terms)


class NodeSelector(Rule):
    """Every label of the pod's node selector must be on the node.

    Source: Kubernetes' NodeAffinity plugin.
    """

    name = "node selector"
    summary = "node selector not matched"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The selector decides."""
        return tuple(sorted(index.pods[pod].node_selector.items())) or None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those that lack a label."""
        return ~nodes_of_selector(index, index.pods[pod].node_selector)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the labels that are not there."""
        return said(
            f"node selector {_labels_written(self.missing(index, pod, node))} is not matched"
        )

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str:
        """Label the node."""
        return said(
            f"label {index.nodes[node].name} {_labels_written(self.missing(index, pod, node))}"
        )

    def missing(self, index: RuleIndex, pod: int, node: int) -> Labels:
        """The labels the pod selects by that the node lacks."""
        labels = index.nodes[node].labels
        return {
            key: value
            for key, value in sorted(index.pods[pod].node_selector.items())
            if labels.get(key) != value
        }


class NodeAffinity(Rule):
    """One of the pod's required node terms must match the node; an empty term matches none.

    Source: Kubernetes' NodeAffinity plugin and component-helpers' nodeaffinity package.
    """

    name = "node affinity"
    summary = "node affinity not matched"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The terms decide."""
        return index.pods[pod].required_node_terms

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those that no term matches."""
        return ~nodes_of_terms(index, index.pods[pod].required_node_terms)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Write out the terms."""
        return said(f"required node affinity is not matched: {self._terms(index, pod)}")

    def _terms(self, index: RuleIndex, pod: int) -> str:
        terms = index.pods[pod].required_node_terms or ()
        return " or ".join(_term_written(term) for term in terms) or said("no term to match")


def _labels_written(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


def _only_names(term: NodeTerm) -> bool:
    return bool(term.fields) and not term.expressions


def _nodes_of_field(index: RuleIndex, field: Requirement) -> Bools:
    """The scheduler knows one field and compares it with one value; all else matches nothing."""
    if field.key != NAME_FIELD or len(field.values) != 1 or field.operator not in ("In", "NotIn"):
        return none_refused(index)
    nodes = none_refused(index)
    position = index.cluster.node_index.get(field.values[0])
    if position is not None:
        nodes[position] = True
    return nodes if field.operator == "In" else ~nodes


def _term_written(term: NodeTerm) -> str:
    parts = [requirement_written(requirement) for requirement in (*term.expressions, *term.fields)]
    return " and ".join(parts) or "(empty term, matches nothing)"

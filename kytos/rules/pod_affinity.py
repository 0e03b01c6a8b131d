"""The rules about other pods: required affinity, required anti-affinity and its mirror image."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from kytos.language import said
from kytos.pod_sets import PodSet
from kytos.problem import Bools
from kytos.rules.base import Rule, none_refused
from kytos.rules.counts import others_at_nodes
from kytos.rules.index import RuleIndex
from kytos.rules.terms import Term, matched_by_all, matched_pods, resolve
from kytos.rules.wording import selector_written


def affinity_terms(index: RuleIndex, pod: int) -> tuple[Term, ...]:
    """The required affinity terms of a pod."""
    subject = index.pods[pod]
    return tuple(resolve(index, subject, term) for term in subject.affinity)


def anti_affinity_terms(index: RuleIndex, pod: int) -> tuple[Term, ...]:
    """The required anti-affinity terms of a pod, each once."""
    subject = index.pods[pod]
    return tuple(dict.fromkeys(resolve(index, subject, term) for term in subject.anti_affinity))


def anti_affinity_carriers(index: RuleIndex) -> Mapping[Term, PodSet]:
    """``(pods,)`` those that carry each required anti-affinity term, bound or not."""

    def find() -> Mapping[Term, PodSet]:
        carriers: dict[Term, list[int]] = defaultdict(list)
        for pod, carrier in enumerate(index.pods):
            if carrier.anti_affinity:
                for term in anti_affinity_terms(index, pod):
                    carriers[term].append(pod)
        pods = len(index.pods)
        return {term: PodSet(np.array(positions), pods) for term, positions in carriers.items()}

    return index.once("anti-affinity carriers", find)


def lacks_a_key(index: RuleIndex, terms: Sequence[Term]) -> Bools:
    """``(nodes,)`` those without the topology key of one of the terms."""
    lacking = none_refused(index)
    for term in terms:
        lacking = lacking | (index.topology(term.topology_key).of_node < 0)
    return lacking


class PodAffinity(Rule):
    """For every term the node's domain must hold a pod that matches *all* terms.

    The first of its kind may go anywhere with every topology key: when no pod matches on any node
    with one of the keys, and the pod matches its own terms. Source: ``satisfyPodAffinity`` of
    Kubernetes' InterPodAffinity plugin.
    """

    name = "pod affinity"
    summary = "pod affinity not matched"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The terms, and the pod itself where it could be its own company."""
        terms = affinity_terms(index, pod)
        if not terms:
            return None
        itself = bool(matched_by_all(index, terms)[pod])
        return terms, itself, int(index.home[pod]) if itself else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those without company."""
        terms = affinity_terms(index, pod)
        company = matched_by_all(index, terms)
        lacking = lacks_a_key(index, terms)
        alone = none_refused(index)
        anyone = False
        for term in terms:
            beside = others_at_nodes(index, term.topology_key, company, pod, ("all", terms))
            alone = alone | (beside <= 0)
            anyone = anyone or bool((beside > 0).any())
        if not anyone and company[pod]:
            return lacking
        return lacking | alone

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the key that is missing or the company that is."""
        terms = affinity_terms(index, pod)
        for term in terms:
            if index.topology(term.topology_key).of_node[node] < 0:
                return said(f"required pod affinity: the node has no label {term.topology_key}")
        keys = ", ".join(dict.fromkeys(term.topology_key for term in terms))
        company = _company_written(index, pod, terms)
        return said(f"required pod affinity: no pod {company} in the node's {keys}")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Bring the company, where there can be any."""
        terms = affinity_terms(index, pod)
        if lacks_a_key(index, terms)[node] or _nobody_matches(terms):
            return None
        company = _company_written(index, pod, terms)
        return said(f"run a pod {company} beside {index.nodes[node].name}")


class _AntiAffinity(Rule):
    """A node is refused where a term finds a rival of the pod in the node's domain.

    The two rules that follow look at the same pairs of pods from either side.
    """

    settled = False

    @abstractmethod
    def _terms(self, index: RuleIndex, pod: int) -> Sequence[Term]:
        """The terms that may refuse the pod nodes, each once."""

    @abstractmethod
    def _rivals(self, index: RuleIndex, term: Term) -> PodSet:
        """``(pods,)`` those a term keeps the pod away from."""

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The terms, and the pod itself where it is among its own rivals."""
        terms = tuple(self._terms(index, pod))
        if not terms:
            return None
        itself = tuple(bool(self._rivals(index, term)[pod]) for term in terms)
        return terms, itself, int(index.home[pod]) if any(itself) else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` whose domain holds a rival."""
        refused = none_refused(index)
        for term in self._terms(index, pod):
            refused = refused | self._refused_by(index, pod, term)
        return refused

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Move the pod in the way, where it is one."""
        pods = {rival for _, rivals in self._in_the_way(index, pod, node) for rival in rivals}
        return said(f"move {index.pods[pods.pop()].id} elsewhere") if len(pods) == 1 else None

    def _refused_by(self, index: RuleIndex, pod: int, term: Term) -> Bools:
        rivals = self._rivals(index, term)
        return others_at_nodes(index, term.topology_key, rivals, pod, (self.name, term)) > 0

    def _in_the_way(self, index: RuleIndex, pod: int, node: int) -> list[tuple[Term, list[int]]]:
        """Each term that refuses the node, and the rivals it finds there."""
        return [
            (term, _inside(index, term, self._rivals(index, term), pod, node))
            for term in self._terms(index, pod)
            if self._refused_by(index, pod, term)[node]
        ]


class PodAntiAffinity(_AntiAffinity):
    """No term may find a matching pod in the node's domain; without the key there is no domain.

    Source: ``satisfyPodAntiAffinity`` of Kubernetes' InterPodAffinity plugin.
    """

    name = "pod anti-affinity"
    summary = "pod anti-affinity"

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name a pod that is in the way."""
        term, rivals = self._in_the_way(index, pod, node)[0]
        return said(
            f"required pod anti-affinity: {index.pods[rivals[0]].id} is in the same "
            f"{term.topology_key}"
        )

    def _terms(self, index: RuleIndex, pod: int) -> Sequence[Term]:
        return anti_affinity_terms(index, pod)

    def _rivals(self, index: RuleIndex, term: Term) -> PodSet:
        return matched_pods(index, term)


class ExistingAntiAffinity(_AntiAffinity):
    """Required anti-affinity holds both ways: pods that run keep away whom their terms match.

    Source: ``satisfyExistingPodsAntiAffinity`` of Kubernetes' InterPodAffinity plugin.
    """

    name = "existing pods' anti-affinity"
    summary = "existing pods' anti-affinity"

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the pod that keeps this one away."""
        term, carriers = self._in_the_way(index, pod, node)[0]
        return said(
            f"{index.pods[carriers[0]].id} is in the same {term.topology_key} and keeps such pods "
            "away (required pod anti-affinity)"
        )

    def _terms(self, index: RuleIndex, pod: int) -> Sequence[Term]:
        return _terms_against(index)[pod]

    def _rivals(self, index: RuleIndex, term: Term) -> PodSet:
        return anti_affinity_carriers(index)[term]


def _company_written(index: RuleIndex, pod: int, terms: Sequence[Term]) -> str:
    """Whom the terms ask for; the namespace is told where it is not the pod's own."""
    wanted = "with " + " and ".join(
        dict.fromkeys(selector_written(term.requirements) for term in terms)
    )
    namespaces = _common_namespaces(terms)
    if namespaces is None or index.pods[pod].namespace in namespaces:
        return wanted
    return said(f"{wanted} in namespace {' or '.join(sorted(namespaces)) or '(none)'}")


def _common_namespaces(terms: Sequence[Term]) -> frozenset[str] | None:
    """Those in which all terms look; None is everywhere."""
    named = [term.namespaces for term in terms if term.namespaces is not None]
    return frozenset.intersection(*named) if named else None


def _nobody_matches(terms: Sequence[Term]) -> bool:
    """Whether no pod there could be would match all terms, as far as their In expressions tell."""
    values: dict[str, set[str]] = {}
    for term in terms:
        for requirement in term.requirements or ():
            if requirement.operator == "In":
                known = values.setdefault(requirement.key, set(requirement.values))
                known.intersection_update(requirement.values)
    return (
        any(term.requirements is None for term in terms)
        or not all(values.values())
        or _common_namespaces(terms) == frozenset()
    )


def _terms_against(index: RuleIndex) -> Sequence[Sequence[Term]]:
    """For each pod the anti-affinity terms of bound pods that match it."""

    def find() -> Sequence[Sequence[Term]]:
        against: dict[int, list[Term]] = defaultdict(list)
        for term, carriers in anti_affinity_carriers(index).items():
            if (index.home[carriers.positions] >= 0).any():
                for pod in matched_pods(index, term).positions.tolist():
                    against[pod].append(term)
        return [against[pod] for pod in range(len(index.pods))]

    return index.once("terms against", find)


def _inside(index: RuleIndex, term: Term, pods: PodSet, pod: int, node: int) -> list[int]:
    """Positions of `pods`, other than `pod`, in the node's domain of the term."""
    of_node = index.topology(term.topology_key).of_node
    running = pods.positions[index.home[pods.positions] >= 0]
    inside = running[(of_node[index.home[running]] == of_node[node]) & (running != pod)]
    return [int(position) for position in inside]

"""What a fleet that survives failures promises: which failures leave a pod without a node."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from kytos.cluster import Cluster, Node, Note, Pod, note_about
from kytos.contract.watch import Watch
from kytos.language import said
from kytos.problem import Bools, Problem
from kytos.questions.fleet.asked import Asked
from kytos.questions.fleet.built import Plan
from kytos.questions.fleet.offer import Offer
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.failure import not_evacuated
from kytos.questions.recovery.risk import Failing, spot_pool, verdicts, without_nodes
from kytos.solvers.patterns.packing import UNLIMITED

CHECK_S = 10.0
"""For deciding all failures of one kind of one plan."""

Failure = tuple[Failing, str]


@dataclass(frozen=True)
class Promise:
    """Whatever one of `kinds` fails, every pod it evicts finds a node, nobody preempted.

    Attributes
    ----------
    exempt
        By kind: what is fatal today already, or what no fleet at all would survive.
    notes
        About the latter.
    """

    asked: Asked
    kinds: tuple[Failing, ...]
    exempt: dict[Failing, frozenset[str]]
    notes: tuple[Note, ...]
    watch: Watch
    _known: dict[tuple[object, ...], frozenset[Failure]] = field(default_factory=dict)

    def broken(self, plan: Plan) -> frozenset[Failure]:
        """Return the failures that a plan should survive and does not, or that are not settled."""
        key = (tuple(plan.bought), plan.standby, tuple(plan.placement.items()))
        if key not in self._known:
            compiled = CompiledCluster(planned(self.asked, plan), lost=False)
            broken: set[Failure] = set()
            for kind in self.kinds:
                told = verdicts(compiled, kind, self.watch.within(CHECK_S))
                broken |= {(kind, name) for name in (told.fatal | told.unknown) - self.exempt[kind]}
            self._known[key] = frozenset(broken)
        return self._known[key]

    def covers(self, failure: Failure, node: Node) -> bool:
        """Whether a failure takes a node with it."""
        kind, name = failure
        return name == _name(kind, node)


def _name(kind: Failing, node: Node) -> str | None:
    return {"node": node.name, "zone": node.zone, "spot": spot_pool(node)}[kind]


def planned(asked: Asked, plan: Plan) -> Cluster:
    """Return the cluster as it would be: nodes that nothing needs are gone."""
    nodes = tuple(offer.bought(name) for name, offer in plan.bought.items())
    used = {node for node in plan.placement.values() if node is not None}
    used |= asked.stays.keys() | plan.standby
    used |= {
        pod.node
        for pod in asked.rest.pods
        if pod.node and pod.id not in plan.placement and pod.holds_capacity and pod.keeps_node
    }
    gone = {node.name for node in asked.rest.nodes if node.name not in used}
    whole = asked.rest.replace(nodes=asked.rest.nodes + nodes)
    return without_nodes(whole.with_placement(plan.placement), gone)


def evictable(pods: Collection[Pod]) -> Bools:
    """``(pods,)`` who gets another node when theirs fails, once it runs."""
    return np.array([not_evacuated(pod) is None for pod in pods], dtype=np.bool_)


def promise(asked: Asked, problem: Problem, kinds: Collection[Failing], watch: Watch) -> Promise:
    """Return the promise to survive what is survived today and could be by some fleet.

    Parameters
    ----------
    problem
        Over today's nodes and one of each that can be bought.
    """
    chosen = tuple(dict.fromkeys(kinds))
    exempt: dict[Failing, frozenset[str]] = {}
    compiled = CompiledCluster(asked.today, lost=False) if asked.today.nodes else None
    notes = []
    for kind in chosen:
        fatal = frozenset[str]()
        if compiled is not None:
            told = verdicts(compiled, kind, watch.within(CHECK_S))
            fatal = told.fatal | told.unknown
        hopeless = _hopeless(asked, problem, kind)
        for name, pods in hopeless.items():
            if name not in fatal:
                where = "nowhere but on" if kind == "node" else "nowhere but in"
                notes.append(
                    note_about(
                        said(
                            f"no fleet survives the failure of {kind} {name}: pods that can run "
                            f"{where} it"
                        ),
                        pods,
                    )
                )
        exempt[kind] = fatal | hopeless.keys()
    return Promise(asked, chosen, exempt, tuple(notes), watch)


def _hopeless(asked: Asked, problem: Problem, kind: Failing) -> dict[str, list[str]]:
    """By failure, pods that could run on nothing it leaves."""
    nodes = [*asked.rest.nodes, *(offer.node for offer in asked.offers)]
    count = [1] * len(asked.rest.nodes) + [offer.limit for offer in asked.offers]
    fits = np.array(problem.allowed[:, : len(nodes)])
    room = np.array(count)[None, :] > 0
    for resource in range(len(problem.resources)):
        need = problem.request[:, resource]
        free = (problem.allocatable - problem.fixed)[: len(nodes), resource]
        fits &= (need[:, None] == 0) | (need[:, None] <= free[None, :])
    fits &= room
    index = asked.rest.pod_index
    evicted = evictable([asked.rest.pods[index[pod]] for pod in problem.pods])
    told: dict[str, list[str]] = {}
    if kind == "node":
        single = np.array(count) == 1
        only = fits.sum(axis=1) == 1
        for pod in np.flatnonzero(evicted & only & (fits & single).any(axis=1)):
            at = int(fits[pod].argmax())
            if at < len(asked.rest.nodes):
                told.setdefault(nodes[at].name, []).append(problem.pods[pod])
        return told
    names = np.array([_name(kind, node) or "" for node in nodes])
    for name in sorted(set(names.tolist()) - {""}):
        inside = names == name
        stuck = evicted & fits[:, inside].any(axis=1) & ~fits[:, ~inside].any(axis=1)
        if stuck.any():
            told[name] = [problem.pods[pod] for pod in np.flatnonzero(stuck)]
    return told


def offers_beside(promise_: Promise, failure: Failure, plan: Plan) -> tuple[Offer, ...]:
    """What can still be bought that a failure does not take: fewer where counts bound them."""
    used: dict[int, int] = {}
    for offer in plan.bought.values():
        used[offer.shares] = used.get(offer.shares, 0) + 1
    return tuple(
        offer
        if offer.limit >= UNLIMITED
        else replace(offer, limit=offer.limit - used.get(offer.shares, 0))
        for offer in promise_.asked.offers
        if (failure[0] == "node" or not promise_.covers(failure, offer.node))
        and (offer.limit >= UNLIMITED or offer.limit > used.get(offer.shares, 0))
    )

"""The cluster held against what the plan saw: the first difference ends the execution."""

from __future__ import annotations

from collections.abc import Collection

from kytos.cluster import Node, Taint
from kytos.contract.runbook import Seen, SeenBudget, SeenNode
from kytos.errors import SourceError
from kytos.execution.endings import DriftError
from kytos.kube.api import Object, RefusedError
from kytos.kube.control_plane import ControlPlane, names_of
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.kubernetes_objects import read_budget, read_node
from kytos.sources.mending import read_or_mend

CORDON_TAINT = "node.kubernetes.io/unschedulable"
"""Follows ``spec.unschedulable``, which is compared by itself."""

SOFT_MARK = "DeletionCandidateOfClusterAutoscaler"
"""PreferNoSchedule; the autoscaler sets it on nodes as they empty."""


class Expected:
    """What the cluster should look like by now.

    Parameters
    ----------
    changes
        Whether what is done is kept by the server: not in a dry run.
    """

    def __init__(self, plane: ControlPlane, seen: Seen, *, changes: bool) -> None:
        """As the plan saw it."""
        self._plane, self._seen, self._changes = plane, seen, changes
        self._cordoned: dict[str, bool] = {}

    def set_unschedulable(self, node: str, *, to: bool) -> None:
        """From now on a node should be cordoned, or open, because we made it so."""
        if self._changes:
            self._cordoned[node] = to

    def was_cordoned(self, node: str) -> bool:
        """Whether the plan saw it cordoned: that is not ours to undo."""
        seen = self._seen.nodes.get(node)
        return seen is not None and seen.unschedulable

    def check_pod(self, pod: str, node: str | None) -> Object:
        """Return the pod, which is where the plan saw it and no other of its name.

        Raises
        ------
        DriftError
            Naming what differs.
        """
        live = self._plane.pod(pod)
        seen = self._seen.pods.get(pod)
        if live is None:
            raise DriftError(f"pod {pod} ran on node {node} when this was planned and is gone now")
        uid = live["metadata"]["uid"]
        if seen is not None and seen.uid and uid != seen.uid:
            raise DriftError(
                f"pod {pod} is another one now (uid {uid}, not {seen.uid} as when this was planned)"
            )
        now = live.get("spec", {}).get("nodeName")
        if node is not None and now != node:
            where = f"on node {now}" if now else "on no node"
            raise DriftError(f"pod {pod} was on node {node} when this was planned and is {where}")
        if live["metadata"].get("deletionTimestamp"):
            raise DriftError(f"pod {pod} is being deleted by somebody else")
        return live

    def check_node(self, name: str, *, cordon_aside: bool = False) -> Object:
        """Return a node, which is as the plan saw it but for what we did to it.

        Parameters
        ----------
        cordon_aside
            Do not compare whether it is cordoned.

        Raises
        ------
        DriftError
            Naming what differs.
        """
        live = self._plane.node(name)
        if live is None:
            raise DriftError(f"node {name} is gone")
        seen = self._seen.nodes.get(name)
        if seen is None:
            return live
        now = _read_node(live)
        cordoned = self._cordoned.get(name, seen.unschedulable)
        if now.unschedulable is not cordoned and not cordon_aside:
            raise DriftError(
                f"node {name} should be {_state(cordoned)} by now and is "
                f"{_state(now.unschedulable)}"
            )
        self._compare(name, now, seen)
        return live

    def _compare(self, name: str, now: Node, seen: SeenNode) -> None:
        before, after = _lasting(seen.taints), _lasting(now.taints)
        if before != after:
            come, gone = sorted(after - before), sorted(before - after)
            what = f"has the new taint {come[0]}" if come else f"has lost the taint {gone[0]}"
            raise DriftError(f"node {name} {what} since this was planned")
        for resource, offered in seen.allocatable.items():
            offers = now.allocatable.get(resource, 0)
            if offers != offered:
                raise DriftError(
                    f"node {name} offers {offers} of {resource} (millicores or bytes), not "
                    f"{offered} as when this was planned"
                )

    def check_budgets(self, namespaces: Collection[str], *, at_start: bool) -> str | None:
        """Compare the disruption budgets; return why that could not be done, if it could not.

        Parameters
        ----------
        namespaces
            Those pods are evicted in: there must be no new budget in them.
        at_start
            Whether nothing is under way, so that they must allow what they did. Later ours are on
            their way too, and the Eviction API makes us wait.

        Raises
        ------
        DriftError
            Naming what differs.
        """
        try:
            objects = self._plane.budgets()
        except RefusedError as refusal:
            return f"disruption budgets could not be compared: {refusal.said}"
        live = {}
        for one in objects:
            try:
                budget = read_budget(Fields(one, "PodDisruptionBudget"))
            except SourceError:  # left out of the plan too
                continue
            live[f"{budget.namespace}/{budget.name}"] = budget
        for name, seen in self._seen.budgets.items():
            now = live.get(name)
            if now is None:
                raise DriftError(f"disruption budget {name} is gone")
            spec = SeenBudget(
                selector=now.selector,
                min_available=now.min_available,
                max_unavailable=now.max_unavailable,
                disruptions_allowed=seen.disruptions_allowed,
            )
            if spec != seen:
                raise DriftError(
                    f"disruption budget {name} was changed: {_budget(spec)}, not {_budget(seen)} "
                    "as when this was planned"
                )
            if at_start and now.disruptions_allowed < seen.disruptions_allowed:
                raise DriftError(
                    f"disruption budget {name} allows {now.disruptions_allowed} evictions, not "
                    f"{seen.disruptions_allowed} as when this was planned"
                )
        new = [name for name in live if name not in self._seen.budgets]
        for name in new:
            if names_of(name)[0] in namespaces:
                raise DriftError(f"disruption budget {name} is new since this was planned")
        return None


def _read_node(live: Object) -> Node:
    # As files are read, so that the same node is the same.
    node: Node = read_or_mend(Fields(live, "Node"), read_node, Faults())
    return node


def _lasting(taints: tuple[Taint, ...]) -> set[str]:
    return {
        f"{taint.key}={taint.value}:{taint.effect.value}"
        for taint in taints
        if taint.key not in (CORDON_TAINT, SOFT_MARK)
    }


def _state(cordoned: bool) -> str:
    return "cordoned" if cordoned else "schedulable"


def _budget(budget: SeenBudget) -> str:
    words = [
        f"{name} {value}"
        for name, value in (
            ("minAvailable", budget.min_available),
            ("maxUnavailable", budget.max_unavailable),
        )
        if value is not None
    ]
    chosen = (
        "no selector"
        if budget.selector is None
        else (
            ", ".join(
                " ".join([one.key, one.operator, ",".join(one.values)]).strip()
                for one in budget.selector.requirements
            )
            or "all pods"
        )
    )
    return f"{' and '.join(words) or 'no bound'} of {chosen}"

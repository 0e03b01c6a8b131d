"""What binds pods to nodes and to each other: taints, affinity, selectors and topology spread."""

from __future__ import annotations

from enum import StrEnum

from kytos.cluster.base import Frozen


class Effect(StrEnum):
    """What a taint does to a pod that does not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Taint(Frozen):
    """A taint of a node."""

    key: str
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE


class Toleration(Frozen):
    """A toleration of a pod; an empty `key` with operator Exists tolerates every taint.

    `operator` is Equal, Exists, Lt or Gt; an empty `effect` matches all effects.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class Requirement(Frozen):
    """One expression of a selector: `key` `operator` `values`."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist; for nodes also Gt and Lt."""
    values: tuple[str, ...] = ()


class LabelSelector(Frozen):
    """All requirements must hold; an empty selector matches everything."""

    requirements: tuple[Requirement, ...] = ()


class NodeTerm(Frozen):
    """A node selector term: label expressions and fields, all of which must hold.

    A term with neither matches no node.
    """

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()


class PreferredNodeTerm(Frozen):
    """A node the pod would rather run on."""

    term: NodeTerm
    weight: int = 1


class PodTerm(Frozen):
    """A pod (anti-)affinity term: pods that match, in one domain of `topology_key`.

    `selector` None matches no pod. `namespaces` empty and `namespace_selector` None mean the
    pod's own namespace; an empty `namespace_selector` means all.
    """

    topology_key: str
    selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class PreferredPodTerm(Frozen):
    """A pod (anti-)affinity term that weighs but does not filter."""

    term: PodTerm
    weight: int = 1


class SpreadConstraint(Frozen):
    """A topology spread constraint as written on a pod."""

    topology_key: str
    max_skew: int = 1
    hard: bool = True
    """True for whenUnsatisfiable DoNotSchedule, False for ScheduleAnyway."""
    selector: LabelSelector | None = None
    min_domains: int | None = None
    honor_node_affinity: bool = True
    honor_node_taints: bool = False
    match_label_keys: tuple[str, ...] = ()

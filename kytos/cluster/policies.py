"""What limits pods beside the scheduler: budgets, quotas, limit ranges and classes."""

from __future__ import annotations

from kytos.cluster.base import Frozen, Labels
from kytos.cluster.scheduling import LabelSelector, Requirement, Toleration


class DisruptionBudget(Frozen):
    """A PodDisruptionBudget and what it still allows."""

    name: str
    namespace: str
    selector: LabelSelector | None = None
    disruptions_allowed: int = 0
    unready_leave_freely: bool = False
    """Whether evicting a pod that is not ready asks for none of what is allowed."""
    min_available: str | None = None
    """As written: a count or a percentage."""
    max_unavailable: str | None = None
    counted: bool = True
    """False without a status, or with one from before its last change: it then allows nothing."""


class RuntimeClass(Frozen):
    """A RuntimeClass: what admission adds to pods that name it. Quantities as written."""

    name: str
    overhead: dict[str, str] = {}
    node_selector: Labels = {}
    tolerations: tuple[Toleration, ...] = ()


class LimitRangeItem(Frozen):
    """Defaults and bounds of a LimitRange for containers or pods. Quantities as written."""

    type: str
    default: dict[str, str] = {}
    default_request: dict[str, str] = {}
    min: dict[str, str] = {}
    max: dict[str, str] = {}
    max_ratio: dict[str, str] = {}


class LimitRange(Frozen):
    """A LimitRange."""

    name: str
    namespace: str
    items: tuple[LimitRangeItem, ...] = ()


class Quota(Frozen):
    """A ResourceQuota; amounts by the names it uses, cpu in millicores."""

    name: str
    namespace: str
    hard: dict[str, int] = {}
    used: dict[str, int] = {}
    scopes: tuple[str, ...] = ()
    scope_selector: tuple[Requirement, ...] = ()


class PriorityClass(Frozen):
    """A PriorityClass: what pods that name it, or name none, have for a priority."""

    name: str
    value: int
    is_default: bool = False
    """``globalDefault``: for pods that name no class."""
    policy: str = ""
    """``preemptionPolicy``: Never, or by default PreemptLowerPriority."""

"""A runbook as it is asked for and answered: ordered steps, what they were made from, a forecast.

`kytos.runbook` makes them; they stand here because requests and outcomes of all questions, which
know nothing of how a runbook is made, carry them.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field, field_validator

from kytos.cluster import Frozen, LabelSelector, Resources, Taint

MOST_PARALLEL = 1_000
"""Evictions at a time; a thousand pods that start at once are a load test, not a move."""


class Way(StrEnum):
    """How moves are made."""

    DRAIN = "drain"
    """Cordon and evict, which needs a drain's rights; the scheduler chooses where pods go."""
    STEER = "steer"
    """Replacements are gated, nominated to the node that was planned, and let go."""


class RunbookRequest(Frozen):
    """How an answer is to be carried out."""

    way: Way = Field(Way.DRAIN, description="drain (cordon and evict) or steer (gate and nominate)")
    surge: bool = Field(
        False,
        description="a service's only replica, and one whose budget allows no eviction, is moved "
        "by one replica more for a while",
    )
    max_parallel: int = Field(10, ge=1, le=MOST_PARALLEL, description="pods on their way at a time")
    settle_s: float = Field(
        5.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="seconds waited after each wave once every replacement is ready",
    )


class CarriedOut(Frozen):
    """What a question's request says of a runbook."""

    runbook: bool | RunbookRequest = Field(
        False, description="true, or way, surge, max_parallel, settle_s: the answer as safe steps"
    )

    @property
    def asked_runbook(self) -> RunbookRequest | None:
        """How the answer is to be carried out; None where nobody asked."""
        if isinstance(self.runbook, RunbookRequest):
            return self.runbook
        return RunbookRequest() if self.runbook else None


class NotCarriedOut(CarriedOut):
    """A request that leads to several plans, of which none is carried out."""

    @field_validator("runbook")
    @classmethod
    def _one_plan_at_a_time(cls, asked: bool | RunbookRequest) -> bool | RunbookRequest:
        if asked:
            raise ValueError("several plans are compared here; ask a rebalance for a runbook")
        return asked


class Action(StrEnum):
    """What a step does."""

    CORDON = "cordon"
    """`node` takes no new pods from now on."""
    EVICT = "evict"
    """`pod` is evicted from `node`; its replacement is meant for `to`, or for no node."""
    NOMINATE = "nominate"
    """The gated replacement of `pod`, or the new pod, is nominated to `to` and let go."""
    WAIT = "wait"
    """Until every pod of the wave is ready where it landed (with `node`: until that node is up)."""
    UNCORDON = "uncordon"
    """`node` takes new pods again."""
    SCALE = "scale"
    """The owner of `pod` gets one replica more, meant for `to`; or, with `node`, one less there."""
    CREATE = "create"
    """`pod`, which was given as new, is created and meant for `to`."""


class RunbookStep(Frozen):
    """One step; steps of a wave may overlap, waves do not."""

    wave: int
    action: Action
    node: str | None = None
    pod: str | None = None
    to: str | None = None
    why: str = ""


class LeftOutMove(Frozen):
    """A move of the plan that no order of steps makes safely."""

    pod: str
    reason: str


class WayForecast(Frozen):
    """What the scheduler would make of a runbook, by Kytos' model of it."""

    nodes_in_use: int
    price_per_hour: float | None
    """Of the nodes in use; None when any price is unknown."""
    pods_pending: int
    """Pods that ran before and would wait afterwards; those that waited already are not counted."""
    landed_as_planned: int
    moves: int
    """Pods that are evicted or created."""
    energy: float | None
    """H of the answer, by the same measure; None where the question has none for it."""
    landings: dict[str, str | None] = Field(default={})
    """Where each of them would land; None waits."""


class RunbookForecast(Frozen):
    """The forecast for each way of making the moves."""

    plain: WayForecast
    """Evict only."""
    drain: WayForecast
    """Cordon, then evict."""
    steer: WayForecast
    """Gate and nominate."""


class Promised(Frozen):
    """The plan's own figures, had every pod landed where it has it."""

    nodes_in_use: int
    price_per_hour: float | None
    energy: float | None


class SeenPod(Frozen):
    """A pod as the plan saw it."""

    uid: str = ""
    """Empty where the source tells none."""
    node: str | None = None
    owner_kind: str = ""
    """Of its controller, ReplicaSets and Jobs followed one up; empty where there is none."""
    owner: str = ""
    service: str = ""


class SeenNode(Frozen):
    """A node as the plan saw it."""

    unschedulable: bool
    taints: tuple[Taint, ...]
    allocatable: Resources


class SeenBudget(Frozen):
    """A disruption budget as the plan saw it."""

    selector: LabelSelector | None
    min_available: str | None
    max_unavailable: str | None
    disruptions_allowed: int


class Seen(Frozen):
    """What the runbook was made from; where the cluster differs, it no longer holds."""

    pods: dict[str, SeenPod] = Field(default={})
    """Every pod the runbook touches, by id."""
    nodes: dict[str, SeenNode] = Field(default={})
    budgets: dict[str, SeenBudget] = Field(default={})
    """By ``namespace/name``."""


class Runbook(Frozen):
    """An answer as ordered safe steps, and what the scheduler is expected to make of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: Way
    surge: bool = False
    max_parallel: int
    settle_s: float
    steps: tuple[RunbookStep, ...]
    left_out: tuple[LeftOutMove, ...]
    remove_nodes: tuple[str, ...]
    """Nodes the steps empty and leave cordoned: ready to be removed."""
    promised: Promised
    forecast: RunbookForecast
    falls_short: str | None = None
    """Where the forecast of the chosen way misses what the plan promises, in a sentence."""
    notes: tuple[str, ...] = ()
    seen: Seen

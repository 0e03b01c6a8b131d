"""How hard a solver works."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from kytos.cluster import Frozen
from kytos.contract.names import SolverName

__all__ = ["BlockRunner", "Capacity", "Effort", "Encoding", "SolverName", "SolverParams"]


class Encoding(StrEnum):
    """How a placement is written in binary variables."""

    STAY_PUT = "stay-put"
    ONE_HOT = "one-hot"


class Capacity(StrEnum):
    """How a capacity inequality is written in the QUBO."""

    SLACK = "slack"
    UNBALANCED = "unbalanced"


class BlockRunner(StrEnum):
    """Where the blocks of `hybrid` are annealed side by side."""

    THREADS = "threads"
    DASK = "dask"


class Effort(StrEnum):
    """How long a plan is worked on."""

    QUICK = "quick"
    """A first good plan: a quarter of the refinement, nothing proven."""
    NORMAL = "normal"
    """On from there for as long as that gains."""
    THOROUGH = "thorough"
    """The same with more patience, and more work on the proof."""


Torques = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
"""Strength of a chain, in torques of the problem's couplings on it."""
Time = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
"""Microseconds since an anneal began."""
Progress = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""How far an anneal is: s, 0 where all states are one and 1 where the problem decides."""


def _as_tuple(given: Any) -> Any:
    """Take a list for a tuple, however strictly a body is read: JSON has no other."""
    return tuple(given) if isinstance(given, list) else given


Point = Annotated[tuple[Time, Progress], BeforeValidator(_as_tuple)]
Schedule = Annotated[tuple[Point, ...], BeforeValidator(_as_tuple)]
Strengths = Annotated[tuple[Torques, ...], BeforeValidator(_as_tuple)]


BLOCKS = 4
"""Blocks of a round of `hybrid`, where nobody says how many and they gain."""


class HybridParams(Frozen):
    """What only `hybrid` takes."""

    rounds: int = Field(
        1, ge=1, le=100_000, description="times blocks are annealed and the plan refined again"
    )
    blocks: int | None = Field(
        None,
        ge=0,
        le=10_000,
        description="blocks of nodes annealed in each round; left out: one shortly, and four where "
        "that one betters the refined plan",
    )
    block_sampler: SolverName = Field(
        SolverName.OPENJIJ_SA, description="the sampler of the blocks"
    )
    block_variables: int | None = Field(
        None,
        ge=2,
        le=5_000,
        description="largest QUBO of a block; left out: what the sampler can hold",
    )
    block_runner: BlockRunner = Field(
        BlockRunner.THREADS, description="where blocks are annealed: threads or dask"
    )
    target_energy: float | None = Field(
        None, allow_inf_nan=False, description="ends when the energy H is this low"
    )

    @property
    def most_blocks(self) -> int:
        """Blocks of a round: those asked for, else the most that are annealed where they gain."""
        return BLOCKS if self.blocks is None else self.blocks


class QpuParams(Frozen):
    """What only a quantum processor takes."""

    annealing_time_us: float = Field(
        20.0, gt=0, le=2000, allow_inf_nan=False, description="one anneal on a QPU, microseconds"
    )
    schedule: Schedule | None = Field(
        None,
        min_length=2,
        max_length=50,
        description="a QPU's anneal as points [microseconds, s], instead of annealing_time_us; "
        "from s = 0 forward, from s = 1 in reverse, to s = 1 at the end",
    )
    reverse_to: float | None = Field(
        None,
        ge=0.1,
        lt=1,
        allow_inf_nan=False,
        description="a QPU anneals back to this point from today's placement, and on again",
    )
    chain_prefactor: Torques = Field(
        1.414, description="strength of a QPU's chains, in torques of the problem's couplings"
    )
    chain_scan: Strengths = Field(
        (),
        max_length=20,
        description="chain strengths that half of a QPU's reads try, instead of chain_prefactor; "
        "the one whose reads are best draws the rest",
    )
    gauges: int = Field(
        0,
        ge=0,
        le=100,
        description="random spin reversals that a QPU's reads are split between; 0: none",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_gauge(cls, given: Any) -> Any:
        """Read what was a switch once: ``spin_reversal: true`` is one gauge."""
        if isinstance(given, Mapping) and isinstance(given.get("spin_reversal"), bool):
            given = dict(given)
            given.setdefault("gauges", int(given.pop("spin_reversal")))
        return given

    @field_validator("schedule")
    @classmethod
    def _runs_to_the_end(cls, points: Schedule | None) -> Schedule | None:
        """Hold a schedule to what every processor asks of one; its own ranges it tells itself."""
        if points is None:
            return None
        (begins, first), (_, last) = points[0], points[-1]
        if begins != 0:
            raise ValueError(f"begins at {begins:g} µs; the first point's time is 0")
        times = [time for time, _ in points]
        for before, after in pairwise(times):
            if after <= before:
                raise ValueError(f"goes from {before:g} to {after:g} µs; times must increase")
        if first not in (0, 1):
            raise ValueError(
                f"begins at s = {first:g}; a forward anneal begins at 0, one in reverse at 1"
            )
        if last != 1:
            raise ValueError(f"ends at s = {last:g}; every anneal ends at 1")
        falls = any(after < before for (_, before), (_, after) in pairwise(points))
        if first == 0 and falls:
            raise ValueError("falls on the way; s of a forward anneal stays or grows")
        if first == 1 and not falls:
            raise ValueError("stays at s = 1, where nothing changes; go back below 1 in between")
        return points

    @field_validator("chain_scan")
    @classmethod
    def _each_once(cls, strengths: tuple[float, ...]) -> tuple[float, ...]:
        if len(strengths) == 1 or len(set(strengths)) < len(strengths):
            raise ValueError("takes two or more strengths, each once; for one, use chain_prefactor")
        return strengths

    @model_validator(mode="after")
    def _one_way_to_anneal(self) -> Self:
        if self.schedule is not None and self.reverse_to is not None:
            raise ValueError(
                "schedule and reverse_to both say how to anneal; give one (a schedule that begins "
                "at s = 1 is in reverse)"
            )
        return self

    @property
    def reverse(self) -> bool:
        """Whether reads begin with a placement, today's, and not with all of them at once."""
        return self.reverse_to is not None or (self.schedule or ((0, 0),))[0][1] == 1

    @property
    def points(self) -> Schedule | None:
        """The schedule that is annealed by; None for a straight line over `annealing_time_us`.

        In reverse: back to `reverse_to` as fast as a forward anneal would go, there for as long as
        one takes, and on to the end (King et al., arXiv:1803.02047, local search).
        """
        if self.reverse_to is None:
            return self.schedule
        ramp = self.annealing_time_us * (1 - self.reverse_to)
        turns, goes_on = ramp, ramp + self.annealing_time_us
        return (
            (0.0, 1.0),
            (turns, self.reverse_to),
            (goes_on, self.reverse_to),
            (goes_on + ramp, 1.0),
        )

    @property
    def anneal_us(self) -> float:
        """How long one anneal takes, microseconds."""
        return self.annealing_time_us if self.points is None else self.points[-1][0]


class SolverParams(Frozen):
    """How hard a solver works: counted work, with a clock only as a cap.

    Examples
    --------
    >>> params = SolverParams(seed=7, time_limit_s=10)
    >>> params.seed, params.num_reads
    (7, 6)
    """

    num_reads: int = Field(6, ge=1, le=10_000, description="independent anneals, one seed each")
    num_sweeps: int = Field(
        1000, ge=1, le=1_000_000, description="sweeps over all variables a read"
    )
    refine_proposals: int | None = Field(
        None,
        ge=0,
        le=10_000_000_000,
        description="moves proposed by refinement; left out: by the number of pods",
    )
    effort: Effort | Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = Field(
        Effort.NORMAL,
        description="quick, normal (on for as long as that gains), thorough, or the seconds to use",
    )
    workers: int = Field(
        4,
        ge=1,
        le=256,
        description="searches side by side after the refinement; the answer depends on it, not on "
        "how many cores there are",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="same seed, same answer")
    time_limit_s: float = Field(
        30.0, gt=0, le=86_400, allow_inf_nan=False, description="cap by the clock, seconds"
    )
    proof_work: float | None = Field(
        None,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="work of cp-sat (its deterministic seconds) on proving the plan, or bettering "
        "it; left out: a little where that often suffices, no limit when cp-sat is the solver",
    )
    max_variables: int = Field(
        600, ge=1, le=200_000, description="largest QUBO annealed; the rest is left to refinement"
    )
    encoding: Encoding = Encoding.STAY_PUT
    capacity: Capacity = Capacity.SLACK
    consent: bool = Field(
        False, description="the charge was shown and accepted; asked for again at every run"
    )
    hybrid: HybridParams = Field(HybridParams(), description="what only hybrid takes")
    qpu: QpuParams = Field(QpuParams(), description="what only a quantum processor takes")

    @model_validator(mode="before")
    @classmethod
    def _flat_names_have_moved(cls, given: Any) -> Any:
        """Say where a parameter of one family is now; they were flat once."""
        if isinstance(given, Mapping):
            for family, names in FAMILIES.items():
                for name in names.model_fields:
                    if name in given:
                        raise ValueError(f"{name} is now {family}.{name}; write it there")
        return given

    @model_validator(mode="before")
    @classmethod
    def _time_as_effort(cls, given: Any) -> Any:
        """Read ``20s`` and ``2m`` as seconds; a time to use is the cap too, unless one is given."""
        if not isinstance(given, Mapping) or "effort" not in given:
            return given
        effort = _seconds_of(given["effort"])
        given = {**given, "effort": effort}
        if isinstance(effort, (int, float)):
            given.setdefault("time_limit_s", effort)
        return given

    def with_hybrid(self, **changes: Any) -> SolverParams:
        """The same with some of hybrid's own parameters changed."""
        return self.model_copy(update={"hybrid": self.hybrid.model_copy(update=changes)})

    def with_qpu(self, **changes: Any) -> SolverParams:
        """The same with some of the quantum processor's own parameters changed."""
        return self.model_copy(update={"qpu": self.qpu.model_copy(update=changes)})


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds_of(effort: Any) -> Any:
    """Seconds where a time is meant; anything else as it is."""
    if isinstance(effort, bool):
        raise ValueError(f"effort is {effort}; it takes quick, normal, thorough or a time")
    if not isinstance(effort, str) or effort in list(Effort):
        return effort
    number, unit = (effort[:-1], effort[-1]) if effort[-1:] in _UNITS else (effort, "s")
    try:
        return float(number) * _UNITS[unit]
    except ValueError:
        raise ValueError(
            f"effort is {effort!r}; it takes quick, normal, thorough or a time such as 20s or 2m"
        ) from None


FAMILIES: dict[str, type[Frozen]] = {"hybrid": HybridParams, "qpu": QpuParams}
"""Field of `SolverParams` -> the parameters that only solvers of that family take."""


def nested(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with each family's in their place, as files of before have them flat."""
    moved = dict(params)
    for family, names in FAMILIES.items():
        flat = {name: moved.pop(name) for name in names.model_fields if name in moved}
        if flat:
            moved[family] = flat | dict(moved.get(family, {}))
    return moved

"""How hard a solver works."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

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


class HybridParams(Frozen):
    """What only `hybrid` takes."""

    rounds: int = Field(
        1, ge=1, le=100_000, description="times blocks are annealed and the plan refined again"
    )
    blocks: int = Field(4, ge=0, le=10_000, description="blocks of nodes annealed in each round")
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


class QpuParams(Frozen):
    """What only a quantum processor takes."""

    annealing_time_us: float = Field(
        20.0, gt=0, le=2000, allow_inf_nan=False, description="one anneal on a QPU, microseconds"
    )
    chain_prefactor: float = Field(
        1.414,
        gt=0,
        le=10,
        allow_inf_nan=False,
        description="strength of a QPU's chains, in torques of the problem's couplings",
    )
    spin_reversal: bool = Field(
        False, description="a QPU is given a random half of the variables turned round"
    )
    reverse_to: float | None = Field(
        None,
        ge=0.1,
        lt=1,
        allow_inf_nan=False,
        description="a QPU anneals back to this point from today's placement, and on again",
    )


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

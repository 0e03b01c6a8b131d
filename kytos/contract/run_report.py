"""What a solve reports of itself: its stages, what was annealed, and what ended it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import to_jsonable_python

from kytos.cluster import Frozen
from kytos.contract.params import SolverName
from kytos.contract.watch import StopReason


class Stage(Frozen):
    """One stage of a solve: what it took and the best energy after it."""

    name: str
    seconds: float
    energy: float | None = None
    gained: float | None = None
    """By how much it lowered the best energy; what is found under one name is not another's."""


ENERGIES_KEPT = 1_000
"""Sampler energies reported: more would not change a histogram."""


READS_REPORTED = 64
"""So many reads, in the order drawn, are repaired and reported whatever their energy: enough to
tell how often a read succeeds."""


class QuboFacts(Frozen):
    """What was annealed, and what the sampler alone made of it."""

    assignment_variables: int
    slack_variables: int
    node_variables: int
    couplers: int
    pods: int
    """Pods in the QUBO, of `pods_total` to decide on."""
    pods_total: int
    nodes: int
    nodes_total: int
    reads: int
    feasible_share: float
    """Share of reads that decode to a placement breaking nothing, before repair."""
    rounds: int = 1
    """Rounds the reads were drawn in; between them rows that broke became dearer."""
    rows: int = 0
    """Inequalities that could be broken: capacities and bounds on moves."""
    strength: dict[str, float] = Field({})
    """Rows in force in the last round, by name, in multiples of their computed penalty."""
    broken: dict[str, int] = Field({})
    """Reads that break each constraint, before repair; most first. Of blocks only the best reads
    are judged, ``reads_judged`` in `info`."""
    sampler_energy: float
    """Lowest sampler energy: objective, penalties and offset, in the QUBO of the last round."""
    sample_energies: tuple[float, ...] = ()
    """Sampler energy of each read, at most `ENERGIES_KEPT`; all in the QUBO of the last round."""
    read_objectives: tuple[float, ...] = ()
    """Energy H of each read once decoded and repaired, at most `READS_REPORTED`."""
    read_left_out: tuple[float, ...] = ()
    """Part of each of `read_objectives` that pods without a node cost."""
    answer_energy: float | None = None
    """Sampler energy of the refined answer; None where it moves a pod outside the QUBO."""
    sampler_objective: float
    """Energy H of the best read once decoded and repaired."""
    built_from: str = "arrays"
    """What its coefficients come from: ``arrays``, which tests hold equal to the PyQUBO model's to
    1e-9. PyQUBO, which leaks memory with each compile, is the specification and the panel's."""
    info: dict[str, object] = Field({})
    """What the sampler itself reports (schedule, chains, embedding), as JSON has it."""

    @field_validator("info", mode="before")
    @classmethod
    def _as_json(cls, info: object) -> object:
        # Tuples would come back as lists: facts read from a file would differ from those written.
        return to_jsonable_python(info)

    def net_of(self, energy: float) -> QuboFacts:
        """The same with a constant taken off every energy, such as what all reads pay alike."""
        if not energy:
            return self
        many = ("sample_energies", "read_objectives", "read_left_out")
        one = ("sampler_energy", "sampler_objective", "answer_energy")
        net: dict[str, object] = {
            name: tuple(value - energy for value in getattr(self, name)) for name in many
        }
        net |= {name: None if (v := getattr(self, name)) is None else v - energy for name in one}
        return self.model_copy(update=net)

    @property
    def variables(self) -> int:
        """All variables of the QUBO."""
        return self.assignment_variables + self.slack_variables + self.node_variables


class SolverReport(Frozen):
    """Which solver ran, how, and what each part of it contributed."""

    name: SolverName | Literal["imported"]
    """`kytos.contract.given.IMPORTED` for an answer made elsewhere."""
    seed: int
    num_reads: int
    num_sweeps: int
    seconds: float
    stages: tuple[Stage, ...]
    stopped_by: StopReason
    proposed_energy: float | None
    """What the named solver reached before refinement; None when it had no time to propose. Of an
    autoscale this and the next are of where the replicas granted run, their counts settled."""
    refined_energy: float
    """What the answer reached."""
    qubo: QuboFacts | None = None
    trace: tuple[tuple[float, float], ...] = ()
    """Best energy over time: (seconds, energy)."""
    messages: tuple[str, ...] = ()

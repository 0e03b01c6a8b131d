"""One submission to a processor: sent, waited for, and its reads turned back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import dimod
import numpy as np
import numpy.typing as npt
from dwave.embedding.chain_strength import uniform_torque_compensation
from dwave.system import FixedEmbeddingComposite

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.solvers.dwave import cloud
from kytos.solvers.dwave.embedding import Embedding
from kytos.solvers.dwave.submissions import Submission, Told, turned, turned_round

POLL_S = 0.05


@dataclass(frozen=True)
class Answer:
    """The reads of one submission.

    Attributes
    ----------
    rows
        ``(reads, variables)`` in the order of the model's variables, turned back.
    occurrences, breaks
        ``(reads,)`` how often each was read, and which share of its chains was broken.
    """

    rows: npt.NDArray[np.int8]
    occurrences: npt.NDArray[Any]
    breaks: npt.NDArray[Any]
    told: Told
    timing: dict[str, float]


def submitted(
    bqm: dimod.BinaryQuadraticModel,
    processor: Any,
    embedding: Embedding,
    params: SolverParams,
    run: Submission,
    prefactor: float,
    watch: Watch,
) -> Answer | None:
    """Send one problem and wait for it; None where the watch ended first."""
    names = turned(bqm, params.seed, run.gauge)
    # Chains as strong as the problem's typical torque on them, times a factor.
    strength = partial(uniform_torque_compensation, prefactor=prefactor)
    with cloud.plain_faults():
        answer = FixedEmbeddingComposite(processor, embedding).sample(
            turned_round(bqm, names),
            num_reads=run.reads,
            chain_strength=strength,
            return_embedding=True,
            **_anneal(bqm, names, params),
        )
        while not answer.done():
            if watch.reason is not None:
                return None
            time.sleep(POLL_S)
        answer.resolve()
    rows = answer.record.sample.copy()
    columns = [column for column, name in enumerate(answer.variables) if name in names]
    rows[:, columns] = -rows[:, columns] if bqm.vartype is dimod.SPIN else 1 - rows[:, columns]
    position = {name: column for column, name in enumerate(answer.variables)}
    rows = rows[:, [position[name] for name in bqm.variables]]
    often = answer.record.num_occurrences
    breaks = answer.record.chain_break_fraction
    energies = bqm.energies((rows, list(bqm.variables)))
    told = Told(
        tried=run.scans,
        chain_prefactor=prefactor,
        chain_strength=float(answer.info["embedding_context"]["chain_strength"]),
        gauge=run.gauge,
        turned=len(names),
        reads=int(often.sum()),
        chain_break_fraction=float(np.average(breaks, weights=often)),
        best_energy=float(energies.min()),
        mean_energy=float(np.average(energies, weights=often)),
    )
    return Answer(rows, often, breaks, told, dict(answer.info.get("timing", {})))


def _anneal(
    bqm: dimod.BinaryQuadraticModel, names: frozenset[Any], params: SolverParams
) -> dict[str, Any]:
    """How a read is annealed: forward, or in reverse from all zeros, which is today's placement;
    each read begins there anew.
    """
    asked = params.qpu
    if asked.points is None:
        return {"annealing_time": asked.annealing_time_us}
    anneal: dict[str, Any] = {"anneal_schedule": [list(point) for point in asked.points]}
    if asked.reverse:
        down, up = (-1, 1) if bqm.vartype is dimod.SPIN else (0, 1)
        anneal["initial_state"] = {name: up if name in names else down for name in bqm.variables}
        anneal["reinitialize_state"] = True
    return anneal

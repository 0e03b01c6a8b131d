"""A D-Wave quantum processor: embedding, chains, and the submissions of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import dimod
import numpy as np
from dwave.system import DWaveSampler

from kytos.contract.paid import Estimate, SolverUnavailableError
from kytos.contract.params import Encoding, QpuParams, SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.solvers.dwave import cloud
from kytos.solvers.dwave.device import refuse_outside
from kytos.solvers.dwave.embedding import Embedding
from kytos.solvers.dwave.kept import Found, embed_once
from kytos.solvers.dwave.sending import Answer, submitted
from kytos.solvers.dwave.submissions import Submission, best_strength, submissions
from kytos.solvers.local.drawing import sample_set

SEARCH_S = 60.0
"""Longest search for an embedding; what was not found by then rarely is."""
PROGRAMMING_US = 15_000.0
"""Typical programming time of an Advantage processor, once a problem."""
READOUT_US = 150.0
"""Readout and delay after each anneal when most of the chip is used."""


@dataclass(frozen=True)
class Qpu:
    """Samples of a QUBO from what is submitted to a processor.

    Attributes
    ----------
    connect
        Opens the processor: `DWaveSampler`, or a stand-in with its interface. What comes from a
        stand-in is marked ``mock`` in every sample set.
    ready
        Says whether `connect` can work here.
    """

    connect: Callable[[], Any] = DWaveSampler
    ready: Callable[[], Availability] = cloud.account
    name: SolverName = field(default=SolverName.DWAVE_QPU)

    def available(self) -> Availability:
        """Say whether a token is configured."""
        return self.ready()

    def estimate(self, bqm: dimod.BinaryQuadraticModel, params: SolverParams) -> Estimate:
        """Embed the problem and tell what a run would use; submits nothing.

        Raises
        ------
        SolverUnavailableError
            When the processor cannot be reached, the problem does not fit it, or it does not take
            what is asked of it.
        kytos.errors.InputError
            When there are fewer reads than submissions.
        """
        runs = submissions(params)
        processor = self._ready_for(params, runs)
        embedding = _find_embedding(bqm, processor, params.seed, params.time_limit_s)
        return _estimate(bqm, processor, embedding.embedding, params, runs)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return the processor's reads; broken chains are settled by majority.

        `info` tells the embedding, whether it was kept from before (``embedding_kept``), its
        ``chain_lengths``, the ``chain_prefactor`` and ``chain_strength`` chosen, the mean
        ``chain_break_fraction``, what each of the ``submissions`` did, the ``timing`` of a real
        processor, and ``mock``; and the ``fault`` that ended a run whose first reads were there.

        Raises
        ------
        ConsentRequiredError
            When the charge was not accepted; nothing is sent then.
        SolverUnavailableError
            When the processor cannot be reached, refuses, or the problem does not fit it.
        kytos.errors.InputError
            When there are fewer reads than submissions.
        """
        began = time.monotonic()
        watch = watch.within(params.time_limit_s)
        runs = submissions(params)
        processor = self._ready_for(params, runs)
        searched = _find_embedding(bqm, processor, params.seed, watch.remaining_s)
        embedding = searched.embedding
        cloud.require_consent(_estimate(bqm, processor, embedding, params, runs), params)
        watch.report("sample", 0.0, None)
        answers: list[Answer] = []
        fault = None
        for number, run in enumerate(runs):
            prefactor = run.prefactor
            if prefactor is None:
                tried = [answer.told for answer in answers if answer.told.tried]
                prefactor = best_strength(tried) if tried else params.qpu.chain_prefactor
            if watch.reason is not None:
                break
            try:
                answer = submitted(bqm, processor, embedding, params, run, prefactor, watch)
            except SolverUnavailableError as error:
                if not answers:
                    raise
                fault = str(error)  # what was read before is paid for, and kept
                break
            if answer is None:
                break
            answers.append(answer)
            best = min(answer.told.best_energy for answer in answers)
            watch.report("sample", (number + 1) / len(runs), best)
        if not answers:
            return _none_drawn(bqm, params, watch.reason or StopReason.CLOCK)
        info = _info(bqm, processor, searched, params, answers)
        info["seconds"] = time.monotonic() - began
        cut_short = len(answers) < len(runs)
        info["ended_by"] = (watch.reason if cut_short else None) or StopReason.WORK
        if fault is not None:
            info["fault"] = fault
        return sample_set(
            bqm,
            np.concatenate([answer.rows for answer in answers]),
            list(bqm.variables),
            info,
            num_occurrences=np.concatenate([answer.occurrences for answer in answers]),
            chain_break_fraction=np.concatenate([answer.breaks for answer in answers]),
        )

    def _ready_for(self, params: SolverParams, runs: tuple[Submission, ...]) -> Any:
        """The processor, where it takes what is asked of it."""
        _refuse_reverse(params)
        processor = self._open()
        refuse_outside(processor.properties, cloud.name_of(processor), params.qpu, runs)
        return processor

    def _open(self) -> Any:
        ready = self.available()
        if not ready.ok:
            raise SolverUnavailableError(f"No D-Wave account is set up here. {ready.how}")
        with cloud.plain_faults():
            return self.connect()


DWAVE_QPU = Qpu()


def _find_embedding(
    bqm: dimod.BinaryQuadraticModel, processor: Any, seed: int, left_s: float
) -> Found:
    graph = processor.to_networkx_graph()
    return embed_once(bqm, graph, cloud.name_of(processor), seed, min(SEARCH_S, left_s))


def _info(
    bqm: dimod.BinaryQuadraticModel,
    processor: Any,
    embedding: Found,
    params: SolverParams,
    answers: list[Answer],
) -> dict[str, Any]:
    """What a sample set tells of its run."""
    asked, told = params.qpu, [answer.told for answer in answers]
    final = [one for one in told if not one.tried]
    chosen = final[-1].chain_prefactor if final else best_strength(told)
    mock = cloud.is_mock(processor)
    info = {
        "reads": sum(one.reads for one in told),
        "reads_asked": params.num_reads,
        "mock": mock,
        "solver": cloud.name_of(processor),
        "topology": processor.properties["topology"],
        "annealing_time_us": asked.annealing_time_us,
        "anneal_us": asked.anneal_us,
        "anneal_schedule": asked.points,
        "reverse": asked.reverse,
        "reverse_to": asked.reverse_to,
        "gauges": asked.gauges,
        "embedding": embedding.embedding,
        "embedding_kept": embedding.kept,
        "embedding_seconds": embedding.seconds,
        "chain_lengths": [len(embedding.embedding[variable]) for variable in bqm.variables],
        "chain_prefactor": chosen,
        "chain_strength": next(
            one.chain_strength for one in reversed(told) if one.chain_prefactor == chosen
        ),
        "chain_break_fraction": float(
            np.average(
                [one.chain_break_fraction for one in told], weights=[one.reads for one in told]
            )
        ),
        "submissions": [asdict(one) for one in told],
    }
    # A mock's clock is made up: it would be read as the processor's.
    if not mock:
        info["timing"] = _times(answers)
    return info


def _times(answers: list[Answer]) -> dict[str, float]:
    """The processor's times of all submissions; those of one sample are the last one's."""
    times: dict[str, float] = {}
    for answer in answers:
        for name, value in answer.timing.items():
            before = 0.0 if name.endswith("_per_sample") else times.get(name, 0.0)
            times[name] = before + value
    return times


def _estimate(
    bqm: dimod.BinaryQuadraticModel,
    processor: Any,
    embedding: Embedding,
    params: SolverParams,
    runs: tuple[Submission, ...],
) -> Estimate:
    qubits = sum(map(len, embedding.values()))
    seconds = sum(_access_time_s(processor, qubits, run.reads, params.qpu) for run in runs)
    charge = cloud.charge(seconds, processor.properties)
    if len(runs) > 1:
        charge += f", in {len(runs)} submissions"
    return Estimate(
        cloud.name_of(processor), bqm.num_variables, bqm.num_interactions, seconds, charge
    )


def _access_time_s(processor: Any, qubits: int, reads: int, asked: QpuParams) -> float:
    """QPU access time: D-Wave's own estimate, or anneals, default delays and programming."""
    if not cloud.is_mock(processor):
        anneal: dict[str, Any] = {"annealing_time": asked.annealing_time_us}
        if asked.points is not None:
            anneal = {"anneal_schedule": [list(point) for point in asked.points]}
        if asked.reverse:
            # Which state it is does not matter for the time.
            anneal |= {"initial_state": {0: 1}, "reinitialize_state": True}
        try:
            return 1e-6 * float(
                processor.solver.estimate_qpu_access_time(qubits, num_reads=reads, **anneal)
            )
        except (KeyError, ValueError):
            pass  # an older processor that publishes no timing data
    return 1e-6 * (PROGRAMMING_US + reads * (asked.anneal_us + READOUT_US))


def _refuse_reverse(params: SolverParams) -> None:
    if params.qpu.reverse and params.encoding is not Encoding.STAY_PUT:
        raise SolverUnavailableError(
            "Reverse annealing begins with all zeros, which is today's placement in the stay-put "
            "encoding only: choose that one, or anneal forward."
        )


def _none_drawn(
    bqm: dimod.BinaryQuadraticModel, params: SolverParams, reason: StopReason
) -> dimod.SampleSet:
    info = {"reads": 0, "reads_asked": params.num_reads, "ended_by": reason}
    nothing = np.zeros((0, bqm.num_variables), dtype=np.int8)
    return sample_set(bqm, nothing, bqm.variables, info)

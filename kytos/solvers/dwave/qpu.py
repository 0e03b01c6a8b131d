"""A D-Wave quantum processor: embedding, chains, one submission."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dimod
import numpy as np
from dwave.embedding.chain_strength import uniform_torque_compensation
from dwave.system import DWaveSampler, FixedEmbeddingComposite

from kytos.contract.paid import Estimate, SolverUnavailableError
from kytos.contract.params import Encoding, SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.solvers.dwave import cloud
from kytos.solvers.dwave.embedding import Embedding
from kytos.solvers.dwave.kept import Found, embed_once
from kytos.solvers.local.drawing import sample_set

SEARCH_S = 60.0
"""Longest search for an embedding; what was not found by then rarely is."""
POLL_S = 0.05
TURNED = 0.5
"""Share of the variables that a spin reversal turns round."""
PROGRAMMING_US = 15_000.0
"""Typical programming time of an Advantage processor, once a problem."""
READOUT_US = 150.0
"""Readout and delay after each anneal when most of the chip is used."""


@dataclass(frozen=True)
class Qpu:
    """Samples of a QUBO from one problem submitted to a processor.

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
            When the processor cannot be reached or the problem does not fit it.
        """
        _refuse_reverse(params)
        processor = self._open()
        found = _find_embedding(bqm, processor, params.seed, params.time_limit_s)
        return _estimate(bqm, processor, found.embedding, params)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return the processor's reads; broken chains are settled by majority.

        `info` tells the embedding, whether it was kept from before (``embedding_kept``), its
        ``chain_lengths``, ``chain_strength`` and mean ``chain_break_fraction``, the ``timing`` of a
        real processor, and ``mock``.

        Raises
        ------
        ConsentRequiredError
            When the charge was not accepted; nothing is sent then.
        SolverUnavailableError
            When the processor cannot be reached, refuses, or the problem does not fit it.
        """
        began = time.monotonic()
        watch = watch.within(params.time_limit_s)
        _refuse_reverse(params)
        processor = self._open()
        found = _find_embedding(bqm, processor, params.seed, watch.remaining_s)
        embedding = found.embedding
        cloud.require_consent(_estimate(bqm, processor, embedding, params), params)
        if watch.reason is not None:
            return _none_drawn(bqm, params, watch.reason)
        watch.report("sample", 0.0, None)
        turned = _turned(bqm, params)
        # Chains as strong as the problem's typical torque on them, times a factor.
        strength = partial(uniform_torque_compensation, prefactor=params.qpu.chain_prefactor)
        with cloud.plain_faults():
            answer = FixedEmbeddingComposite(processor, embedding).sample(
                _turned_round(bqm, turned),
                num_reads=params.num_reads,
                chain_strength=strength,
                return_embedding=True,
                **_anneal(bqm, turned, params),
            )
            while not answer.done():
                if watch.reason is not None:
                    return _none_drawn(bqm, params, watch.reason)
                time.sleep(POLL_S)
            answer.resolve()
        context = answer.info["embedding_context"]
        mock = cloud.is_mock(processor)
        info = {
            "reads": int(answer.record.num_occurrences.sum()),
            "reads_asked": params.num_reads,
            "ended_by": StopReason.WORK,
            "seconds": time.monotonic() - began,
            "mock": mock,
            "solver": cloud.name_of(processor),
            "topology": processor.properties["topology"],
            "annealing_time_us": params.qpu.annealing_time_us,
            "embedding": embedding,
            "embedding_kept": found.kept,
            "anneal_us": anneal_us(params),
            "spin_reversal": len(turned),
            "reverse_to": params.qpu.reverse_to,
            "embedding_seconds": found.seconds,
            "chain_lengths": [len(embedding[variable]) for variable in bqm.variables],
            "chain_strength": context["chain_strength"],
            "chain_break_fraction": float(
                np.average(
                    answer.record.chain_break_fraction, weights=answer.record.num_occurrences
                )
            ),
        }
        # A mock's clock is made up: it would be read as the processor's.
        if not mock:
            info["timing"] = answer.info.get("timing", {})
        rows = answer.record.sample.copy()
        columns = [column for column, name in enumerate(answer.variables) if name in turned]
        rows[:, columns] = -rows[:, columns] if bqm.vartype is dimod.SPIN else 1 - rows[:, columns]
        drawn = sample_set(
            bqm,
            rows,
            answer.variables,
            info,
            num_occurrences=answer.record.num_occurrences,
            chain_break_fraction=answer.record.chain_break_fraction,
        )
        watch.report("sample", 1.0, float(drawn.record.energy.min()))
        return drawn

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


def _estimate(
    bqm: dimod.BinaryQuadraticModel, processor: Any, embedding: Embedding, params: SolverParams
) -> Estimate:
    seconds = _access_time_s(processor, sum(map(len, embedding.values())), params)
    return Estimate(
        cloud.name_of(processor),
        bqm.num_variables,
        bqm.num_interactions,
        seconds,
        cloud.charge(seconds, processor.properties),
    )


def _access_time_s(processor: Any, qubits: int, params: SolverParams) -> float:
    """QPU access time: D-Wave's own estimate, or anneals, default delays and programming."""
    reads, each_us = params.num_reads, anneal_us(params)
    if not cloud.is_mock(processor):
        try:
            return 1e-6 * float(
                processor.solver.estimate_qpu_access_time(
                    qubits, num_reads=reads, annealing_time=each_us
                )
            )
        except (KeyError, ValueError):
            pass  # an older processor that publishes no timing data
    return 1e-6 * (PROGRAMMING_US + reads * (each_us + READOUT_US))


def anneal_us(params: SolverParams) -> float:
    """Return how long one anneal takes, microseconds: in reverse it goes back, stays and on."""
    asked = params.qpu
    back = 0.0 if asked.reverse_to is None else 2 * (1 - asked.reverse_to)
    return asked.annealing_time_us * (1 + back)


def _anneal(
    bqm: dimod.BinaryQuadraticModel, turned: frozenset[Any], params: SolverParams
) -> dict[str, Any]:
    """How a read is annealed: forward, or in reverse from all zeros, which is today's placement.

    Back to `reverse_to` as fast as a forward anneal would go, there for as long as one takes, and
    on to the end; each read begins there anew (King et al., arXiv:1803.02047, local search).
    """
    asked = params.qpu
    if asked.reverse_to is None:
        return {"annealing_time": asked.annealing_time_us}
    ramp = asked.annealing_time_us * (1 - asked.reverse_to)
    times = (0.0, ramp, ramp + asked.annealing_time_us, anneal_us(params))
    points = (1.0, asked.reverse_to, asked.reverse_to, 1.0)
    down, up = (-1, 1) if bqm.vartype is dimod.SPIN else (0, 1)
    return {
        "anneal_schedule": [list(point) for point in zip(times, points, strict=True)],
        "initial_state": {name: up if name in turned else down for name in bqm.variables},
        "reinitialize_state": True,
    }


def _turned(bqm: dimod.BinaryQuadraticModel, params: SolverParams) -> frozenset[Any]:
    """The variables that a spin reversal turns round: what a qubit leans to by itself then evens
    out over the chip.
    """
    if not params.qpu.spin_reversal:
        return frozenset()
    turns = np.random.default_rng(params.seed).random(bqm.num_variables) < TURNED
    return frozenset(name for name, turn in zip(bqm.variables, turns, strict=True) if turn)


def _turned_round(
    bqm: dimod.BinaryQuadraticModel, turned: frozenset[Any]
) -> dimod.BinaryQuadraticModel:
    if not turned:
        return bqm
    asked: dimod.BinaryQuadraticModel = bqm.copy()  # type: ignore[no-untyped-call]
    for name in turned:
        asked.flip_variable(name)
    return asked


def _refuse_reverse(params: SolverParams) -> None:
    if params.qpu.reverse_to is not None and params.encoding is not Encoding.STAY_PUT:
        raise SolverUnavailableError(
            "Reverse annealing begins with all zeros, which is today's placement in the stay-put "
            "encoding only: choose that one, or leave reverse_to out."
        )


def _none_drawn(
    bqm: dimod.BinaryQuadraticModel, params: SolverParams, reason: StopReason
) -> dimod.SampleSet:
    info = {"reads": 0, "reads_asked": params.num_reads, "ended_by": reason}
    nothing = np.zeros((0, bqm.num_variables), dtype=np.int8)
    return sample_set(bqm, nothing, bqm.variables, info)

"""Embedding, chains and what a processor's sample set tells, on D-Wave's mock of one."""

from __future__ import annotations

from typing import Any, ClassVar

import dimod
import networkx as nx
import pytest
from dwave.system import FixedEmbeddingComposite
from dwave.system.testing import MockDWaveSampler

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import Capacity, Encoding, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.arrays import coefficients
from kytos.hamiltonian.layout import lay_out
from kytos.solvers.dwave.embedding import embed
from kytos.solvers.dwave.qpu import Qpu
from tests.problems import random_problem
from tests.solvers import stand_ins
from tests.solvers.models import random_model

ENERGY_AND_COUNTS = ("energy", "num_occurrences", "chain_break_fraction")
PARAMS = SolverParams(consent=True, num_reads=25)


@pytest.fixture
def block():
    """Twelve pods among five nodes, slack-free: what `hybrid` sends as one block."""
    problem = random_problem(11, pods=12, nodes=5, room=2.0, waiting=0.0, rules=False)
    return coefficients(lay_out(problem), Weights(), Capacity.UNBALANCED).bqm()


def test_block_of_five_nodes_and_twelve_pods_embeds(block) -> None:
    """Every chain is connected, no qubit serves two, every coupler has a place on the chip."""
    graph = stand_ins.mock_processor().to_networkx_graph()
    embedding = embed(block, graph, "mock", seed=0, timeout_s=30)
    assert set(embedding) == set(block.variables)
    qubits = [qubit for chain in embedding.values() for qubit in chain]
    assert len(qubits) == len(set(qubits))
    for chain in embedding.values():
        reached, waiting = {chain[0]}, [chain[0]]
        while waiting:
            near = set(graph[waiting.pop()]) & set(chain) - reached
            reached |= near
            waiting += near
        assert reached == set(chain)
    for first, second in block.quadratic:
        assert any(graph.has_edge(a, b) for a in embedding[first] for b in embedding[second])


def test_chain_statistics_are_reported(block) -> None:
    """Chain lengths, strength and breaks are in the sample set, for the embedding used."""
    info = stand_ins.QPU.sample(block, PARAMS, Watch()).info
    assert 40 <= block.num_variables <= 48
    assert info["chain_lengths"] == [len(info["embedding"][name]) for name in block.variables]
    assert max(info["chain_lengths"]) <= 8
    assert 0 <= info["chain_break_fraction"] <= 1
    assert info["chain_strength"] > 0
    assert info["reads"] == 25
    assert info["topology"] == {"type": "zephyr", "shape": [6, 4]}


def test_values_stay_with_their_variables(block, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the order the processor answers in, each read has the energy it has there."""
    energies = []

    class Backwards(FixedEmbeddingComposite):
        def sample(self, *arguments, **options):  # type: ignore[no-untyped-def]
            answer = super().sample(*arguments, **options)
            energies.extend(answer.record.energy)
            return dimod.SampleSet.from_samples(
                (answer.record.sample[:, ::-1], list(answer.variables)[::-1]),
                vartype=answer.vartype,
                info=answer.info,
                sort_labels=False,
                **{name: answer.record[name] for name in ENERGY_AND_COUNTS},
            )

    monkeypatch.setattr("kytos.solvers.dwave.sending.FixedEmbeddingComposite", Backwards)
    drawn = stand_ins.QPU.sample(block, PARAMS, Watch())
    assert list(drawn.variables) == list(block.variables)
    assert drawn.record.energy.tolist() == pytest.approx(energies)


def test_chain_strength_follows_its_factor(block) -> None:
    """Twice the factor makes chains twice as strong."""
    once = stand_ins.QPU.sample(block, PARAMS, Watch()).info["chain_strength"]
    doubled = PARAMS.with_qpu(chain_prefactor=2 * PARAMS.qpu.chain_prefactor)
    twice = stand_ins.QPU.sample(block, doubled, Watch()).info["chain_strength"]
    assert twice == pytest.approx(2 * once)


def test_mock_is_marked_and_its_clock_left_out(block) -> None:
    """The made-up timing of a mock never reaches a report."""
    info = stand_ins.QPU.sample(block, PARAMS, Watch()).info
    assert info["mock"] is True
    assert "timing" not in info


def test_sparse_models_are_searched_for_shorter_chains() -> None:
    """A sparse model takes fewer qubits than the clique of its size would."""
    graph = stand_ins.mock_processor().to_networkx_graph()
    sparse, full = random_model(40, 0.08, seed=1), random_model(40, 1.0, seed=1)
    qubits = [
        sum(map(len, embed(model, graph, "mock", seed=0, timeout_s=30).values()))
        for model in (sparse, full)
    ]
    assert qubits[0] < qubits[1] / 2


def test_what_cannot_fit_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """More variables than qubits or couplings than couplers are refused at once."""

    def searched(*_: object, **__: object) -> dict[int, list[int]]:
        raise InterruptedError

    monkeypatch.setattr("kytos.solvers.dwave.embedding.minorminer.find_embedding", searched)
    chip = nx.path_graph(8)
    wide = dimod.BinaryQuadraticModel.from_qubo({(n, n): 1.0 for n in range(9)})
    ring = dimod.BinaryQuadraticModel.from_qubo({(n, (n + 1) % 8): 1.0 for n in range(8)})
    for model in (wide, ring):
        with pytest.raises(SolverUnavailableError, match="No embedding of"):
            embed(model, chip, "chip", seed=0, timeout_s=30)
    ring.remove_interaction(7, 0)
    with pytest.raises(InterruptedError):
        embed(ring, chip, "chip", seed=0, timeout_s=30)


def test_no_embedding_is_said_with_the_sizes() -> None:
    """A model larger than the chip is refused with both sizes and what to do."""
    tiny = Qpu(
        connect=lambda: MockDWaveSampler(topology_type="zephyr", topology_shape=[1, 1]),
        ready=stand_ins.ready,
    )
    with pytest.raises(SolverUnavailableError, match=r"30 variables .* fewer pods or nodes"):
        tiny.sample(random_model(30, 1.0, seed=0), PARAMS, Watch())


def test_more_and_longer_anneals_are_estimated_to_take_longer(block) -> None:
    """The estimate counts reads and annealing time."""
    longer = PARAMS.model_copy(update={"num_reads": 1000}).with_qpu(annealing_time_us=200.0)
    short, long = (stand_ins.QPU.estimate(block, params) for params in (PARAMS, longer))
    assert long.minimum_time_s - short.minimum_time_s > 0.2
    assert short.variables == block.num_variables


class Noting(MockDWaveSampler):
    """The mock processor, keeping what it was given."""

    given: ClassVar[dict[str, Any]] = {}

    def sample(self, bqm: dimod.BinaryQuadraticModel, **options: Any) -> dimod.SampleSet:
        Noting.given = {"bqm": bqm.copy(), **options}
        answer = super().sample(bqm, **options)
        Noting.given["answer"] = answer
        return answer


@pytest.mark.parametrize("vartype", ["BINARY", "SPIN"])
def test_reverse_annealing_begins_with_today_and_spins_are_turned_back(vartype: str) -> None:
    """All zeros turned round as the problem is; the reads' energies are the model's own."""
    qpu = Qpu(
        connect=lambda: Noting(topology_type="zephyr", topology_shape=[2, 4]), ready=stand_ins.ready
    )
    model = random_model(6, 0.8, seed=3, vartype=vartype)
    params = SolverParams(num_reads=5, consent=True, seed=1)
    forward = qpu.estimate(model, params).minimum_time_s
    params = params.with_qpu(gauges=1, reverse_to=0.5)
    assert qpu.estimate(model, params).minimum_time_s > forward
    drawn = qpu.sample(model, params, Watch())
    answer = Noting.given["answer"]
    turned = 0
    for column, name in enumerate(drawn.variables):
        qubits = [answer.variables.index(qubit) for qubit in drawn.info["embedding"][name]]
        as_answered = answer.record.sample[:, qubits] > 0
        here = drawn.record.sample[:, [column]] > 0
        whole = (as_answered == as_answered[:, :1]).all(axis=1)
        assert whole.any()
        same = as_answered[whole, 0] == here[whole, 0]
        assert same.all() or not same.any()
        turned += not same.any()
    assert turned == drawn.info["submissions"][0]["turned"] > 0
    assert Noting.given["anneal_schedule"] == [[0.0, 1.0], [10.0, 0.5], [30.0, 0.5], [40.0, 1.0]]
    turned_up = sum(value > 0 for value in Noting.given["initial_state"].values())
    lengths = dict(zip(model.variables, drawn.info["chain_lengths"], strict=True))
    assert 0 < turned_up < sum(lengths.values())
    assert "annealing_time" not in Noting.given


def test_reverse_annealing_needs_zeros_that_mean_today() -> None:
    """In the one-hot encoding all zeros is no placement."""
    params = SolverParams(consent=True, encoding=Encoding.ONE_HOT).with_qpu(reverse_to=0.5)
    with pytest.raises(SolverUnavailableError, match="stay-put"):
        stand_ins.QPU.sample(random_model(6, 0.8, seed=3), params, Watch())

"""The processor's graph is the one its samplers embed in."""

from __future__ import annotations

import pytest

from kytos.contract.params import Capacity, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.model import build_model
from kytos.problem import LoadMode
from kytos.solvers.dwave.topology import topology_of
from tests.problems import random_problem
from tests.solvers import stand_ins


@pytest.fixture(scope="module")
def drawn():  # type: ignore[no-untyped-def]
    """A block of 12 pods and 5 nodes, embedded and drawn on the mock processor."""
    problem = random_problem(3, pods=12, nodes=5, room=2.0, waiting=0.0, mode=LoadMode.SPREAD)
    bqm = build_model(problem, capacity=Capacity.UNBALANCED).bqm(Weights())
    params = SolverParams(num_reads=5, time_limit_s=300, consent=True)
    return bqm, stand_ins.QPU.sample(bqm, params, Watch()).info


def test_a_block_of_five_nodes_and_twelve_pods_embeds(drawn) -> None:  # type: ignore[no-untyped-def]
    """Every variable has a chain, no qubit two owners, and each chain hangs together."""
    bqm, info = drawn
    chains = info["embedding"]
    assert set(chains) == set(bqm.variables)
    qubits = [qubit for chain in chains.values() for qubit in chain]
    assert len(qubits) == len(set(qubits)) == sum(info["chain_lengths"])
    topology = topology_of(info["topology"])
    assert topology is not None
    assert set(qubits) <= set(topology.qubits)
    joined = set(topology.couplers) | {(b, a) for a, b in topology.couplers}
    for chain in chains.values():
        reached, waiting = set(), [chain[0]]
        while waiting:
            qubit = waiting.pop()
            reached.add(qubit)
            waiting += [o for o in chain if o not in reached and (qubit, o) in joined]
        assert reached == set(chain)
    assert 0 <= info["chain_break_fraction"] <= 1
    assert info["mock"] is True


def test_every_qubit_has_a_place(drawn) -> None:  # type: ignore[no-untyped-def]
    """No two are drawn on one spot."""
    topology = topology_of({"type": "pegasus", "shape": [4]})
    assert topology is not None
    assert len(set(topology.positions.values())) == len(topology.qubits)


def test_an_unknown_topology_is_not_guessed() -> None:
    """A later processor's graph is left out of the panel, not drawn as another's."""
    assert topology_of({"type": "kelvin", "shape": [3]}) is None

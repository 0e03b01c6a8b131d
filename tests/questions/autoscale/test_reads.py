"""What a sampler's reads of replica counts are worth, in the energy that the answer is told in."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.cluster import Cluster
from kytos.contract.params import SolverName
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, autoscale
from kytos.questions.autoscale.reads import Judge
from kytos.questions.autoscale.wanted import granted, scale_out, scaling_step
from tests.questions.autoscale.test_autoscale import asked, replicas, service
from tests.questions.small import QUICK, cluster, node

REQUEST = asked(service("a", 60), service("b", 40), cpu_margin=0.2)
SAMPLED = SolverName.OPENJIJ_SA


@pytest.fixture(scope="module")
def two_nodes() -> Cluster:
    """Two nodes of 1000; service a runs twice on the first, b once on the second."""
    return cluster([node("x"), node("y")], [*replicas("a", "x", "x"), *replicas("b", "y")])


@pytest.fixture(scope="module")
def outcome(two_nodes: Cluster) -> AutoscaleOutcome:
    return autoscale(two_nodes, REQUEST, solver=SAMPLED, params=QUICK)


@pytest.fixture(scope="module")
def judge(two_nodes: Cluster) -> Judge:
    step = scaling_step(two_nodes, REQUEST)
    return Judge.of(step, granted(step, Watch()), Weights())


def counts_of(judge: Judge, outcome: AutoscaleOutcome) -> np.ndarray:
    whole = judge.whole
    counts = np.zeros((len(whole.services), len(whole.nodes)), dtype=np.int64)
    for new in outcome.placements:
        counts[whole.services.index(new.service), whole.nodes.index(new.node)] += 1
    return counts


def test_every_read_has_an_energy(outcome: AutoscaleOutcome) -> None:
    """As many as were drawn, the lowest being what the sampler alone reached."""
    qubo = outcome.solver.qubo
    assert qubo is not None
    assert len(qubo.read_objectives) == len(qubo.read_left_out) == qubo.reads
    assert qubo.sampler_objective == min(qubo.read_objectives)
    assert all(value <= outcome.energy.before.total for value in qubo.read_objectives)


def test_the_answer_written_as_a_read_has_the_answers_energy(
    judge: Judge, outcome: AutoscaleOutcome
) -> None:
    """The measure of reads is the one that the answer is told in."""
    counts = counts_of(judge, outcome)
    assert judge.drawn(counts) == pytest.approx(outcome.energy.after.total, rel=1e-9)
    nothing = judge.drawn(np.zeros_like(counts))
    assert nothing == pytest.approx(outcome.energy.before.total, rel=1e-9)


def test_what_does_not_fit_is_left_unserved(judge: Judge, two_nodes: Cluster) -> None:
    """Beyond what is wanted, a node's room or the margin nothing is counted as served."""
    whole = scale_out(scaling_step(two_nodes, REQUEST))
    assert whole.wanted.tolist() == [4, 3]
    heaps = np.full(whole.present.shape, 50)
    full = judge.drawn(heaps)
    one_node = np.zeros_like(heaps)
    one_node[0, 1] = 50
    assert judge.drawn(one_node) > full
    # All of a fits on y beside b's one: beyond that nothing is gained by asking for more.
    four = np.zeros_like(heaps)
    four[0, 1] = 4
    assert judge.drawn(one_node) == pytest.approx(judge.drawn(four))


def test_stages_add_up_to_the_whole_way(outcome: AutoscaleOutcome) -> None:
    """From the energy before to the one after, by sampler, exact counts and refinement."""
    stages = outcome.solver.stages
    energy = outcome.energy
    assert sum(stage.gained or 0.0 for stage in stages) == pytest.approx(
        energy.before.total - energy.after.total
    )
    parts = [one.part for one in outcome.shares]
    assert parts == ["start", "sampler", "settle counts exactly", "refinement", "bound"]
    assert outcome.shares[1].gained > 0
    assert outcome.shares[-2].energy == pytest.approx(energy.after.total)
    assert outcome.shares[-1].energy is not None
    assert outcome.shares[-1].energy <= energy.after.total + 1e-9


def test_a_placers_stages_are_told_in_the_same_energy(two_nodes: Cluster) -> None:
    """The counts are settled before it is asked; its way begins where the answer's does."""
    placed = autoscale(two_nodes, REQUEST, solver=SolverName.HYBRID, params=QUICK)
    told = [one.energy for one in placed.shares if one.part != "bound"]
    assert told[0] == placed.energy.before.total
    assert told[-1] == pytest.approx(placed.energy.after.total)

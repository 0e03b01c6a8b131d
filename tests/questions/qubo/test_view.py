"""The QUBO of an answer, built again, is the one that was annealed; a charge is told unsent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.registry import REGISTERED
from kytos.contract.weights import Weights
from kytos.questions.autoscale.autoscale import autoscale
from kytos.questions.autoscale.request import AutoscaleRequest, ServiceRate
from kytos.questions.outcome import Outcome
from kytos.questions.placement.new_objects import NewPod
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.qubo.consent import Offer, charge
from kytos.questions.qubo.embedding import EmbeddingRequest, try_embedding
from kytos.questions.qubo.problem_of import problem_of
from kytos.questions.qubo.view import QuboView, qubo_of
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.recovery.recovery import RecoveryRequest, recover
from tests.questions.small import QUICK, cluster, node, pod
from tests.solvers import stand_ins

WEIGHTS = Weights(B=2)
ASKED = {
    "rebalance": (rebalance, RebalanceRequest()),
    "recovery": (partial(recover), RecoveryRequest(failed_nodes=("n0",), cascade=False)),
    "placement": (
        place,
        PlacementRequest(new_pods=(NewPod(id="new", cpu_request=200, mem_request=0, count=3),)),
    ),
    "auto_scale": (
        autoscale,
        AutoscaleRequest(services=(ServiceRate(id="web", request_rate=50, target_rate=10),)),
    ),
}


@pytest.fixture
def four_nodes() -> Cluster:
    """Room everywhere, but not on any node for everyone."""
    pods = [pod(f"p{i}", f"n{i % 2}", cpu=300, service="web", priority=i) for i in range(4)]
    return cluster([node(f"n{i}") for i in range(4)], pods)


@pytest.fixture(params=list(ASKED))
def asked(request: pytest.FixtureRequest) -> tuple:  # type: ignore[type-arg]
    return ASKED[request.param]


def answer(function, asked, four_nodes: Cluster, **more) -> Outcome:  # type: ignore[no-untyped-def]
    return function(
        four_nodes, asked, weights=WEIGHTS, solver=SolverName.OPENJIJ_SA, params=QUICK, **more
    )


def test_it_is_what_the_sampler_was_given(asked, four_nodes: Cluster) -> None:  # type: ignore[no-untyped-def]
    """Its size and couplers are those of the answer's report, and its energies: the mark of the
    refined answer can be read off it."""
    function, request = asked
    qubo = answer(function, request, four_nodes).solver.qubo
    assert qubo is not None
    view = qubo_of(four_nodes, request, WEIGHTS, QUICK, qubo)
    assert view is not None
    assert sum(view.facts.variables.values()) == qubo.variables
    assert view.facts.couplers == qubo.couplers
    bqm = view.coefficients.bqm()
    if bqm.num_variables <= 18:
        size = bqm.num_variables
        every = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
        energies = view.coefficients.energies(every)
        assert qubo.sampler_energy >= energies.min() - 1e-9
        assert np.isclose(energies, qubo.sampler_energy).any()


def test_it_says_all_that_the_panel_shows(asked, four_nodes: Cluster) -> None:  # type: ignore[no-untyped-def]
    """Formulas, penalties above 0 and a picture of every variable, for each of the questions."""
    _, request = asked
    view = qubo_of(four_nodes, request, WEIGHTS, QUICK)
    assert isinstance(view, QuboView)
    assert view.formulas[0].latex.startswith("H = ")
    assert "2\\,H_\\text{load}" in view.formulas[0].latex
    assert len(view.formulas) >= 6
    for formula in view.formulas:
        assert formula.latex.count("{") == formula.latex.count("}")
        assert formula.words.endswith(".")
    for penalty in view.penalties:
        assert penalty.most >= penalty.least > 0
    assert view.picture.labels == view.coefficients.variables


def test_nothing_to_move_is_no_qubo() -> None:
    """One node: no pod has a choice."""
    alone = cluster([node("n0")], [pod("p0", "n0")])
    assert qubo_of(alone, RebalanceRequest(), WEIGHTS, QUICK) is None


def test_what_is_no_question_is_refused_by_name(four_nodes: Cluster) -> None:
    """With where a new question has to be registered."""
    with pytest.raises(TypeError, match="SolverParams poses no problem; register"):
        problem_of(SolverParams(), four_nodes)


class Silent:
    """A processor that must not be sent anything."""

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        return getattr(stand_ins.mock_processor(), name)

    def sample(self, *arguments: object, **options: object) -> None:
        raise AssertionError("submitted without consent")


@pytest.mark.parametrize("consent", [False, True])
def test_a_charge_is_told_and_nothing_sent(  # type: ignore[no-untyped-def]
    asked, four_nodes: Cluster, monkeypatch: pytest.MonkeyPatch, consent: bool
) -> None:
    """Whatever the question, and even where the parameters say that it was agreed to."""
    silent = stand_ins.Qpu(connect=Silent, ready=stand_ins.ready)
    monkeypatch.setattr(stand_ins, "SILENT", silent, raising=False)
    silent = replace(REGISTERED["dwave-qpu"], module=stand_ins.__name__, attribute="SILENT")
    monkeypatch.setitem(REGISTERED, "dwave-qpu", silent)
    function, request = asked
    params = QUICK.model_copy(update={"consent": consent})
    offer = Offer(request, WEIGHTS, SolverName.DWAVE_QPU, params)
    estimate = charge(function, four_nodes, offer)
    view = qubo_of(four_nodes, request, WEIGHTS, QUICK)
    assert estimate is not None
    assert view is not None
    assert estimate.variables == len(view.coefficients.variables)
    assert estimate.minimum_time_s > 0


def test_an_embedding_is_found_without_an_account(four_nodes: Cluster) -> None:
    """A chain for every variable of the QUBO shown, on the ideal graph."""
    offer = Offer(RebalanceRequest(), WEIGHTS, SolverName.DWAVE_QPU, QUICK)
    found = try_embedding(four_nodes, EmbeddingRequest(offer, "Advantage2 (Zephyr)"))
    view = qubo_of(four_nodes, RebalanceRequest(), WEIGHTS, QUICK)
    assert found is not None
    assert view is not None
    assert set(found.embedding) == set(view.coefficients.variables)
    assert all(found.embedding.values())

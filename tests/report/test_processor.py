"""A run on a processor in words and rows."""

from __future__ import annotations

import pytest

from kytos.contract.params import Capacity, SolverParams
from kytos.contract.run_report import QuboFacts
from kytos.contract.watch import Watch
from kytos.report.processor import COLUMNS, on_processor
from tests.solvers.models import random_model
from tests.solvers.stand_ins import Annealing, annealing


@pytest.fixture(scope="module")
def facts() -> QuboFacts:
    params = SolverParams(num_reads=20, consent=True, capacity=Capacity.UNBALANCED)
    params = params.with_qpu(chain_scan=(0.7, 1.4), gauges=2, reverse_to=0.5)
    model = random_model(6, 0.9, seed=1)
    info = annealing(Annealing()).sample(model, params, Watch()).info
    return QuboFacts(
        assignment_variables=6, slack_variables=0, node_variables=0, couplers=10, pods=3,
        pods_total=3, nodes=3, nodes_total=3, reads=20, feasible_share=1.0, sampler_energy=0.0,
        sampler_objective=0.0, info=info,
    )  # fmt: skip


def test_every_submission_has_a_row(facts: QuboFacts) -> None:
    """Two strengths tried with half of the reads, two gauges with the rest."""
    run = on_processor(facts)
    assert run is not None
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in run.rows]
    assert [row["submission"] for row in rows] == ["strength tried"] * 2 + ["run"] * 2
    assert [row["gauge"] for row in rows] == ["1", "1", "1", "2"]
    assert [row["reads"] for row in rows] == ["5"] * 4
    assert all(row["chains broken"].endswith("%") for row in rows)
    assert rows[0]["chain strength"].startswith("0.7 torques (")


def test_it_is_told_how_it_was_annealed(facts: QuboFacts) -> None:
    run = on_processor(facts)
    assert run is not None
    told = " ".join(run.sentences)
    assert "in reverse, from today's placement: s = 1 at 0 µs, 0.5 at 10 µs, 0.5 at 30" in told
    assert "0.7, 1.4 torques were tried, 10 reads in all" in told
    assert "Spin reversals: 2, in which " in told


def test_where_no_processor_was_asked_nothing_is_said(facts: QuboFacts) -> None:
    assert on_processor(None) is None
    assert on_processor(facts.model_copy(update={"info": {"seconds": 1.0}})) is None

"""Figures of comparisons show just what was computed, and never by colour alone."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from kytos.cluster import Cluster
from kytos.compare import (
    CompareRequest,
    Comparison,
    Frontier,
    FrontierRequest,
    compare_solvers,
    frontier,
)
from kytos.contract.params import SolverName
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.report.figures.compare import (
    START,
    Gain,
    energy_by_solver,
    energy_over_time,
    frontier_scatter,
    gain_of,
    gains,
)
from kytos.ui.parts.solver_controls import solvers_here
from tests.compare.conftest import QUICK, small_cluster


@pytest.fixture(scope="module")
def six_pods() -> Cluster:
    return small_cluster(2, pods=6)


@pytest.fixture(scope="module")
def comparison(six_pods: Cluster) -> Comparison:
    """An annealer, the exact solver and a baseline."""
    request = CompareRequest(
        solvers=(SolverName.OPENJIJ_SA, SolverName.CP_SAT, SolverName.FIRST_FIT_DECREASING)
    )
    return compare_solvers(six_pods, request, weights=Weights(B=2, D=3), params=QUICK)


@pytest.fixture(scope="module")
def freeing(six_pods: Cluster) -> Frontier:
    return frontier(six_pods, params=QUICK)


@pytest.fixture(scope="module")
def levelling(six_pods: Cluster) -> Frontier:
    return frontier(six_pods, FrontierRequest(mode=LoadMode.SPREAD), params=QUICK)


def marks(figure: go.Figure) -> dict[int, tuple[float, float]]:
    """Where each point of the frontier is drawn, by its position."""
    return {
        data[0]: (x, y)
        for trace in figure.data
        if trace.customdata is not None
        for data, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_bars_add_up_to_each_rows_energy(comparison: Comparison) -> None:
    """The stacked terms of every row sum to the energy written at its end."""
    figure = energy_by_solver(comparison)
    bars = [trace for trace in figure.data if isinstance(trace, go.Bar)]
    names = list(bars[0].y)
    assert names == [START, "openjij-sa", "cp-sat", "first-fit-decreasing"]
    sums = [sum(bar.x[row] for bar in bars) for row in range(len(names))]
    totals = [comparison.start.energy.total]
    totals += [row.plan.energy.total for row in comparison.rows if row.plan is not None]
    assert sums == pytest.approx(totals)
    assert len({bar.marker.pattern.shape for bar in bars}) == len(bars)


def test_traces_are_each_solvers_own(comparison: Comparison) -> None:
    """A line or mark per solver with a dash and mark of its own, and the bound below all."""
    figure = energy_over_time(comparison)
    assert [list(trace.y) for trace in figure.data] == [
        [reached for _, reached in row.trace] for row in comparison.rows
    ]
    assert len({(trace.line.dash, trace.marker.symbol) for trace in figure.data}) == 3
    assert figure.layout.shapes[0].y0 == comparison.bound
    assert figure.data[2].mode == "markers"


def test_as_many_solvers_as_run_here_are_told_apart(comparison: Comparison) -> None:
    """Seven are chosen from the start; none looks like another."""
    names = solvers_here()
    row = next(row for row in comparison.rows if row.trace)
    rows = tuple(row.model_copy(update={"solver": name}) for name in names)
    drawn = energy_over_time(comparison.model_copy(update={"rows": rows})).data
    assert len({trace.marker.symbol for trace in drawn}) == len(names)
    assert len({trace.line.color for trace in drawn}) == len(names)


def test_clock_is_logarithmic_only_where_runs_differ_much(comparison: Comparison) -> None:
    """A hundredfold difference asks for it, equal runs do not."""

    def lasting(*seconds: float) -> Comparison:
        rows = tuple(
            row.model_copy(update={"trace": ((0.0, 5.0), (length, 4.0))})
            for row, length in zip(comparison.rows, seconds, strict=True)
        )
        return comparison.model_copy(update={"rows": rows})

    assert energy_over_time(lasting(0.1, 10, 10)).layout.xaxis.type == "log"
    assert energy_over_time(lasting(9, 10, 10)).layout.xaxis.type is None
    drawn = energy_over_time(lasting(0.1, 10, 10)).data[0].x
    assert min(drawn) > 0


def test_rows_that_did_not_run_are_left_out(six_pods: Cluster) -> None:
    """Stopped before the first, the figures still draw what there is."""
    stopped = compare_solvers(six_pods, params=QUICK, watch=Watch(stopped=lambda: True))
    assert list(energy_by_solver(stopped).data[0].y) == [START]
    assert len(energy_over_time(stopped).data) == 0


def test_every_point_is_drawn_once_where_it_belongs(freeing: Frontier) -> None:
    """Pods moved across, nodes freed upwards, each mark with its position."""
    drawn = marks(frontier_scatter(freeing, Gain.NODES_FREED))
    assert sorted(drawn) == list(range(len(freeing.points)))
    for position, point in enumerate(freeing.points):
        assert drawn[position] == (point.plan.metrics.pods_moved, len(point.plan.freed_nodes))


def test_the_sliders_setting_is_a_star(freeing: Frontier) -> None:
    """The present plan has a symbol of its own; so have those not worth their moves."""
    figure = frontier_scatter(freeing, Gain.NODES_FREED)
    (star,) = [trace for trace in figure.data if trace.marker.symbol == "star"]
    assert freeing.points[star.customdata[0][0]].present
    for trace in figure.data:
        if trace.marker.symbol == "circle-open" and trace.customdata is not None:
            assert all(freeing.points[data[0]].dominated for data in trace.customdata)


def test_the_chosen_point_is_ringed(freeing: Frontier) -> None:
    """The ring lies where the chosen point does, and only when one is chosen."""
    figure = frontier_scatter(freeing, Gain.NODES_FREED, 1)
    ring = figure.data[-1]
    assert ring.name == "shown below"
    assert (ring.x[0], ring.y[0]) == marks(figure)[1]
    names = [trace.name for trace in frontier_scatter(freeing, Gain.NODES_FREED).data]
    assert "shown below" not in names


def test_money_is_offered_where_prices_are_known(freeing: Frontier, levelling: Frontier) -> None:
    """Saved dollars are the price before less the price after; levelling shows unevenness."""
    assert gains(freeing) == (Gain.NODES_FREED, Gain.PRICE_SAVED)
    last = freeing.points[-1]
    before, after = freeing.points[0].plan.metrics, last.plan.metrics
    assert before.price_per_hour is not None
    assert after.price_per_hour is not None
    saved = before.price_per_hour - after.price_per_hour
    assert gain_of(freeing, last, Gain.PRICE_SAVED) == pytest.approx(saved) != 0
    assert gains(levelling) == (Gain.UNEVENNESS,)


def test_unevenness_falls_along_the_line(levelling: Frontier) -> None:
    """The step line of points worth having goes down as pods move."""
    line = frontier_scatter(levelling, Gain.UNEVENNESS).data[0]
    assert list(line.x) == sorted(line.x)
    assert list(line.y) == sorted(line.y, reverse=True)
    assert line.line.shape == "hv"

"""The summary card tells money, restarts, the fullest node, failures and what ended the search."""

from __future__ import annotations

import pytest

from kytos.contract.params import SolverParams
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.report.cells import Cell
from kytos.report.fullness import Fullness, fullness
from kytos.report.summary import fullest_cell, summary_cells
from tests.ui.small import two_half_empty_nodes


@pytest.fixture(scope="module")
def cells() -> dict[str, Cell]:
    """The card of the move that empties one of two nodes, by label."""
    cluster = two_half_empty_nodes()
    request = RebalanceRequest(risk=True)
    params = SolverParams(num_reads=1, num_sweeps=100, refine_proposals=1000)
    outcome = rebalance(cluster, request, params=params)
    planned = cluster.with_placement(outcome.placement)
    return {cell.label: cell for cell in summary_cells(outcome, planned)}


def test_money_is_told_now_and_then_with_the_year(cells: dict[str, Cell]) -> None:
    """Two nodes at $1 and $3: the dear one goes."""
    money = cells["Price per hour"]
    assert money.value == "$4.00 → $1.00"
    assert money.delta == "-$26,280 a year (-75%)"


def test_restarts_nodes_and_end(cells: dict[str, Cell]) -> None:
    """One pod restarts, one node is left, and that nothing better exists is proven."""
    assert (cells["Pods that restart"].value, cells["Pods that restart"].remark) == (
        "1",
        "of 2 running",
    )
    assert (cells["Nodes in use"].value, cells["Nodes in use"].delta) == ("1", "-1")
    assert cells["Ended by"].value == "Proof"


def test_failures_are_those_of_the_cluster_as_planned(cells: dict[str, Cell]) -> None:
    """With one node left its failure has no survivor, and a word says so beside the colour."""
    nodes = cells["Node failures survived"]
    assert nodes.value == "0 of 1"
    assert nodes.remark == "1 would lose pods"
    assert nodes.icon is not None


@pytest.mark.parametrize(
    ("share", "level"),
    [
        (0.85, Fullness.ROOM),
        (0.851, Fullness.TIGHT),
        (0.95, Fullness.TIGHT),
        (0.951, Fullness.FULL),
        (1.0, Fullness.FULL),
        (1.01, Fullness.OVER),
    ],
)
def test_one_scale_for_every_page(share: float, level: Fullness) -> None:
    """Amber above 85 %, red above 95 %; each has a word and an icon of its own kind."""
    assert fullness(share) is level
    assert level.word
    assert level.icon


def test_fullest_node_is_by_the_fuller_resource() -> None:
    """A node full of memory is full, however idle its CPU; one that failed does not count."""
    cluster = two_half_empty_nodes(memory=7800)
    cell = fullest_cell(cluster)
    assert (cell.value, cell.colour) == ("98%", "red")
    assert cell.remark == "almost full · Memory of cheap"
    assert fullest_cell(cluster, frozenset({"cheap", "dear"})).value == "0%"

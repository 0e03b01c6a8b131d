"""Two answers beside each other: what they come to, what was asked, and pods on another node."""

from __future__ import annotations

from kytos.contract.params import SolverParams
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.report.differences import differences
from tests.ui.small import two_half_empty_nodes


def test_a_move_allowed_and_forbidden() -> None:
    """With no move allowed nothing is freed: a node, $3 an hour and one pod tell the two apart."""
    cluster = two_half_empty_nodes()
    params = SolverParams(num_reads=1, num_sweeps=50, refine_proposals=500)
    free, held = RebalanceRequest(), RebalanceRequest(max_moves=0)
    one, other = (rebalance(cluster, request, params=params) for request in (free, held))
    told = differences(one, other, (free, None, params), (held, None, params))
    figures = {name: values for name, *values in told.figures}
    assert figures["Price"] == ["$1.00/h", "$4.00/h", "+$2,190 a month"]
    assert figures["Nodes in use"] == ["1", "2", "+1"]
    assert figures["Pods moved"] == ["1", "0", "-1"]
    assert list(told.settings) == [("max moves", "none", "0")]
    assert list(told.placements) == [("p-dear", "cheap", "dear")]


def test_an_answer_beside_itself() -> None:
    """Nothing tells it apart."""
    cluster = two_half_empty_nodes()
    params = SolverParams(num_reads=1, num_sweeps=50, refine_proposals=500)
    request = RebalanceRequest()
    one = rebalance(cluster, request, params=params)
    told = differences(one, one, (request, None, params), (request, None, params))
    assert not told.settings
    assert not told.placements
    assert {row[3] for row in told.figures} <= {"+0", "+0 points", "+$0 a month"}

"""The summary card: what an answer comes to in one row of figures, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

from kytos.report.cells import Cell
from kytos.report.summary import summary_cells
from kytos.ui.panels import keeping, use
from kytos.ui.panels.results import cells_row
from kytos.ui.session.runs import Answer


def draw(answer: Answer, first: Sequence[Cell] = ()) -> None:
    """Draw the card.

    Parameters
    ----------
    first
        What only this question tells, before what all do.
    """
    cells_row([*first, *summary_cells(answer.outcome, answer.after)], "summary")
    keeping.row(answer)
    sized = answer.outcome.if_right_sized
    if sized is not None:
        use.side_by_side(sized)

"""Tables of a handout: whole where that can be read, else cut, with all of it in a file."""

from __future__ import annotations

import base64

from kytos.contract.runbook import Action, Runbook, RunbookStep
from kytos.questions.outcome import Move
from kytos.questions.rebalance import RebalanceOutcome
from kytos.report.handout.tables import MOST_NAMES, MOST_ROWS, change_tables, runbook_table


def moved(count: int) -> RebalanceOutcome:
    """An answer that moves pods of three services."""
    moves = tuple(
        Move(pod=f"shop/p-{at}", origin=f"n{at % 9}", target="n9", why="empties n1")
        for at in range(count)
    )
    return RebalanceOutcome.model_construct(moves=moves, freed_nodes=("n1",))


def content(attached: str) -> list[str]:
    """The lines of a file that a page carries."""
    return base64.b64decode(attached.partition(",")[2]).decode("utf-8-sig").splitlines()


def test_a_short_plan_is_told_whole() -> None:
    """Every move is named, and no file goes with it."""
    moves, freed = change_tables(moved(9), {f"shop/p-{at}": f"s{at % 3}" for at in range(9)})
    assert [row[1] for row in moves.rows] == ["3", "3", "3"]
    assert all(f"shop/p-{at}: " in str(moves.rows) for at in range(9))
    assert (moves.attached, freed.attached, freed.about) == ("", "", "n1")


def test_a_plan_of_5000_moves_can_be_read() -> None:
    """Grouped by service, the first of each are named; the file has all, one to a line."""
    services = {f"shop/p-{at}": f"s{at % 3}" for at in range(5000)}
    moves, _freed = change_tables(moved(5000), services)
    assert len(str(moves.rows)) < 10_000
    assert moves.rows[0][2].count(": ") == MOST_NAMES
    assert moves.rows[0][2].endswith("and 1,627 more")
    lines = content(moves.attached)
    assert len(lines) == 5001
    assert lines[1].split(",") == ["s0", "1667", "shop/p-0: n0 → n9", "empties n1"]
    assert len(moves.attached) < 1_000_000


def test_a_long_runbook_is_cut() -> None:
    """Its first rows stand on the page."""
    steps = tuple(
        RunbookStep(wave=1, action=Action.EVICT, node=f"n{at}", pod=f"p{at}", to="n", why="")
        for at in range(MOST_ROWS + 50)
    )
    table = runbook_table(Runbook.model_construct(steps=steps))
    assert len(table.rows) == MOST_ROWS
    assert "350" in table.about
    assert len(content(table.attached)) == len(steps) + 1

"""What a fleet costs for each value of a limit: no looser limit costs more, no word is cut."""

from __future__ import annotations

from kytos.report.figures.fleet import curve, loosened


def test_what_a_tighter_limit_allows_a_looser_one_does_too() -> None:
    """A search that ended early with six types is not drawn dearer than the fleet of four."""
    points = [("1", 2.52), ("4", 2.0), ("6", 2.98)]
    assert loosened(points) == [("1", 2.52), ("4", 2.0), ("6", 2.0)]
    assert loosened([]) == []


def test_the_words_above_the_highest_point_have_room() -> None:
    """An axis that ends at the highest point cuts the price above it in two."""
    for costs in ([2.98, 2.52], [0.0]):
        drawn = curve([(str(at), cost) for at, cost in enumerate(costs)], "types")
        assert drawn.layout.yaxis.range[0] == 0
        assert drawn.layout.yaxis.range[1] > max(costs)

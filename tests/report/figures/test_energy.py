"""Energy figures add up to what was computed."""

from __future__ import annotations

import pytest

from kytos.contract.weights import Weights
from kytos.questions.outcome import Energy, EnergyChange
from kytos.report.figures.energy import energy_by_term, energy_trace


@pytest.fixture
def change() -> EnergyChange:
    """Load falls and cost rises."""
    return EnergyChange(
        before=Energy(constraint=0, load=10, cost=0, affinity=2, total=21),
        after=Energy(constraint=0, load=6, cost=3, affinity=1, total=17),
    )


def test_bars_add_up_to_the_energy(change: EnergyChange) -> None:
    """The weighted terms of each bar sum to the total, under any weights."""
    weights = Weights(A=1, B=2, C=4 / 3, D=0.5)
    figure = energy_by_term(change, weights)
    sums = {bar.name: sum(bar.x) for bar in figure.data}
    assert sums == {"before": pytest.approx(21), "after": pytest.approx(16.5)}
    assert list(figure.data[0].y) == [
        "A · constraint",
        "B · load",
        "C · cost",
        "D · affinity",
    ]
    assert figure.layout.xaxis.rangemode == "tozero"  # an empty cluster's axis began at -1


def test_trace_is_drawn_as_steps() -> None:
    """The best energy holds until the next improvement."""
    line = energy_trace([(0.0, 5.0), (0.5, 3.0)]).data[0]
    assert (list(line.x), list(line.y), line.line.shape) == ([0.0, 0.5], [5.0, 3.0], "hv")

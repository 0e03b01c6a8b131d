"""The way of the energy in one line and one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from kytos.contract.run_report import Stage
from kytos.contract.shares import Share, shares_of
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.report.figures.shares import energy_by_part
from kytos.report.shares import share_sentence
from tests.questions.small import QUICK, cluster, node, pod


@dataclass
class Told:
    """As much of an answer as the sentence reads."""

    shares: tuple[Share, ...]
    energy: Any = None


def stage(name: str, energy: float, gained: float) -> Stage:
    return Stage(name=name, seconds=0.1, energy=energy, gained=gained)


def test_the_sentence_says_who_gained_what() -> None:
    """Start, parts in their order with their shares, bound; next to nothing is not nothing."""
    ran = [
        stage("sample", 4.0, 6.0),
        stage("refine", 3.99, 0.01),
        stage("cp-sat", 3.99, 0.0),
    ]
    assert share_sentence(Told(shares_of(ran, 10.0, 3.5))) == (
        "Step by step, from 10: sampler to 4 (100% of the gain), refinement to 3.99 (under 1% of "
        "the gain), exact solver no lower. No plan can have less than 3.5."
    )


def test_energies_too_long_to_read_are_powers_of_ten() -> None:
    """Pods without a node may cost beyond 1e17; a bound that is none is not told."""
    told = share_sentence(Told(shares_of([stage("sample", 2.0, 1e17)], 1e17, float("-inf"))))
    assert told == "Step by step, from 1e+17: sampler to 2 (100% of the gain)."
    assert share_sentence(Told(())) == ""


def test_the_picture_has_a_bar_for_each_step_and_a_hatched_bound() -> None:
    """Names along the axis in order, energies as lengths and as text."""
    figure = energy_by_part(shares_of([stage("sample", 4.0, 6.0)], 10.0, 3.5))
    assert [bar.y[0] for bar in figure.data] == ["start", "sampler", "bound"]
    assert [bar.x[0] for bar in figure.data] == [10.0, 4.0, 3.5]
    assert [bar.text[0] for bar in figure.data] == ["10", "4", "3.5"]
    assert [bool(bar.marker.pattern.shape) for bar in figure.data] == [False, False, True]


def test_an_answer_tells_its_way() -> None:
    """From the energy before to the one after, and never below the bound."""
    uneven = cluster([node("a"), node("b")], [pod(f"p{i}", "a", 200) for i in range(4)])
    outcome = rebalance(uneven, RebalanceRequest(mode="spread"), params=QUICK)
    way = [one for one in outcome.shares if one.energy is not None]
    assert way[0].energy == outcome.energy.before.total
    assert way[-2].energy == pytest.approx(outcome.energy.after.total)
    assert way[-1].part == "bound"
    assert share_sentence(outcome).startswith("Step by step, from ")

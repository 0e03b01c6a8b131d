"""Every ready scenario opens on its sample, gives a plan and shows what its README row says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kytos.calls.scenario import read_scenario
from kytos.questions.autoscale.autoscale import autoscale
from kytos.questions.fleet.fleet import fleet
from kytos.questions.outcome import Question
from kytos.questions.placement.placement import place
from kytos.questions.rebalance import rebalance
from kytos.questions.recovery.recovery import recover
from kytos.sources.manifests import read_cluster

FOLDER = Path(__file__).parents[1] / "sample_clusters"
FILES = {path.stem: path for path in sorted((FOLDER / "scenarios").glob("*.json"))}
ANSWERS: dict[Question, Callable[..., Any]] = {
    Question.REBALANCE: rebalance,
    Question.RECOVERY: recover,
    Question.PLACEMENT: place,
    Question.AUTOSCALE: autoscale,
    Question.FLEET: fleet,
}


@cache
def answer(name: str) -> Any:
    """The outcome of a scenario as its page asks for it."""
    scenario = read_scenario(FILES[name].read_bytes())
    sample = FOLDER / f"{scenario.sample}.json"
    return ANSWERS[scenario.question](
        read_cluster([(sample.name, sample.read_bytes())]),
        scenario.request,
        weights=scenario.weights,
        solver=scenario.solver,
        params=scenario.params,
    )


def row(name: str) -> str:
    """What the README says of a scenario."""
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(f"| `{name}.json`"))


@pytest.mark.parametrize("name", FILES)
def test_it_has_a_plan_a_title_and_a_row(name: str) -> None:
    """It changes something, is told about in the README and has a button of its own."""
    titles = [read_scenario(path.read_bytes()).title for path in FILES.values()]
    assert len(set(titles)) == len(titles)
    assert all(titles)
    assert row(name)
    assert not answer(name).nothing_to_do


@pytest.mark.parametrize("question", ["rebalance", "recovery", "placement", "autoscale", "fleet"])
def test_every_page_has_two(question: str) -> None:
    """At least two for each question."""
    assert sum(name.startswith(f"{question}-") for name in FILES) >= 2


def told(name: str) -> dict[str, str]:
    """What the outcome of a scenario really shows, in the words of its row."""
    outcome = answer(name)
    before, after = outcome.metrics.before, outcome.metrics.after
    if name.startswith("rebalance-"):
        return {
            "nodes": f"{before.nodes_in_use - after.nodes_in_use} of the web shop",
            "price": f"${after.price_per_hour:.2f} an hour instead of ${before.price_per_hour:.2f}",
        }
    if name.startswith("recovery-"):
        placed, lost = len(outcome.placements), len(outcome.unplaced)
        fatal = sum(not report.survivable for report in outcome.cascade)
        return {
            "all": f"all {placed} pods" if not lost else "",
            "some": f"{placed} of {placed + lost} pods",
            "given up": f"keep {lost} from any",
            "fatal": f"{fatal} of the {len(outcome.cascade)} survivors could not fail next",
        }
    if name.startswith("placement-"):
        more = (after.price_per_hour or 0) - (before.price_per_hour or 0)
        return {"placed": str(len(outcome.placements)), "price": f"${more:.2f} an hour more"}
    if name.startswith("fleet-"):
        types = len({one.type for one in outcome.buy})
        return {
            "nodes": f"{sum(one.count for one in outcome.buy)} nodes of {types} types",
            "price": f"${outcome.price.after:.2f} an hour instead of ${outcome.price.before:.2f}",
        }
    held_back = sum(action.suppressed for action in outcome.actions)
    return {
        "new": f"{len(outcome.placements)} new replicas",
        "removed": f"{len(outcome.removed)} removed",
        "gone": f"{len(outcome.removed)} replicas go",
        "held back": ("", "", "both", "three services")[held_back] + " are held back",
    }


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("rebalance-cut-cost", ("nodes", "price")),
        ("recovery-zone", ("all", "fatal")),
        ("recovery-lab", ("some", "given up")),
        ("placement-batch", ("price",)),
        ("placement-burst", ("placed",)),
        ("autoscale-sale", ("new", "removed")),
        ("autoscale-night", ("gone", "held back")),
        ("autoscale-lab", ("new", "held back")),
        ("fleet-anew", ("nodes", "price")),
        ("fleet-spot-web", ("nodes", "price")),
    ],
)
def test_the_readme_gives_its_figures(name: str, figures: tuple[str, ...]) -> None:
    """What is counted in a row is what the plan counts."""
    found = told(name)
    for figure in figures:
        assert found[figure]
        assert found[figure] in row(name)


def test_hot_spots_are_levelled() -> None:
    """The fullest node ends near the mean: from 95 % to about 70 % of its CPU."""
    metrics = answer("rebalance-hot-spots").metrics
    assert round(metrics.before.cpu_peak, 2) == 0.95
    assert 0.6 < metrics.after.cpu_peak < 0.75


def test_spot_reclaimed_decides_by_priority() -> None:
    """Not all find room, lower ones give way, and nobody above what is given up is left out."""
    outcome = answer("recovery-spot-zone")
    assert len(outcome.failed_nodes) == 18
    assert outcome.preempted
    assert not any(report.survivable for report in outcome.cascade)
    unplaced_by_priority = Counter(pod.priority for pod in outcome.unplaced)
    assert unplaced_by_priority == {1000: 13, 0: 20, -10: 43}
    assert "proven the most possible" in outcome.solver.messages[-1]


def test_what_waits_in_the_lab_fits_nowhere() -> None:
    """Every report gets a node; the four pods that wait are told why they get none."""
    outcome = answer("placement-lab")
    assert len(outcome.placements) == 8
    assert len(outcome.unplaced) == 4
    assert all(pod.reason.startswith("0 of 20 nodes: ") for pod in outcome.unplaced)


def test_the_batch_job_waits_without_new_nodes() -> None:
    """The default scheduler, which buys nothing, leaves all four pods without a node."""
    outcome = answer("placement-batch")
    assert len(outcome.bought_nodes) == 4
    assert list(outcome.default_scheduler.values()) == [None] * 4

"""Several chain strengths, gauges and schedules: what is sent, and what is told of it."""

from __future__ import annotations

import json
from typing import Any

import dimod
import numpy as np
import pytest
from pydantic import ValidationError

from kytos.calls.catalogue import RebalanceOptions
from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError
from kytos.contract.params import QpuParams, SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.errors import InputError
from kytos.solvers.dwave.submissions import Told, best_strength, submissions, turned
from tests.solvers.models import random_model
from tests.solvers.stand_ins import Annealing, annealing

MODEL = random_model(8, 0.9, seed=5)
PARAMS = SolverParams(num_reads=41, consent=True, seed=3)
SCAN = PARAMS.with_qpu(chain_scan=(0.05, 0.6, 1.4), gauges=2)


@pytest.fixture
def processor() -> Annealing:
    return Annealing()


def test_reads_are_split_and_none_is_lost() -> None:
    """Half for the strengths, the rest for the gauges, sizes apart by one at most."""
    runs = submissions(SCAN)
    assert sum(run.reads for run in runs) == 41
    assert [run.reads for run in runs] == [7, 7, 6, 11, 10]
    assert [run.prefactor for run in runs] == [0.05, 0.6, 1.4, None, None]
    assert [run.gauge for run in runs] == [1, 1, 1, 1, 2]
    (alone,) = submissions(PARAMS)
    assert (alone.reads, alone.prefactor, alone.gauge) == (41, None, None)
    for reads in range(5, 12):
        fewest = submissions(SCAN.model_copy(update={"num_reads": reads}))
        assert sum(run.reads for run in fewest) == reads
        assert all(run.reads for run in fewest)


def test_too_few_reads_are_refused_with_how_many_it_takes(processor: Annealing) -> None:
    few = SCAN.model_copy(update={"num_reads": 4})
    for ask in (annealing(processor).estimate, lambda *a: annealing(processor).sample(*a, Watch())):
        with pytest.raises(InputError, match=r"num_reads: 4 reads .* at least 5"):
            ask(MODEL, few)
    assert not processor.submitted


def test_each_strength_is_tried_and_the_best_draws_the_rest(processor: Annealing) -> None:
    """What is told of each is what was sent and read."""
    drawn = annealing(processor).sample(MODEL, SCAN, Watch())
    told = drawn.info["submissions"]
    assert [sent["num_reads"] for sent in processor.submitted] == [7, 7, 6, 11, 10]
    assert [one["reads"] for one in told] == [7, 7, 6, 11, 10]
    assert drawn.record.num_occurrences.sum() == drawn.info["reads"] == 41
    strengths = [one["chain_strength"] for one in told[:3]]
    assert np.allclose(np.array(strengths) / strengths[0], [1, 12, 28])
    # Where chains hardly hold, they break.
    assert told[0]["chain_break_fraction"] > told[2]["chain_break_fraction"]
    chosen = drawn.info["chain_prefactor"]
    assert {one["chain_prefactor"] for one in told[3:]} == {chosen}
    lowest = min(told[:3], key=lambda one: (round(one["best_energy"], 9), one["mean_energy"]))
    assert chosen == lowest["chain_prefactor"]
    assert min(one["best_energy"] for one in told) == pytest.approx(drawn.first.energy)
    energies = MODEL.energies((drawn.record.sample, list(drawn.variables)))
    assert drawn.record.energy == pytest.approx(energies)
    assert drawn.info["ended_by"] is StopReason.WORK


def test_what_is_sent_in_a_gauge_is_the_same_problem(processor: Annealing) -> None:
    """Each gauge turns another half round; read back, energies are the model's own."""
    params = PARAMS.with_qpu(gauges=3)
    drawn = annealing(processor).sample(MODEL, params, Watch())
    halves = [turned(MODEL, params.seed, gauge) for gauge in (1, 2, 3)]
    assert len(set(halves)) == 3
    assert [one["turned"] for one in drawn.info["submissions"]] == [len(one) for one in halves]
    fields = [dict(sent["bqm"].spin.linear) for sent in processor.submitted]
    for name in MODEL.variables:
        qubit = drawn.info["embedding"][name][0]
        size = {round(abs(field[qubit]), 9) for field in fields}
        assert len(size) == 1
    best = dimod.ExactSolver().sample(MODEL).first.energy
    assert drawn.first.energy == pytest.approx(best)


def test_of_equal_reads_the_surer_strength_is_chosen() -> None:
    """The best read decides, then the mean, then chains."""

    def told(prefactor: float, best: float, mean: float, breaks: float) -> Told:
        return Told(True, prefactor, 1.0, None, 0, 5, breaks, best, mean)

    assert best_strength([told(1, -2.0, 0.0, 0.5), told(2, -1.9, -1.9, 0.0)]) == 1
    assert best_strength([told(1, -2.0, 0.0, 0.0), told(2, -2.0, -1.0, 0.5)]) == 2
    assert best_strength([told(1, -2.0, -1.0, 0.5), told(2, -2.0, -1.0, 0.1)]) == 2


@pytest.mark.parametrize("vartype", ["BINARY", "SPIN"])
def test_a_free_schedule_is_what_is_annealed(processor: Annealing, vartype: str) -> None:
    """A pause forward, and one in reverse that begins with all zeros, whatever the gauge."""
    model = random_model(6, 0.9, seed=2, vartype=vartype)
    pause = ((0, 0), (10, 0.4), (60, 0.4), (70, 1))
    drawn = annealing(processor).sample(model, PARAMS.with_qpu(schedule=pause), Watch())
    assert processor.submitted[-1]["anneal_schedule"] == [list(point) for point in pause]
    assert "annealing_time" not in processor.submitted[-1]
    assert drawn.info["anneal_us"] == 70
    back = ((0, 1), (10, 0.4), (60, 0.4), (70, 1))
    asked = PARAMS.with_qpu(schedule=back, gauges=2)
    drawn = annealing(processor).sample(model, asked, Watch())
    assert drawn.info["reverse"] is True
    up = 1
    for gauge, sent in enumerate(processor.submitted[-2:], 1):
        for name, chain in drawn.info["embedding"].items():
            begins_up = name in turned(model, asked.seed, gauge)
            assert all((sent["initial_state"][qubit] == up) == begins_up for qubit in chain)


SCHEDULES = {
    "the first point's time is 0": ((1, 0), (2, 1)),
    "times must increase": ((0, 0), (5, 0.5), (5, 0.6), (9, 1)),
    "a forward anneal begins at 0": ((0, 0.5), (9, 1)),
    "every anneal ends at 1": ((0, 0), (9, 0.9)),
    "stays or grows": ((0, 0), (5, 0.5), (6, 0.4), (9, 1)),
    "go back below 1": ((0, 1), (9, 1)),
    "less than or equal to 1": ((0, 0), (5, 1.2), (9, 1)),
    "greater than or equal to 0": ((0, 0), (5, -0.1), (9, 1)),
    "at least 2": ((0, 0),),
}


@pytest.mark.parametrize("words", SCHEDULES)
def test_a_schedule_that_no_processor_takes_is_refused(words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        QpuParams(schedule=SCHEDULES[words])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"schedule": ((0, 1), (5, 0.5), (9, 1)), "reverse_to": 0.5}, "give one"),
        ({"chain_scan": (1.0,)}, "two or more"),
        ({"chain_scan": (1.0, 1.0)}, "each once"),
        ({"chain_scan": (1.0, 0.0)}, "greater than 0"),
        ({"gauges": -1}, "greater than or equal to 0"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        QpuParams(**fields)


def test_the_switch_of_before_is_one_gauge() -> None:
    """Scenarios and links of before say ``spin_reversal: true``."""
    assert QpuParams.model_validate({"spin_reversal": True}).gauges == 1
    assert QpuParams.model_validate({"spin_reversal": False}).gauges == 0


def test_a_body_has_lists_and_its_numbers_are_numbers() -> None:
    """As the service and --options read it: strictly, where "5" is no number."""
    body = {"solver": {"qpu": {"schedule": [[0, 0], [5, 0.5], [9, 1]], "chain_scan": [0.7, 1]}}}
    asked = RebalanceOptions.model_validate_json(json.dumps(body), strict=True).solver.params.qpu
    assert asked.points == ((0, 0), (5, 0.5), (9, 1))
    assert asked.chain_scan == (0.7, 1)
    for qpu in ({"chain_scan": ["0.7", 1]}, {"schedule": [[0, 0], ["9", 1]]}, {"gauges": "2"}):
        with pytest.raises(ValidationError, match="should be a valid"):
            RebalanceOptions.model_validate_json(json.dumps({"solver": {"qpu": qpu}}), strict=True)


OUTSIDE = [
    ({"annealing_time_range": [1.0, 50.0]}, {"annealing_time_us": 0.7}, "anneals for 1 to 50 µs"),
    ({"annealing_time_range": [1.0, 50.0]}, {"annealing_time_us": 60.0}, "qpu.annealing_time_us"),
    ({"annealing_time_range": [1.0, 50.0]}, {"reverse_to": 0.1, "annealing_time_us": 40.0}, "112"),
    ({"annealing_time_range": [1.0, 50.0]}, {"schedule": ((0, 0), (51, 1))}, "qpu.schedule"),
    ({}, {"schedule": ((0, 0), (10, 0.2), (10.1, 0.9), (20, 1))}, "needs 0.35 µs"),
    ({"max_anneal_schedule_points": 3}, {"schedule": ((0, 0), (5, 0.3), (9, 0.4), (20, 1))}, "3"),
    ({"num_reads_range": [1, 40]}, {}, "takes 1 to 40"),
    ({"problem_run_duration_range": [0.0, 800.0]}, {}, "820 µs in one submission"),
]


@pytest.mark.parametrize(("ranges", "fields", "words"), OUTSIDE)
def test_what_lies_outside_the_processors_ranges_is_not_sent(
    ranges: dict[str, Any], fields: dict[str, Any], words: str
) -> None:
    """Refused already where it is estimated, in the processor's own numbers."""
    processor = Annealing(**ranges)
    with pytest.raises(SolverUnavailableError, match=words):
        annealing(processor).estimate(MODEL, PARAMS.with_qpu(**fields))
    with pytest.raises(SolverUnavailableError, match=words):
        annealing(processor).sample(MODEL, PARAMS.with_qpu(**fields), Watch())
    assert not processor.submitted


def test_a_point_more_is_taken_in_reverse() -> None:
    processor = Annealing(max_anneal_schedule_points=3)
    back = ((0, 1), (5, 0.3), (9, 0.3), (20, 1))
    assert len(annealing(processor).sample(MODEL, PARAMS.with_qpu(schedule=back), Watch()))


def test_the_estimate_counts_every_submission(processor: Annealing) -> None:
    """Programming once each, and all reads at the time one anneal takes."""
    qpu = annealing(processor)
    one = qpu.estimate(MODEL, PARAMS)
    many = qpu.estimate(MODEL, SCAN)
    assert many.minimum_time_s - one.minimum_time_s == pytest.approx(4 * 0.015)
    assert many.charge.endswith("in 5 submissions")
    slow = qpu.estimate(MODEL, PARAMS.with_qpu(schedule=((0, 0), (1020, 1))))
    assert slow.minimum_time_s - one.minimum_time_s == pytest.approx(41 * 1000e-6)
    with pytest.raises(ConsentRequiredError, match="in 5 submissions"):
        qpu.sample(MODEL, SCAN.model_copy(update={"consent": False}), Watch())
    assert not processor.submitted


class Failing(Annealing):
    """A processor that cannot be reached any more after some submissions."""

    def sample(self, bqm: dimod.BinaryQuadraticModel, **asked: Any) -> dimod.SampleSet:
        if len(self.submitted) == 3:
            raise ValueError("no more")
        return super().sample(bqm, **asked)


def test_what_was_read_before_a_fault_is_kept() -> None:
    """It is paid for."""
    drawn = annealing(Failing()).sample(MODEL, SCAN, Watch())
    assert drawn.info["reads"] == 20
    assert "no more" in drawn.info["fault"]
    told = [Told(**one) for one in drawn.info["submissions"]]
    assert drawn.info["chain_prefactor"] == best_strength(told)


def test_stopped_in_between_what_was_read_is_the_answer(processor: Annealing) -> None:
    """Nothing further is sent."""
    watch = Watch(stopped=lambda: len(processor.submitted) >= 2)
    drawn = annealing(processor).sample(MODEL, SCAN, watch)
    assert len(processor.submitted) == 2
    assert drawn.info["reads"] in (7, 14)
    assert drawn.info["ended_by"] is StopReason.USER

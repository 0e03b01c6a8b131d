"""What each part gained is told apart, in the order in which the parts ran."""

import pytest

from kytos.contract.run_report import Stage
from kytos.contract.shares import part_of, shares_of


def stage(name: str, energy: float | None, gained: float | None) -> Stage:
    return Stage(name=name, seconds=0.1, energy=energy, gained=gained)


def test_every_stage_of_a_sampler_is_its_own():
    assert {part_of(name) for name in ("build", "sample", "decode and repair")} == {"sampler"}
    assert part_of("blocks by dwave-sa") == "sampler"
    assert part_of("something new") == "something new"


def test_shares_add_up_to_the_whole_gain():
    way = shares_of(
        [
            stage("build", 10.0, 0.0),
            stage("sample", 10.0, 0.0),
            stage("decode and repair", 7.0, 3.0),
            stage("refine", 5.0, 2.0),
            stage("cp-sat", 4.0, 1.0),
        ],
        start=10.0,
        bound=3.5,
    )
    assert [one.part for one in way] == ["start", "sampler", "refinement", "exact", "bound"]
    assert [one.energy for one in way] == [10.0, 7.0, 5.0, 4.0, 3.5]
    assert sum(one.share or 0 for one in way) == pytest.approx(1.0)


def test_nothing_gained_is_nobodys_share():
    way = shares_of([stage("refine", 2.0, 0.0), stage("place", None, None)], start=2.0)
    assert [(one.part, one.energy, one.share) for one in way] == [
        ("start", 2.0, None),
        ("refinement", 2.0, None),
        ("placer", 2.0, None),
    ]


def test_a_stage_that_tells_only_what_it_reached_gained_the_difference():
    way = shares_of([stage("refine", 8.0, 2.0), stage("place the most", 4.0, None)], start=10.0)
    assert [(one.gained, one.energy) for one in way[1:]] == [(2.0, 8.0), (4.0, 4.0)]

"""Selectors over label columns, held against a reading of one object at a time."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytos.cluster import Requirement
from kytos.rules.labels import LabelTable, parse_int64

keys = st.sampled_from(["app", "tier", "cores"])
values = st.sampled_from(["a", "b", "4", "16", "-3", ""])
labels = st.dictionaries(keys, values, max_size=3)
requirements = st.builds(
    Requirement,
    key=keys,
    operator=st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Near"]),
    values=st.lists(values, max_size=2).map(tuple),
)


def meets(found: dict[str, str], requirement: Requirement) -> bool:
    """One object at a time, as Kubernetes' documentation words it."""
    value = found.get(requirement.key)
    match requirement.operator:
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "In":
            return value in requirement.values
        case "NotIn":
            return len(requirement.values) > 0 and value not in requirement.values
        case "Gt" | "Lt":
            if value is None or len(requirement.values) != 1:
                return False
            try:
                have, bound = int(value), int(requirement.values[0])
            except ValueError:
                return False
            return have > bound if requirement.operator == "Gt" else have < bound
    return False


@given(objects=st.lists(labels, max_size=6), wanted=st.lists(requirements, max_size=3))
def test_columns_match_what_each_object_meets(
    objects: list[dict[str, str]], wanted: list[Requirement]
) -> None:
    """For any labels and requirements the columns say what reading each object says."""
    found = LabelTable.of(objects).matching(wanted)
    assert found.tolist() == [all(meets(one, each) for each in wanted) for one in objects]


def test_no_selector_matches_nothing_and_an_empty_one_everything() -> None:
    """None is a missing selector, () an empty one."""
    table = LabelTable.of([{"app": "a"}, {}])
    assert table.matching(None).tolist() == [False, False]
    assert table.matching(()).tolist() == [True, True]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("007", 7),
        ("+5", 5),
        ("-3", -3),
        ("1_000", None),
        (" 4", None),
        ("4.0", None),
        ("٤", None),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("", None),
    ],
)
def test_integers_are_read_as_go_reads_them(text: str, value: int | None) -> None:
    """What Python's int takes beyond Go's ParseInt is refused."""
    assert parse_int64(text) == value


def test_keys_that_few_carry_cost_little() -> None:
    """A key of each pod's own is not a column over all pods until a selector asks for it."""
    labels = [{f"own-{number}": "x"} for number in range(2000)]
    tracemalloc.start()
    table = LabelTable.of(labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2000 * 2000 * 8 / 5
    wanted = [Requirement(key="own-7", operator="Exists")]
    assert table.matching(wanted).nonzero()[0].tolist() == [7]

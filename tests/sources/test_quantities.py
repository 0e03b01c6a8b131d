"""Quantities are exact, and what is none is refused by name."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity

from kytos.errors import SourceError
from kytos.sources.quantities import offered_rounded_up, read_quantities, read_quantity, rounded_up


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250m", Fraction(1, 4)),
        ("1.5Gi", Fraction(3 * 2**29)),
        ("1E", Fraction(10**18)),
        ("1e3", Fraction(1000)),
        ("2Ei", Fraction(2**61)),
        ("100n", Fraction(1, 10**7)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        (0.1, Fraction(1, 10)),
        (7, Fraction(7)),
    ],
)
def test_reads_exactly(text: Any, value: Fraction) -> None:
    """Suffixes, exponents and plain numbers mean what the API's grammar says."""
    assert read_quantity(text) == value


@pytest.mark.parametrize(
    "given_value",
    [
        "",
        "1.2.3",
        "1 Gi",
        "1gi",
        "Infinity",
        "NaN",
        "1e9999",
        "-1",
        "1_000",
        "٣",
        True,
        None,
        [],
        {},
    ],
)
def test_refuses_what_is_no_quantity(given_value: Any) -> None:
    """A malformed, negative or infinite quantity names the resource it stands at."""
    with pytest.raises(SourceError, match=r"requests\.cpu"):
        read_quantities({"cpu": given_value}, "requests")


@pytest.mark.parametrize(
    ("resource", "value"), [("memory", "9Pi"), ("cpu", "10T"), ("x/y", "1e30")]
)
def test_refuses_absurd_magnitudes(resource: str, value: str) -> None:
    """More than 2^53 canonical units is more than any machine has."""
    with pytest.raises(SourceError, match="beyond any machine"):
        read_quantities({resource: value}, "allocatable")


@given(st.integers(0, 2**43), st.sampled_from(["", "m", "Ki"]))
def test_requests_and_offers_round_up(number: int, suffix: str) -> None:
    """Both are rounded up, by less than one unit, as the scheduler reads pods and nodes alike."""
    amounts = {"memory": read_quantity(f"{number}{suffix}")}
    asked, offered = rounded_up(amounts).get("memory", 0), offered_rounded_up(amounts)["memory"]
    assert asked == offered
    assert 0 <= offered - amounts["memory"] < 1


@given(
    st.one_of(
        st.decimals(0, 10**6, places=3).map(lambda number: f"{number:f}"),
        st.sampled_from([".5", "5.", "007", "+3"]),
    ),
    st.sampled_from([*"numkMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+2", ""]),
)
def test_reads_as_the_kubernetes_client_does(number: str, suffix: str) -> None:
    """Each number with each suffix is what the official client's parser makes of it."""
    assert read_quantity(number + suffix) == Fraction(parse_quantity(number + suffix))

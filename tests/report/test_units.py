"""Quantities as people read them."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, MEMORY
from kytos.report import units

GIB = 2**30


@pytest.mark.parametrize(
    ("resource", "quantity", "expected"),
    [
        (CPU, 1500, "1.5 cores"),
        (CPU, 250, "0.25 cores"),
        (CPU, 114_200, "114 cores"),
        (MEMORY, 12 * GIB, "12 GiB"),
        (MEMORY, 1.5 * GIB, "1.5 GiB"),
        ("ephemeral-storage", 100 * GIB, "100 GiB"),
        ("hugepages-2Mi", GIB, "1 GiB"),
        ("nvidia.com/gpu", 3, "3"),
        ("pods", 1100, "1,100"),
    ],
)
def test_amounts_name_their_unit(resource: str, quantity: float, expected: str) -> None:
    """Cores, GiB, or a plain count."""
    assert units.amount(resource, quantity) == expected


def test_prices() -> None:
    """An unknown price is not free."""
    assert units.price(1.5) == "$1.50/h"
    assert units.price(None) == "unknown"
    assert units.price_per_month(1.0) == "$730 a month"


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 pods"), (1, "1 pod"), (1200, "1,200 pods")]
)
def test_counts(number: int, expected: str) -> None:
    """One is singular."""
    assert units.count(number, "pod") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (6.9e-30, "0"), (0.01234, "0.01234"), (12.3456, "12.35"), (12345.6, "12,346")],
)
def test_energies(value: float, expected: str) -> None:
    """Four digits tell energies apart."""
    assert units.energy(value) == expected


@pytest.mark.parametrize(
    ("text", "length", "expected"), [("short", 8, "short"), ("abcdefghij", 7, "abc…hij")]
)
def test_middle_keeps_both_ends(text: str, length: int, expected: str) -> None:
    """Pods differ in their last characters, services in their first."""
    assert units.middle(text, length) == expected

"""The HorizontalPodAutoscaler's own cases, and what exact arithmetic adds to them.

The table holds the cases of Kubernetes' ``pkg/controller/podautoscaler/replica_calculator_test.go``
whose metric is a total per pod, external or of an object (both are the same arithmetic), in
milli-units as there. The others are about utilisation, readiness or missing samples, which a
request rate does not have.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytos.questions.autoscale.desired_replicas import bounded, replicas_for_rate


@pytest.mark.parametrize(
    ("case", "current", "level", "target", "expected"),
    [
        ("TestReplicaCalcScaleUpPerPodCMExternal", 3, 8600, 2150, 4),
        ("TestReplicaCalcScaleDownPerPodCMExternal", 5, 8600, 2867, 3),
        ("TestReplicaCalcTolerancePerPodCMExternal", 3, 8600, 2900, 3),
        ("TestReplicaCalcScaleUpCMPerPodObject", 3, 20000, 5000, 4),
        ("TestReplicaCalcScaleDownPerPodCMObject", 5, 6000, 2000, 3),
        ("TestReplicaCalcTolerancePerPodCMObject", 4, 20166, 5000, 4),
    ],
)
def test_upstream_cases(case: str, current: int, level: int, target: int, expected: int) -> None:
    """Each upstream case gives upstream's number."""
    assert replicas_for_rate(current, level, target) == expected, case


@pytest.mark.parametrize(
    ("current", "rate", "target", "expected"),
    [
        (10, 290.0, 10.0, 29),  # 290 / 10 in steps of 0.1 is 29.000000000000004 in binary
        (1, 0.3, 0.1, 3),
        (10, 110.0, 10.0, 10),  # just within the tolerance
        (10, 110.1, 10.0, 12),
        (10, 90.0, 10.0, 10),
        (10, 89.9, 10.0, 9),
        (0, 0.0, 10.0, 0),
        (0, 9.0, 10.0, 1),  # nothing is tolerated from 0
        (0, 100.0, 10.0, 10),
        (4, 0.0, 10.0, 0),
        (3, 1e15, 1e-3, 10**18),
    ],
)
def test_decimal_arithmetic(current: int, rate: float, target: float, expected: int) -> None:
    """A rate is the decimal number it was written as: no replica too many for a rounding error."""
    assert replicas_for_rate(current, rate, target) == expected


@given(
    st.integers(0, 100),
    st.integers(0, 10**6),
    st.integers(1, 10**4),
)
def test_against_the_rule_in_integers(current: int, rate: int, target: int) -> None:
    """Keep within a tenth, else round up: in integers, with no division."""
    keeps = current > 0 and 9 * target * current <= 10 * rate <= 11 * target * current
    expected = current if keeps else (rate + target - 1) // target
    assert replicas_for_rate(current, rate / 10, target / 10) == expected
    assert Fraction(str(rate / 10)) == Fraction(rate, 10)


@pytest.mark.parametrize(
    ("replicas", "least", "most", "expected"),
    [(5, 1, 3, 3), (5, 1, None, 5), (0, 2, 8, 2), (5, 0, 0, 0)],
)
def test_minimum_and_maximum(replicas: int, least: int, most: int | None, expected: int) -> None:
    """The count is held within its bounds; no maximum is none."""
    assert bounded(replicas, least, most) == expected

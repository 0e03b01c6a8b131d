"""How many replicas a request rate calls for: the HorizontalPodAutoscaler's rule, exactly.

Source: ``GetExternalPerPodMetricReplicas`` in Kubernetes'
``pkg/controller/podautoscaler/replica_calculator.go``, with its default tolerance. The controller
computes in floating point; here a rate is the decimal number it was written as.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from kytos.questions.parts.decimals import as_written

TOLERANCE = Fraction(1, 10)
"""``--horizontal-pod-autoscaler-tolerance``'s default."""


def replicas_for_rate(current: int, request_rate: float, target_rate: float) -> int:
    """Return what the rate calls for, before any minimum and maximum.

    The current count stays while rate / (target x current) is within a tenth of 1, both ends
    included; from 0 replicas nothing is tolerated.

    Parameters
    ----------
    request_rate
        Of the whole service.
    target_rate
        Per replica, above 0.
    """
    rate, target = as_written(request_rate), as_written(target_rate)
    if current > 0 and abs(rate / (target * current) - 1) <= TOLERANCE:
        return current
    return ceil(rate / target)


def bounded(replicas: int, least: int, most: int | None) -> int:
    """Return a count held within its minimum and maximum."""
    raised = max(replicas, least)
    return raised if most is None else min(raised, most)

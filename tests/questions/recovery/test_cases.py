"""Known situations of a failure, and what Kubernetes makes of them."""

from __future__ import annotations

from kytos.questions.recovery.recovery import RecoveryRequest, recover
from tests.questions.cases import QUICK, case


def test_a_pod_that_never_preempts_waits() -> None:
    """``hi-1`` has the higher priority and preemptionPolicy Never."""
    request = RecoveryRequest(failed_nodes=("a",), allow_preemption=True)
    outcome = recover(case("preemption-policy-never"), request, params=QUICK)
    assert outcome.preempted == ()
    assert [pod.pod for pod in outcome.unplaced] == ["default/hi-1"]

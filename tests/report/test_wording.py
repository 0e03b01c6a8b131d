"""The same answer is told in the same words everywhere."""

from __future__ import annotations

import pytest

from kytos.bounds import BoundSource, Certificate, CertificateStatus, GapOf
from kytos.cluster import Cluster, Note, NoteKind, Owner
from kytos.contract.watch import StopReason
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.recovery.recovery import RecoveryRequest, recover
from kytos.report.wording import (
    BELONGS_TO_NODE,
    certificate_details,
    certificate_sentence,
    no_change_sentence,
    pinned_reasons,
    proof_sentence,
    safety_sentence,
    scenario_sentence,
    searched_to_its_end,
    why_it_ended,
)
from kytos.rules.eviction import movability
from kytos.rules.keep_marks import SAFE_TO_EVICT
from tests.questions.small import QUICK, cluster, node, pod


def given(status: CertificateStatus, gap: float | None, gap_of: GapOf) -> Certificate:
    return Certificate(status=status, bound=2.0, gap=gap, gap_of=gap_of, source=BoundSource.VOLUME)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (given(CertificateStatus.OPTIMAL, 0.0, GapOf.BOUND), "Proven optimal: "),
        (given(CertificateStatus.BOUNDED, 0.125, GapOf.BOUND), "At most 12.5% from the best plan"),
        (given(CertificateStatus.BOUNDED, 0.1201, GapOf.SQUARES), "At most 12.1% from the best"),
        (given(CertificateStatus.BOUNDED, 0.00004, GapOf.BOUND), "At most 0.1% from the best"),
        (given(CertificateStatus.BOUNDED, 2.5, GapOf.BOUND), "no useful bound"),
        (given(CertificateStatus.NONE, None, GapOf.BOUND), "no useful bound"),
    ],
)
def test_a_certificate_claims_what_is_proven_and_no_more(
    certificate: Certificate, words: str
) -> None:
    """Optimal, or how far at most, rounded up, or nothing."""
    assert words in certificate_sentence(certificate)
    assert ("optimal" in certificate_sentence(certificate)) == (
        certificate.status is CertificateStatus.OPTIMAL
    )


@pytest.mark.parametrize(
    ("gap", "gap_of", "words"),
    [
        (0.125, GapOf.BOUND, "This plan is 12.5% of that bound above it."),
        (0.125, GapOf.SQUARES, "This plan is 12.5% of the sum of squared utilisation above it."),
        (None, GapOf.BOUND, "an energy below 2, proven by the room that all pods take together."),
    ],
)
def test_the_details_say_what_a_certificate_rests_on(
    gap: float | None, gap_of: GapOf, words: str
) -> None:
    """The bound, who proved it, and what the gap is a share of."""
    assert words in certificate_details(given(CertificateStatus.BOUNDED, gap, gap_of))


@pytest.fixture
def two_of_three() -> Cluster:
    """Three nodes with a pod each; two of the pods fit on one."""
    nodes = [node(name, 1000) for name in ("a", "b", "c")]
    return cluster(nodes, [pod(f"p-{at.name}", at.name, 400) for at in nodes])


def test_what_was_checked_is_said_of_what_moves(two_of_three: Cluster) -> None:
    """Rules, room and budgets for moves; how full the fullest node ends, by requests."""
    said = safety_sentence(rebalance(two_of_three, RebalanceRequest(), params=QUICK))
    assert "every moved pod" in said
    assert "disruption budget" in said
    assert "peak at 80% CPU" in said


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (StopReason.WORK, "Already best found: no move pays."),
        (StopReason.CLOCK, "The search ended early: the time cap was reached"),
        (StopReason.USER, "The search ended early: it was stopped"),
    ],
)
def test_no_change_pays_only_where_the_search_came_to_its_end(
    two_of_three: Cluster, ended: StopReason, words: str
) -> None:
    """A search cut short that found nothing proves nothing."""
    outcome = rebalance(two_of_three, RebalanceRequest(max_moves=0), params=QUICK)
    bounded = given(CertificateStatus.BOUNDED, 0.5, GapOf.BOUND)
    report = outcome.solver.model_copy(update={"stopped_by": ended})
    cut = outcome.model_copy(update={"certificate": bounded, "solver": report})
    assert words in no_change_sentence(cut)
    assert ("another run may differ" in proof_sentence(cut)) == (ended is StopReason.CLOCK)


def test_where_no_pod_may_move_that_is_the_answer() -> None:
    """Not that no move pays: nothing was weighed, and the reasons say what would have to change."""
    pods = [pod("alone", "a", 100, owner=None), pod("other", "b", 100, owner=None)]
    held = cluster([node("a", 1000), node("b", 1000)], pods)
    said = no_change_sentence(rebalance(held, RebalanceRequest(), params=QUICK))
    assert said == "No pod may move. 2 pods: no controller would start it again."


@pytest.mark.parametrize(
    ("status", "proven", "words"),
    [
        (CertificateStatus.OPTIMAL, True, "Proven optimal: no plan that keeps the rules places"),
        (CertificateStatus.BOUNDED, True, "Proven: no plan that keeps the rules places more pods."),
        (CertificateStatus.BOUNDED, False, "That no plan places more pods is not proven."),
    ],
)
def test_who_is_left_out_is_told_apart_from_the_energy(
    status: CertificateStatus, proven: bool, words: str
) -> None:
    """What is proven of the pods without a node comes first, then how near the energy is."""
    certificate = given(status, 0.125, GapOf.BOUND).model_copy(
        update={"bound_without_left_out": 2.0, "left_out_proven": proven}
    )
    assert words in certificate_sentence(certificate)
    assert "beside what those cost" in certificate_details(certificate)


def test_only_a_repeatable_answer_is_promised() -> None:
    """A scenario of a result that the clock ended does not promise the same again."""
    assert "gives the same answer" in scenario_sentence(StopReason.WORK)
    assert "another answer" in scenario_sentence(StopReason.CLOCK)


def test_nothing_is_said_to_be_checked_where_nothing_moves(two_of_three: Cluster) -> None:
    """What stands as it stood was not asked of any rule."""
    outcome = rebalance(two_of_three, RebalanceRequest(max_moves=0), params=QUICK)
    assert "Checked" not in safety_sentence(outcome)
    assert "peak at 40% CPU" in safety_sentence(outcome)


def test_a_node_over_capacity_is_not_called_safe() -> None:
    """It was so before; the sentence says that, and that it gets no worse."""
    over = cluster([node("a", 1000), node("b", 1000)], [pod("big", "a", 1200, owner=None)])
    said = safety_sentence(rebalance(over, RebalanceRequest(), params=QUICK))
    assert "peak at 120% CPU" in said
    assert "over capacity before gets no fuller" in said


def test_evacuated_pods_ask_no_budget(two_of_three: Cluster) -> None:
    """A failure does not ask: nothing is claimed about disruption budgets."""
    outcome = recover(two_of_three, RecoveryRequest(failed_nodes=("a",)), params=QUICK)
    assert "every evacuated pod that gets a node" in safety_sentence(outcome)
    assert "budget" not in safety_sentence(outcome)


def test_reasons_that_one_can_change_come_before_daemon_sets() -> None:
    """Each DaemonSet has a sentence of its own: they count together, and last."""
    owned = [
        pod(f"d-{at}", "a", 1, owner=Owner(kind="DaemonSet", name=name))
        for at, name in enumerate(("cni", "logs", "cni"))
    ]
    alone = [pod("bare-1", "a", 1, owner=None), pod("bare-2", "a", 1, owner=None)]
    static = pod("static", "a", 1, mirror=True)
    kept = pod("kept", "a", 1, annotations={SAFE_TO_EVICT: "false"})
    pods = [*owned, static, kept, *alone]
    why = movability(cluster([node("a", 1000)], pods))
    assert pinned_reasons(reason for reason in why.values() if reason is not None) == [
        ("no controller would start it again", 2),
        ("annotation cluster-autoscaler.kubernetes.io/safe-to-evict is false", 1),
        (BELONGS_TO_NODE, 4),
    ]


@pytest.mark.parametrize(
    ("stopped_by", "status", "ended"),
    [
        (StopReason.WORK, CertificateStatus.BOUNDED, True),
        (StopReason.USER, CertificateStatus.BOUNDED, False),
        (StopReason.CLOCK, CertificateStatus.NONE, False),
        (StopReason.USER, CertificateStatus.OPTIMAL, True),
    ],
)
def test_a_search_cut_short_has_not_come_to_its_end(
    two_of_three: Cluster, stopped_by: StopReason, status: CertificateStatus, ended: bool
) -> None:
    """Unless what it had was proven optimal by then."""
    found = rebalance(two_of_three, RebalanceRequest(), params=QUICK)
    outcome = found.model_copy(
        update={
            "solver": found.solver.model_copy(update={"stopped_by": stopped_by}),
            "certificate": given(status, 0.1, GapOf.BOUND),
        }
    )
    assert searched_to_its_end(outcome) is ended


def test_every_end_has_words_of_its_own() -> None:
    """No two reasons read alike."""
    assert len({why_it_ended(reason) for reason in StopReason}) == len(StopReason)


def test_a_rule_that_is_not_judged_is_said_beside_what_was_checked(two_of_three: Cluster) -> None:
    """Within the scheduler's hard rules is said only where all of them were judged."""
    note = Note(message="pods with resourceClaims: not judged", kind=NoteKind.NOT_JUDGED, count=1)
    odd = two_of_three.replace(notes=(note,))
    said = safety_sentence(rebalance(odd, RebalanceRequest(), params=QUICK))
    assert "within the scheduler's hard rules" not in said
    assert "resourceClaims: not judged" in said
    fine = two_of_three.replace(notes=(Note(message="a Gadget was read"),))
    assert "the scheduler's hard rules" in safety_sentence(
        rebalance(fine, RebalanceRequest(), params=QUICK)
    )

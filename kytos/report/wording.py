"""Sentences about an answer, the same in a browser and in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kytos.bounds import BoundSource, Certificate, CertificateStatus, GapOf
from kytos.cluster import NoteKind
from kytos.contract.watch import StopReason
from kytos.language import N_, _, retold
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.outcome import Move, Outcome
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.questions.recovery.risk import Risk
from kytos.report import units

BELONGS_TO_NODE = N_("it belongs to its node (DaemonSet or static pod)")
_PLACED = {
    RecoveryOutcome: N_("evacuated pod that gets a node"),
    PlacementOutcome: N_("new pod that gets a node"),
    AutoscaleOutcome: N_("new replica"),
}
_PROVEN_BY = {
    BoundSource.PATTERNS: N_("the patterns in which pods fill a node"),
    BoundSource.CP_SAT: N_("the exact solver"),
    BoundSource.WATER_FILLING: N_("spreading the load as evenly as a liquid"),
    BoundSource.TANGENT: N_("letting every pod choose on its own"),
    BoundSource.VOLUME: N_("the room that all pods take together"),
}
_OF_A_NODE = ("DaemonSet ", "it is a static pod")
"""How the reasons begin that surprise nobody (`kytos.rules.eviction`)."""

_UNLIKE_ORDINARY = 0.5
"""Of an ordinary move: what differs by less is not worth a word."""

_ENDED = {
    StopReason.WORK: N_("it had done the work asked for"),
    StopReason.CLOCK: N_("the time cap was reached, so another run may differ"),
    StopReason.USER: N_("it was stopped"),
    StopReason.OPTIMAL: N_("nothing better exists"),
    StopReason.TARGET: N_("the target energy was reached"),
}


def certificate_sentence(certificate: Certificate) -> str:
    """Say how near to the best an answer is known to be.

    A gap of 100% or more says nothing that anybody could use.
    """
    left_out = certificate.bound_without_left_out is not None or not certificate.left_out_proven
    if certificate.status is CertificateStatus.OPTIMAL:
        if left_out:
            return _(
                "Proven optimal: no plan that keeps the rules places more pods, and at these "
                "weights none that places as many is better."
            )
        return _("Proven optimal: at these weights no plan that keeps the rules is better.")
    if certificate.gap is None or certificate.gap >= 1:
        near = _("How much better a plan could be is not known: no useful bound was proven.")
    else:
        off = units.percent_up(certificate.gap)
        near = (
            _(
                "At most {off} from the best plan possible at these weights that places as many "
                "pods.",
                off=off,
            )
            if left_out
            else _("At most {off} from the best plan possible at these weights.", off=off)
        )
    if not left_out:
        return near
    if certificate.left_out_proven:
        return _("Proven: no plan that keeps the rules places more pods. {near}", near=near)
    return _("That no plan places more pods is not proven. {near}", near=near)


def proof_sentence(outcome: Outcome) -> str:
    """Say what is proven of an answer, and whether asking again may come to another."""
    ended = outcome.solver.stopped_by
    proven = certificate_sentence(outcome.certificate)
    if ended is StopReason.CLOCK:
        return _("{proven} The time cap ended the search: another run may differ.", proven=proven)
    if ended is StopReason.USER:
        return _("{proven} The search was stopped before its end.", proven=proven)
    return proven


def scenario_sentence(ended: StopReason | None) -> str:
    """Say what opening a scenario again comes to; `ended` is what ended the last answer to it."""
    if ended is StopReason.CLOCK:
        return _(
            "This result was ended by the time cap: opened again, the scenario may come to "
            "another answer. A higher cap, or less work, makes it repeat."
        )
    if ended is StopReason.USER:
        return _("This result was stopped by hand: opened again, the scenario runs to its end.")
    return _("Opened again it gives the same answer, unless the time cap ends the search.")


def certificate_details(certificate: Certificate) -> str:
    """Say what the sentence rests on: the bound, how it was proven and what the gap is of."""
    bound = bound_clause(certificate.bound, certificate.source)
    apart = certificate.bound_without_left_out
    if apart is not None:
        bound = _(
            "Of the placements that keep the rules and leave out as few pods, none has an energy "
            "below {apart} beside what those cost, proven by "
            "{proof}",
            apart=units.energy(apart),
            proof=_(_PROVEN_BY[certificate.source]),
        )
    if certificate.gap is None:
        return _("{sentence}.", sentence=bound)
    of = (
        _("that bound")
        if certificate.gap_of is GapOf.BOUND
        else _("the sum of squared utilisation")
    )
    return _(
        "{bound}. This plan is {gap} of {of} above it.",
        bound=bound,
        gap=units.percent_up(certificate.gap),
        of=of,
    )


def bound_clause(bound: float, source: BoundSource) -> str:
    """Say what a proven bound means, as the start of a sentence."""
    return _(
        "No placement that keeps the rules has an energy below {bound}, proven by {proof}",
        bound=units.energy(bound),
        proof=_(_PROVEN_BY[source]),
    )


def risk_sentences(risk: Risk) -> Iterator[str]:
    """Say, of nodes and of zones, which failures the cluster as planned would not survive."""
    for kind, failures in (("node", risk.node), ("zone", risk.zone), (N_("spot pool"), risk.spot)):
        if failures is None or not failures.of:
            continue
        if failures.survivable == failures.of:
            yield _(
                "Whichever one {kind} fails, every pod it evicts finds another node.", kind=_(kind)
            )
            continue
        told = _(
            "{survivable:,} of {failures} may fail",
            survivable=failures.survivable,
            failures=units.count(failures.of, kind),
        )
        if failures.fatal:
            told += _("; not all pods of {fatal} would find a node", fatal=_some(failures.fatal))
        if failures.unknown:
            told += _("; not settled in time: {unknown}", unknown=_some(failures.unknown))
        yield _("{sentence}.", sentence=told)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    listed = ", ".join(names[:most])
    return _("{listed} and {more:,} more", listed=listed, more=more) if more > 0 else listed


def safety_sentence(outcome: Outcome) -> str:
    """Say what was checked of the cluster after the plan, and how full its fullest nodes are.

    Where a rule of the scheduler is not judged here, or an object that might bind was left out,
    that is said in the same breath.
    """
    after = outcome.metrics.after
    peak = _(
        "Requests peak at {cpu_peak} CPU and {memory_peak} memory; actual use may differ.",
        cpu_peak=units.percent(after.cpu_peak),
        memory_peak=units.percent(after.memory_peak),
    )
    if max(after.cpu_peak, after.memory_peak) > 1:
        peak += _(" What was over capacity before gets no fuller.")
    return f"{_checked(outcome)} {peak}".lstrip()


def _checked(outcome: Outcome) -> str:
    """What `kytos.referee.feasible` holds for whatever a plan puts on another node."""
    if isinstance(outcome, RebalanceOutcome):
        return (
            _("{fits} and disruption budgets.", fits=_fits(_("moved pod"), outcome))
            if outcome.moves
            else ""
        )
    for kind, who in _PLACED.items():
        if isinstance(outcome, kind) and outcome.placements:
            return _("{sentence}.", sentence=_fits(_(who), outcome))
    return ""


def _fits(who: str, outcome: Outcome) -> str:
    unsure = [
        retold(note.message)
        for note in outcome.notes
        if note.kind in (NoteKind.NOT_JUDGED, NoteKind.LEFT_OUT)
    ]
    if not unsure:
        return _(
            "Checked: every {who} fits by its requests, within the scheduler's hard rules", who=who
        )
    more = (
        _(" and {notes}", notes=units.count(len(unsure) - 1, "more note"))
        if len(unsure) > 1
        else ""
    )
    return _(
        "Checked as far as it was read: every {who} fits by its requests, within the rules that "
        "are judged here (but: {unsure}{more})",
        who=who,
        unsure=unsure[0],
        more=more,
    )


def move_reason(move: Move) -> str:
    """Say why a pod moves, and what that costs where it is not about an ordinary move."""
    if abs(move.cost - 1) < _UNLIKE_ORDINARY:
        return retold(move.why)
    because = f": {retold(move.cost_because)}" if move.cost_because else ""
    return _(
        "{why}; costs {cost:.3g} ordinary moves{because}",
        why=retold(move.why),
        cost=move.cost,
        because=because,
    )


def pinned_group(reason: str) -> str:
    """Return what a pod's reason counts as among those of all pods."""
    return BELONGS_TO_NODE if reason.startswith(_OF_A_NODE) else reason


def pinned_reasons(reasons: Iterable[str]) -> list[tuple[str, int]]:
    """Return why pods may not move, and how many each: what one can change before what one cannot.

    Pods that belong to their node, of every DaemonSet, count together and come last.
    """
    groups = Counter(map(pinned_group, reasons))
    return sorted(groups.items(), key=lambda item: (item[0] == BELONGS_TO_NODE, -item[1], item[0]))


def nodes_by_reason(kept: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the nodes that stay by why they do, the reason of most nodes first."""
    groups: dict[str, list[str]] = {}
    for node, reason in kept.items():
        groups.setdefault(reason, []).append(node)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def searched_to_its_end(outcome: Outcome) -> bool:
    """Whether an answer is all its solver could do: not cut short, or proven optimal all the same.

    Where a solve was cut short, finding nothing does not mean that there is nothing.
    """
    return (
        outcome.certificate.status is CertificateStatus.OPTIMAL
        or outcome.solver.stopped_by not in (StopReason.USER, StopReason.CLOCK)
    )


def no_change_sentence(outcome: Outcome) -> str:
    """Say that nothing changes; only a search that came to its end says that nothing pays."""
    if any(outcome.metrics.after.unplaced.values()):
        return _("Nothing changes: no pod without a node can be given one.")
    moves = isinstance(outcome, RebalanceOutcome)
    if isinstance(outcome, RebalanceOutcome) and none_may_move(outcome):
        why = pinned_reasons(outcome.pinned.values())
        reasons = "; ".join(
            f"{units.count(count, 'pod')}: {retold(reason)}" for reason, count in why
        )
        return _("No pod may move. {reasons}.", reasons=reasons)
    if searched_to_its_end(outcome):
        if moves:
            return _("Already best found: no move pays.")
        return _("Already best found: no change pays.")
    ended = why_it_ended(outcome.solver.stopped_by)
    if moves:
        return _("No move that pays was found. The search ended early: {ended}.", ended=ended)
    return _("No change that pays was found. The search ended early: {ended}.", ended=ended)


def none_may_move(outcome: RebalanceOutcome) -> bool:
    """Whether every pod that runs is pinned, so that there was nothing to decide."""
    runs = [pod for pod, node in outcome.placement.items() if node is not None]
    return bool(runs) and all(pod in outcome.pinned for pod in runs)


def why_it_ended(reason: StopReason) -> str:
    """Say what ended a solve, as the end of "it ended because ..."."""
    return _(_ENDED[reason])

"""Sentences about an answer, the same in a browser and in a terminal."""

from __future__ import annotations

from kytos import units
from kytos.bounds import Certificate, CertificateStatus, GapOf
from kytos.solvers.base import StopReason

_ENDED = {
    StopReason.WORK: "it had done the work asked for",
    StopReason.CLOCK: "the time cap was reached, so another run may differ",
    StopReason.USER: "it was stopped",
    StopReason.OPTIMAL: "nothing better exists",
    StopReason.TARGET: "the target energy was reached",
}


def certificate_sentence(certificate: Certificate) -> str:
    """Say how near to the best an answer is known to be."""
    if certificate.status is CertificateStatus.OPTIMAL:
        return "Proven optimal: no feasible placement has a lower energy."
    if certificate.status is CertificateStatus.NONE or certificate.gap is None:
        return "There is no useful bound to measure this result against."
    relative = f" of the {certificate.gap_of}" if certificate.gap_of is GapOf.SQUARES else ""
    return (
        f"Proven: no feasible placement has an energy below {units.energy(certificate.bound)} "
        f"({certificate.source.value}); the gap to this one is "
        f"{100 * certificate.gap:.1f}%{relative}."
    )


def why_it_ended(reason: StopReason) -> str:
    """Say what ended a solve, as the end of "it ended because ..."."""
    return _ENDED[reason]

"""Proven bounds on the energy, and the certificate of a plan that follows from them."""

from kytos.bounds.certificate import (
    TOLERANCE,
    Certificate,
    CertificateStatus,
    GapOf,
    certificate,
    ended_by,
    held_against,
    relative_gap,
)
from kytos.bounds.lower_bound import BoundSource, LowerBound, lower_bound

__all__ = [
    "TOLERANCE",
    "BoundSource",
    "Certificate",
    "CertificateStatus",
    "GapOf",
    "LowerBound",
    "certificate",
    "ended_by",
    "held_against",
    "lower_bound",
    "relative_gap",
]

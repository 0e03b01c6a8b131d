"""The same answer is told in the same words everywhere."""

from __future__ import annotations

import pytest

from kytos.bounds import BoundSource, Certificate, CertificateStatus, GapOf
from kytos.solvers.base import StopReason
from kytos.wording import certificate_sentence, why_it_ended


def given(status: CertificateStatus, gap: float | None, gap_of: GapOf) -> Certificate:
    return Certificate(status=status, bound=2.0, gap=gap, gap_of=gap_of, source=BoundSource.VOLUME)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (given(CertificateStatus.OPTIMAL, 0.0, GapOf.BOUND), "Proven optimal: "),
        (given(CertificateStatus.BOUNDED, 0.125, GapOf.BOUND), "below 2 (volume); the gap"),
        (given(CertificateStatus.BOUNDED, 0.125, GapOf.SQUARES), "12.5% of the sum of sq"),
        (given(CertificateStatus.NONE, None, GapOf.BOUND), "no useful bound"),
    ],
)
def test_a_certificate_claims_what_is_proven_and_no_more(
    certificate: Certificate, words: str
) -> None:
    """Optimal, bounded with what the gap is relative to, or nothing."""
    assert words in certificate_sentence(certificate)
    assert ("optimal" in certificate_sentence(certificate)) == (
        certificate.status is CertificateStatus.OPTIMAL
    )


def test_every_end_has_words_of_its_own() -> None:
    """No two reasons read alike."""
    assert len({why_it_ended(reason) for reason in StopReason}) == len(StopReason)

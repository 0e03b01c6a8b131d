"""The rules, held against every verdict a real kube-scheduler gave."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from kytos.rules.why_not import why_not
from tests.rules.agreement import Candidate, disagreements, recordings, table

PAGE = Path(__file__).parents[2] / "docs" / "rules-agreement.md"

SAME_CAUSE = {
    "Too many pods": "too many pods",
    "node(s) were unschedulable": "unschedulable",
    "node(s) had untolerated taint(s)": "untolerated taint",
    "node(s) didn't match Pod's node affinity/selector": "node affinity or selector",
    "node(s) didn't match pod topology spread constraints": "topology spread",
    "node(s) didn't match pod topology spread constraints (missing required label)": (
        "topology spread"
    ),
    "node(s) didn't have free ports for the requested pod ports": "host port taken",
    "node(s) didn't match pod affinity rules": "pod affinity not matched",
    "node(s) didn't match pod anti-affinity rules": "pod anti-affinity",
    "node(s) didn't satisfy existing pods anti-affinity rules": "existing pods' anti-affinity",
    "node(s) didn't match PersistentVolume's node affinity": "volume not reachable",
}
"""What the scheduler calls a cause -> what the summary calls it."""
ONE_PLUGIN = {
    "node affinity not matched": "node affinity or selector",
    "node selector not matched": "node affinity or selector",
}
"""Two rules here are one plugin there."""


def test_every_verdict_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    """For each candidate the nodes that pass are exactly those the scheduler let through."""
    wrong: list[tuple[str, str, str]] = []
    verdicts = 0
    for recorded in recordings():
        verdicts += len(recorded.candidates) * len(recorded.cluster.nodes)
        wrong += [
            (recorded.name, candidate.pod, node) for candidate, node in disagreements(recorded)
        ]
    with capsys.disabled():
        print(f"\n{verdicts - len(wrong)} of {verdicts} recorded verdicts agree")
    assert verdicts == 15_862
    assert wrong == []


def test_the_summary_counts_the_scheduler_s_causes() -> None:
    """Not only the verdict but its cause: per pod the same number of nodes for each."""
    compared = 0
    for recorded in recordings():
        answers = why_not(recorded.cluster, [candidate.pod for candidate in recorded.candidates])
        for candidate, answer in zip(recorded.candidates, answers, strict=True):
            wanted = causes_told(candidate)
            if wanted is not None:
                compared += 1
                assert causes_summed(answer.summary) == wanted, candidate
    assert compared > 850


def test_the_page_of_agreement_is_up_to_date() -> None:
    """``docs/rules-agreement.md`` is what the command prints."""
    assert PAGE.read_text(encoding="utf-8") == table(recordings())


def causes_told(candidate: Candidate) -> Counter[str] | None:
    """Nodes by cause in the scheduler's message; None where it stopped before looking at nodes."""
    found: Counter[str] = Counter()
    if not candidate.message.startswith("0/"):
        return None
    for part in candidate.message.split(": ", 1)[1].rstrip(".").split(", "):
        counted = re.fullmatch(r"(\d+) (.*)", part)
        if counted is None:
            return None
        count, cause = int(counted[1]), counted[2]
        if cause.startswith("Insufficient "):
            found[cause.replace("Insufficient", "insufficient")] += count
        elif cause in SAME_CAUSE:
            found[SAME_CAUSE[cause]] += count
        elif "passed all built-in filters" not in cause:
            return None
    return found


def causes_summed(summary: str) -> Counter[str]:
    """Nodes by cause in our summary."""
    found: Counter[str] = Counter()
    for part in filter(None, summary.partition(": ")[2].split(", ")):
        count, cause = part.split(" ", 1)
        found[ONE_PLUGIN.get(cause, cause)] += int(count)
    return found

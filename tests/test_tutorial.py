"""docs/tutorial.md does what it says, line by line."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"


def test_every_line_of_the_tutorial_prints_what_it_shows() -> None:
    """The blocks are one session, from the cluster to the plan."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 30
    told: list[str] = []
    outcome = doctest.DocTestRunner().run(session, out=told.append)
    assert outcome.failed == 0, "".join(told)


def test_it_goes_the_whole_way() -> None:
    """Hamiltonian, matrix, reads, embedding and plan each have their part."""
    headings = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [
        "The cluster",
        "Its Hamiltonian",
        "Its matrix",
        "Its ground state",
        "Reads",
        "Its embedding",
        "The plan",
    ]

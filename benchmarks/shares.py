"""The honest share: for each ready scenario, what each part of the solver gained.

``python -m benchmarks.shares`` answers the scenarios of ``sample_clusters/scenarios`` at default
settings and prints the table; ``--write`` puts it into docs/benchmarks.md in the old one's place.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from kytos.calls.catalogue import CALLS
from kytos.calls.scenario import read_scenario
from kytos.cli.reading import read_files
from kytos.contract.shares import BOUND, START, Share
from kytos.questions.outcome import Outcome
from kytos.report.shares import NAMES, amount, share

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_clusters"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- shares -->", "<!-- /shares -->"
HEAD = ("scenario", "question", "solver", "start", "each part in turn", "bound", "gained by")


def answered(path: Path) -> Outcome:
    """Answer a ready scenario as its page would."""
    scenario = read_scenario(path.read_bytes())
    cluster = read_files([SAMPLES / f"{scenario.sample}.json"])
    asked = CALLS[scenario.question].function
    outcome: Outcome = asked(
        cluster,
        scenario.request,
        weights=scenario.weights,
        solver=scenario.solver,
        params=scenario.params,
    )
    return outcome


def row(title: str, outcome: Outcome) -> tuple[str, ...]:
    """Return the cells of one scenario, in the order of `HEAD`."""
    by_part: dict[str, Share] = {one.part: one for one in outcome.shares}
    parts = [one for one in outcome.shares if one.part not in (START, BOUND)]
    gains = [f"{named(one)} {share(one.share or 0)}" for one in parts if one.gained > 0]
    return (
        title,
        outcome.question.value,
        f"`{outcome.solver.name}`",
        amount(by_part[START].energy),
        ", ".join(f"{named(one)} {amount(one.energy)}" for one in parts),
        amount(by_part[BOUND].energy) if BOUND in by_part else "",
        ", ".join(gains) or "nobody",
    )


def named(one: Share) -> str:
    """Return the name of a part as people read it."""
    return NAMES.get(one.part, one.part)


def lines(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Return the table as Markdown."""
    yield f"| {' | '.join(HEAD)} |"
    yield "|" + " --- |" * len(HEAD)
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Answer all, print the table, and write it where that was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    write = parser.parse_args().write
    rows = []
    for path in sorted((SAMPLES / "scenarios").glob("*.json")):
        title = read_scenario(path.read_bytes()).title or path.stem
        rows.append(row(title, answered(path)))
        print(" | ".join(rows[-1]), flush=True)
    table = "\n".join(lines(rows))
    if write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        page = f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

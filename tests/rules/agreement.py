"""Counts how often the rules agree with the recorded kube-scheduler, by feature.

python -m tests.rules.agreement > docs/rules-agreement.md
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kytos.cluster import Cluster
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals
from kytos.sources.manifests import read_cluster

ORACLE = Path(__file__).parent.parent / "data" / "oracle"


BEYOND = (Path(__file__).parent / "beyond_the_recordings.md").read_text("utf-8").splitlines()


@dataclass(frozen=True)
class Candidate:
    """A pod the real scheduler judged: the nodes it let through, and what it said."""

    pod: str
    features: tuple[str, ...]
    feasible: frozenset[str]
    message: str


@dataclass(frozen=True)
class Recording:
    """One recorded cluster; its candidates are pods of it that wait."""

    name: str
    cluster: Cluster
    candidates: tuple[Candidate, ...]


@lru_cache(maxsize=1)
def recordings() -> tuple[Recording, ...]:
    """All of ``tests/data/oracle``, read once."""
    return tuple(recording(name, document) for name, document in recorded_documents())


def recorded_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each file of ``tests/data/oracle``."""
    files = sorted(ORACLE.glob("*.json.xz"), key=lambda path: (len(path.name), path.name))
    for path in files:
        yield path.name.split(".")[0], json.loads(_text(path))


def recording(name: str, document: Mapping[str, object]) -> Recording:
    """One file as it was recorded."""
    cluster, found = document["cluster"], document["candidates"]
    assert isinstance(cluster, dict)
    assert isinstance(found, list)
    items = [*cluster["items"], *(candidate["pod"] for candidate in found)]
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    return Recording(
        name,
        read_cluster([(f"{name}.json", whole)]),
        tuple(
            Candidate(
                pod="{namespace}/{name}".format(**candidate["pod"]["metadata"]),
                features=tuple(candidate["features"]),
                feasible=frozenset(candidate["feasible"]),
                message=candidate["message"],
            )
            for candidate in found
        ),
    )


def disagreements(recorded: Recording) -> Iterator[tuple[Candidate, str]]:
    """Each candidate and node on which the rules and the scheduler differ."""
    cluster = recorded.cluster
    positions = [cluster.pod_index[candidate.pod] for candidate in recorded.candidates]
    first = first_refusals(RuleIndex(cluster), positions)
    for candidate, row in zip(recorded.candidates, first, strict=True):
        for node, rule in zip(cluster.nodes, row, strict=True):
            if (rule == FEASIBLE) != (node.name in candidate.feasible):
                yield candidate, node.name


def table(recorded: Sequence[Recording]) -> str:
    """The page ``docs/rules-agreement.md``."""
    verdicts: Counter[str] = Counter()
    feasible: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    total, agreed = 0, 0
    for one in recorded:
        nodes = len(one.cluster.nodes)
        missed = Counter(candidate.pod for candidate, _ in disagreements(one))
        for candidate in one.candidates:
            total += nodes
            agreed += nodes - missed[candidate.pod]
            for feature in candidate.features:
                verdicts[feature] += nodes
                feasible[feature] += len(candidate.feasible)
                wrong[feature] += missed[candidate.pod]
    rows = [
        f"| `{feature}` | {count} | {feasible[feature]} | {count - wrong[feature]} |"
        for feature, count in sorted(verdicts.items())
    ]
    head = [
        "# Agreement with the scheduler, by feature",
        "",
        f"kube-scheduler 1.36.2 judged {sum(len(one.candidates) for one in recorded)} pods on "
        f"{len(recorded)} recorded clusters (`tests/data/oracle/`). Of its {total} verdicts on a "
        f"pod and a node, `kytos/rules/` gives the same in {agreed}. A pod with several features "
        "is counted under each.",
        "",
        "Printed by `python -m tests.rules.agreement`; `tests/rules/test_oracle.py` fails when it "
        "is out of date.",
        "",
        "| feature | verdicts | feasible | agree |",
        "| --- | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *rows, *BEYOND]) + "\n"


def _text(path: Path) -> str:
    return lzma.decompress(path.read_bytes()).decode()


if __name__ == "__main__":
    print(table(recordings()), end="")

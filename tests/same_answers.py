"""Every sample's and ready scenario's answer in a file, to be held against another checkout's.

``uv run python -m tests.same_answers --write FILE`` records them, ``--against FILE`` says what
differs. Only what `kytos` exports is used, so that the script runs on a checkout of any age.
Nothing is ended by the clock: what a machine had time for is no part of an answer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kytos

SAMPLES = Path(__file__).parents[1] / "sample_clusters"
ANSWERED_BY: dict[str, tuple[Any, Any]] = {
    "rebalance": (kytos.rebalance, kytos.RebalanceRequest),
    "recovery": (kytos.recover, kytos.RecoveryRequest),
    "placement": (kytos.place, kytos.PlacementRequest),
    "auto_scale": (kytos.autoscale, kytos.AutoscaleRequest),
}
ASKED_OF_SAMPLES = ("consolidate", "spread")
TIMED = {"seconds", "trace", "elapsed_s", "info"}
"""Fields that differ from run to run."""
NO_CLOCK_S = 600.0


def cluster_of(sample: str) -> Any:
    path = SAMPLES / f"{sample}.json"
    return kytos.read_cluster([(path.name, path.read_bytes())])


def answers() -> Iterator[tuple[str, Any]]:
    """Each answer by the name of what was asked."""
    for path in sorted((SAMPLES / "scenarios").glob("*.json")):
        asked = json.loads(path.read_text(encoding="utf-8"))
        answer, request = ANSWERED_BY[asked["question"]]
        params = asked.get("params", {}) | {"time_limit_s": NO_CLOCK_S}
        yield (
            path.stem,
            answer(
                cluster_of(asked["sample"]),
                request.model_validate(asked["request"]),
                weights=kytos.Weights(**asked.get("weights", {})),
                solver=asked.get("solver") and kytos.SolverName(asked["solver"]),
                params=kytos.SolverParams.model_validate(params),
            ),
        )
    for path in sorted(SAMPLES.glob("*.json")):
        for mode in ASKED_OF_SAMPLES:
            request = kytos.RebalanceRequest.model_validate({"mode": mode})
            params = kytos.SolverParams(time_limit_s=NO_CLOCK_S)
            yield (
                f"{path.stem} {mode}",
                kytos.rebalance(cluster_of(path.stem), request, params=params),
            )


def without_times(value: Any) -> Any:
    """The same answer without what no two runs share."""
    if isinstance(value, dict):
        return {key: without_times(kept) for key, kept in value.items() if key not in TIMED}
    if isinstance(value, list):
        return [without_times(kept) for kept in value]
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--write", type=Path)
    wanted.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    reached = {
        name: without_times(json.loads(outcome.model_dump_json(by_alias=True)))
        for name, outcome in answers()
    }
    if arguments.write:
        arguments.write.write_text(json.dumps(reached, indent=1, sort_keys=True), encoding="utf-8")
        return 0
    expected = json.loads(arguments.against.read_text(encoding="utf-8"))
    differing = [name for name in expected if expected[name] != reached.get(name)]
    for name in differing:
        fields = {
            field
            for field in expected[name]
            if expected[name][field] != reached.get(name, {}).get(field)
        }
        print(f"{name}: {', '.join(sorted(fields))}")
    print(f"{len(expected) - len(differing)} of {len(expected)} answers are the same")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

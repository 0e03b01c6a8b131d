"""Writes what a fleet buys as files of YAML: Karpenter NodePools and eksctl's node groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kytos.cli.writing import write
from kytos.cluster import Cluster


def write_groups(
    cluster: Cluster,
    request: Any,
    outcome: Any,
    node_pools: Path | None,
    managed_groups: Path | None,
) -> None:
    """Write the files that are named; of a fleet that buys nothing each says so.

    Raises
    ------
    kytos.errors.InputError
        When a file cannot be written.
    """
    from kytos.questions.fleet.fleet import planned_cluster  # loads the solvers
    from kytos.report import node_groups

    after = planned_cluster(cluster, request, outcome)
    nothing = "# Nothing is bought."
    for path, told in (
        (node_pools, node_groups.node_pools),
        (managed_groups, node_groups.managed_groups),
    ):
        if path is not None:
            write(path, told(outcome, after).rstrip() if outcome.buy else nothing)

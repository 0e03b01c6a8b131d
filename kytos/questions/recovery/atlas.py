"""The atlas: every node and every zone fails in turn, and what each failure would lose."""

from __future__ import annotations

from pydantic import Field

from kytos.cluster import Cluster, Frozen
from kytos.contract.watch import Watch
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import CountedAs
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.survey import FailureReport, survey


class AtlasRequest(CountedAs):
    """What is asked of an atlas."""

    max_utilization: float = Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="share of a survivor's CPU and memory that evacuated pods may fill it to",
    )
    zones: bool = Field(True, description="fail each zone too")
    time_limit_s: float = Field(
        60.0, gt=0, le=86_400, allow_inf_nan=False, description="cap by the clock, seconds"
    )


class AtlasOutcome(Frozen):
    """What each single failure would do, in the cluster's order."""

    nodes: tuple[FailureReport, ...]
    zones: tuple[FailureReport, ...]

    @property
    def worst(self) -> FailureReport | None:
        """The failure that loses most, the important first; None when none loses any.

        A node comes before a zone that loses as much.
        """
        reports = (*self.nodes, *self.zones)
        losing = [report for report in reports if report.checked and report.unplaced]
        return max(
            losing, key=lambda report: sorted(report.unplaced.items(), reverse=True), default=None
        )


def atlas(
    cluster: Cluster, request: AtlasRequest = AtlasRequest(), *, watch: Watch = Watch()
) -> AtlasOutcome:
    """Fail every node, and every zone, each from the cluster as it stands.

    A pod that is lost here is lost by any plan that leaves survivors' pods where they are, unless
    `FailureReport.proven` is false.
    """
    in_zone: dict[str, list[str]] = {}
    for node in cluster.nodes:
        if node.zone is not None:
            in_zone.setdefault(node.zone, []).append(node.name)
    single = [(node.name, (node.name,)) for node in cluster.nodes]
    whole = sorted(in_zone.items()) if request.zones else []
    watch = watch.within(request.time_limit_s)
    watch.report("zones", 0.0, None)
    cluster = as_asked(cluster, request)
    compiled = CompiledCluster(cluster, request.max_utilization, max_used=request.max_used)
    zones = survey(compiled, "zone", whole, watch=watch.share(0.5), stage="zones")
    nodes = survey(compiled, "node", single, watch=watch, stage="nodes")
    return AtlasOutcome(nodes=nodes, zones=zones)

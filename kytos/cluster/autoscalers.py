"""HorizontalPodAutoscalers and what they measure."""

from __future__ import annotations

from kytos.cluster.base import Frozen


class ScaleMetric(Frozen):
    """One metric of an autoscaler: what a replica should have of it, and what one has now."""

    name: str
    target: float = 0.0
    """Per replica, percent for a utilisation; 0 where there is none that can be read."""
    current: float | None = None
    """Likewise; None where it is not known."""
    utilization_of: str = ""
    """The resource whose share of the requests it is."""
    usage_of: str = ""
    """The resource whose amount it is."""
    problem: str = ""
    """Why it cannot be used, where it was told and cannot be."""

    @property
    def known(self) -> bool:
        """Whether replicas can be computed from it."""
        return not self.problem and self.target > 0 and self.current is not None


class Autoscaler(Frozen):
    """A HorizontalPodAutoscaler."""

    service: str
    kind: str = "Deployment"
    """Of what it scales."""
    min_replicas: int = 1
    max_replicas: int
    current_replicas: int | None = None
    """As its status tells; the current values of its metrics are means over these."""
    metrics: tuple[ScaleMetric, ...] = ()

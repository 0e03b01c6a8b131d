"""What Prometheus may scrape: solves, their seconds, the queue and refusals."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class ServiceMetrics:
    """The service's own registry, so that two services in one process do not mix."""

    def __init__(self, busy: Callable[[], int], workers: Callable[[], int]) -> None:
        """Register the metrics; `busy` counts jobs running or waiting."""
        self.registry = CollectorRegistry()
        self.solves = Counter(
            "kytos_solves",
            "Solves that ended, by question, solver and how they ended",
            ["question", "solver", "result"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "kytos_solve_seconds",
            "Time from submission to the end of a solve, its wait in the queue included",
            ["question"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.refusals = Counter(
            "kytos_refusals", "Requests turned away, by reason", ["reason"], registry=self.registry
        )
        running = Gauge("kytos_solves_running", "Solves in a worker", registry=self.registry)
        running.set_function(lambda: min(busy(), workers()))
        waiting = Gauge("kytos_queue_length", "Solves that wait", registry=self.registry)
        waiting.set_function(lambda: max(0, busy() - workers()))

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self.refusals.labels(reason=reason).inc()

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)

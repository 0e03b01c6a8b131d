"""Where a command's cluster comes from: files or a context, with prices and what pods use."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from kytos.cli.options import (
    Context,
    Files,
    Metrics,
    Prices,
    PrometheusDays,
    PrometheusStep,
    PrometheusUrl,
    UsageFiles,
)
from kytos.cli.reading import read_context, read_files, read_live_use
from kytos.cli.solving import told_in_terminal
from kytos.cluster import Cluster
from kytos.errors import InputError
from kytos.sources.prices import prices_with
from kytos.sources.usage.attach import with_usage


@dataclass(frozen=True)
class UseSource:
    """Where it is told what pods really use."""

    metrics: Metrics = None
    usage: UsageFiles = None
    prometheus: PrometheusUrl = None
    prometheus_days: PrometheusDays = None
    prometheus_step: PrometheusStep = None


@dataclass(frozen=True)
class Source(UseSource):
    """Where the cluster is read from: files or a live cluster."""

    files: Files = None
    context: Context = None
    prices: Prices = None

    def read(self, *, nodes_needed: bool = True) -> Cluster:
        """Read it; `nodes_needed` as in `read_cluster`.

        Raises
        ------
        InputError
            When neither is named, or both, or it cannot be read.
        """
        if bool(self.files) == (self.context is not None):
            raise InputError("name either the cluster's files (- is standard input) or --context")
        if self.metrics and self.context is None:
            raise InputError("--metrics asks the metrics-server of --context; name a context")
        if self.metrics and (self.usage or self.prometheus is not None):
            raise InputError("give --metrics, --usage or --prometheus; not several")
        prices = None if self.prices is None else prices_with(self.prices)
        if self.prometheus is not None:
            if self.usage:
                raise InputError("give files of use with --usage, or --prometheus; not both")
            usage = read_live_use(self.prometheus, self.prometheus_days, self.prometheus_step)
            without = dataclasses.replace(self, prometheus=None)
            return with_usage(without.read(nodes_needed=nodes_needed), usage)
        if self.context is not None:
            return read_context(self.context, prices, self.usage or [], metrics=bool(self.metrics))
        with told_in_terminal() as report:
            return read_files(
                self.files or [],
                prices,
                self.usage or [],
                nodes_needed=nodes_needed,
                report=report,
            )

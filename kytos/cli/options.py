"""What commands take in a terminal, declared once: options alone, and groups that go together."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer
from pydantic import BaseModel

from kytos.cli.patches import check_patches
from kytos.cli.reading import read_context, read_files, read_live_use
from kytos.cli.solving import told_in_terminal
from kytos.cli.writing import check_writable
from kytos.cluster import Cluster
from kytos.contract.params import SolverName
from kytos.contract.runbook import RunbookRequest, Way
from kytos.errors import InputError
from kytos.problem import LoadMode
from kytos.sources.prices import prices_with
from kytos.sources.usage.attach import with_usage

SomeOptions = TypeVar("SomeOptions", bound=BaseModel)

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILES", help="What kubectl get -o json or yaml printed; - is standard input."
    ),
]
Context = Annotated[
    str | None, typer.Option(help="Read the live cluster of this kubeconfig context instead.")
]
Prices = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="CSV of prices by instance type, instead of KYTOS_PRICES."),
]
UsageFiles = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="What pods really use: PodMetrics, Prometheus' query_range, VPA or krr; repeatable.",
    ),
]
Metrics = Annotated[
    bool | None,
    typer.Option("--metrics", help="With --context: ask its metrics-server what pods use."),
]
PrometheusUrl = Annotated[
    str | None,
    typer.Option("--prometheus", metavar="URL", help="Ask this Prometheus what pods really use."),
]
PrometheusDays = Annotated[
    float | None,
    typer.Option(metavar="N", help="With --prometheus: days to look back, 7 by default."),
]
PrometheusStep = Annotated[
    float | None,
    typer.Option(min=1, metavar="S", help="With --prometheus: seconds a sample, 900 by default."),
]
OptionsFile = Annotated[
    Path | None,
    typer.Option("--options", help="JSON or YAML: all that the HTTP call takes beside its lists."),
]


def registered(name: str) -> SolverName:
    """Return the solver of a name, or say which names there are."""
    if name not in SolverName:
        names = ", ".join(repr(str(solver)) for solver in SolverName)
        raise typer.BadParameter(f"{name!r} is not one of {names}.")
    return SolverName(name)


Solver = Annotated[
    SolverName | None,
    typer.Option(metavar="NAME", parser=registered, help="Which solver: kytos solvers lists them."),
]
Mode = Annotated[
    LoadMode | None,
    typer.Option(metavar="MODE", help=f"What load means: {', '.join(LoadMode)}."),
]
Reads = Annotated[int | None, typer.Option(help="Independent anneals.")]
Sweeps = Annotated[int | None, typer.Option(help="Sweeps of each anneal.")]
Seed = Annotated[int | None, typer.Option(help="Same seed, same answer.")]
TimeLimit = Annotated[float | None, typer.Option(help="Cap by the clock, seconds.")]
EffortOption = Annotated[
    str | None,
    typer.Option(
        "--effort",
        metavar="EFFORT",
        help="quick, normal (on while it gains), thorough, or a time to use: 20s, 2m.",
    ),
]
WeightA = Annotated[float | None, typer.Option("-A", help="Weight of constraints.")]
WeightB = Annotated[float | None, typer.Option("-B", help="Weight of load.")]
WeightC = Annotated[float | None, typer.Option("-C", help="Weight of the cost of the change.")]
WeightD = Annotated[float | None, typer.Option("-D", help="Weight of affinity.")]
Consent = Annotated[
    bool | None, typer.Option("--consent", help="Accept the charge of a paid solver.")
]
SchedulerNames = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Another scheduler whose pods count as the default one's; repeatable."
    ),
]
MoveCustom = Annotated[
    bool | None,
    typer.Option(
        "--move-custom-controllers",
        help="Pods of controllers that are none of Kubernetes' own may move too.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the HTTP call's answer.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the answer as JSON to this file.")
]
WithRunbook = Annotated[
    bool, typer.Option("--runbook", help="Say how to carry it out, and what would come of it.")
]
Script = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --runbook: write it as a shell script of kubectl."),
]
WayOption = Annotated[
    Way | None,
    typer.Option("--way", metavar="WAY", help="With --runbook: drain (default) or steer."),
]
Surge = Annotated[
    bool | None,
    typer.Option("--surge", help="With --runbook: move an only replica by one more for a while."),
]
MaxParallel = Annotated[
    int | None, typer.Option(metavar="N", help="With --runbook: pods on their way at a time.")
]
SettleS = Annotated[
    float | None, typer.Option(metavar="S", help="With --runbook: seconds waited after each wave.")
]
Every = Annotated[
    str | None, typer.Option(help="Ask again every so often (90s, 5m, 1h); prints a line a run.")
]
Times = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="With --every: end after so many runs.")
]
Webhook = Annotated[str | None, typer.Option(help="With --every: post each line here.")]
Lock = Annotated[
    Path | None, typer.Option(help="With --every: skip a run while another holds this file.")
]
ApplyWay = Annotated[
    Way | None,
    typer.Option("--apply", metavar="WAY", help="With --every: carry it out, by drain or steer."),
]
MinSaving = Annotated[
    str | None, typer.Option(metavar="N%", help="With --apply: only if so much is saved.")
]
Window = Annotated[
    str | None, typer.Option(metavar="HH:MM-HH:MM", help="With --apply: only then, local time.")
]
MaxEvictions = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="With --apply: at most so many, 20.")
]


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


MaxUtilization = Annotated[
    float | None, typer.Option(help="Share of a node that pods may fill it to, 0 to 1.")
]
KeepNode = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A node that is never freed, or a label key=value."),
]
LoadFromOption = Annotated[
    str | None,
    typer.Option(metavar="WHAT", help="requests (default), or usage: level what pods really use."),
]
MaxUsed = Annotated[
    float | None,
    typer.Option(help="Under usage: share of a node that its pods may use together, 0 to 1."),
]
RightSized = Annotated[
    bool | None,
    typer.Option("--right-sized", help="Ask as if containers requested what is recommended."),
]
MinCpu = Annotated[
    int | None, typer.Option(metavar="M", help="Millicores that right sizes never go below, 10.")
]
MinMemory = Annotated[
    int | None, typer.Option(metavar="MIB", help="MiB that right sizes never go below, 32.")
]
Patches = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="Write right-sized requests: a folder of patches, *.zip, or *.sh."
    ),
]
Risk = Annotated[
    bool | None, typer.Option("--risk", help="Say which failures the plan would survive.")
]


LeastNodes = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE:N", help="So many nodes with this label stay in use."),
]
SafetyLine = Annotated[
    list[str] | None,
    typer.Option(metavar="RESOURCE=SHARE", help="Filling a node above this share costs."),
]
LeastZones = Annotated[
    list[str] | None,
    typer.Option(metavar="SERVICE=N", help="So many zones hold a pod of this service."),
]
Overlap = Annotated[
    list[str] | None,
    typer.Option(metavar="RESOURCE", help="Held in both places until all moves are done."),
]
Survive = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND", help="Survive the failure of any one node, or zone."),
]


@dataclass(frozen=True)
class Counted:
    """What pods count for: what they request, use, or had better request."""

    load_from: LoadFromOption = None
    max_used: MaxUsed = None
    right_sized: RightSized = None
    min_cpu: MinCpu = None
    min_memory: MinMemory = None

    def given(self) -> dict[str, Any]:
        """Return it in the HTTP contract's words; None stands for what was not given."""
        return {
            "load_from": self.load_from,
            "max_used": self.max_used,
            "right_sized": self.right_sized,
            "sizing": {"min_cpu": self.min_cpu, "min_memory": self.min_memory},
        }


@dataclass(frozen=True)
class Limited(Counted):
    """How full nodes may get, which are kept, and what is told of failures."""

    max_utilization: MaxUtilization = None
    keep_node: KeepNode = None
    risk: Risk = None

    def given(self) -> dict[str, Any]:
        """Return it in the HTTP contract's words; None stands for what was not given."""
        return super().given() | {
            "max_utilization": self.max_utilization,
            "keep_nodes": self.keep_node or None,
            "risk": self.risk,
        }


@dataclass(frozen=True)
class Others:
    """Which pods that others run are treated as the cluster's own."""

    scheduler: SchedulerNames = None
    move_custom_controllers: MoveCustom = None

    def given(self) -> dict[str, Any]:
        """Return it in the HTTP contract's words; None stands for what was not given."""
        return {
            "schedulers": self.scheduler or None,
            "move_custom_controllers": self.move_custom_controllers,
        }


@dataclass(frozen=True)
class Held(Limited):
    """The same of a plan that frees nodes: failures it survives, and what it is held to besides."""

    safety_line: SafetyLine = None
    least_zones: LeastZones = None
    overlap: Overlap = None
    least_nodes: LeastNodes = None
    survive: Survive = None

    def given(self) -> dict[str, Any]:
        """Return it in the HTTP contract's words.

        Raises
        ------
        InputError
            When a pool's least size is not ``key=value:number``, or a line or a number of zones
            not ``name=number``.
        """
        pools = dict(_pool(words) for words in self.least_nodes or ())
        lines = dict(_named("--safety-line", words, float) for words in self.safety_line or ())
        zones = dict(_named("--least-zones", words, int) for words in self.least_zones or ())
        return super().given() | {
            "safety_lines": lines or None,
            "least_zones": zones or None,
            "overlap": self.overlap or None,
            "least_nodes": pools or None,
            "survive": self.survive or None,
        }


def _named(option: str, words: str, number: type[int] | type[float]) -> tuple[str, int | float]:
    name, _, value = words.rpartition("=")
    try:
        return name, number(value)
    except ValueError:
        example = "cpu=0.8" if number is float else "web=3"
        raise InputError(f"{option} is {words!r}; give name=number, such as {example}") from None


def _pool(words: str) -> tuple[str, int]:
    label, _, count = words.rpartition(":")
    if "=" not in label or not count.isdecimal():
        raise InputError(f"--least-nodes is {words!r}; give key=value:number, such as pool=web:3")
    return label, int(count)


@dataclass(frozen=True)
class Run:
    """How a question is solved, whichever solver it is put to, and what weighs how much."""

    reads: Reads = None
    sweeps: Sweeps = None
    seed: Seed = None
    time_limit: TimeLimit = None
    effort: EffortOption = None
    consent: Consent = None
    a: WeightA = None
    b: WeightB = None
    c: WeightC = None
    d: WeightD = None

    def given(self, solver: SolverName | None = None) -> dict[str, Any]:
        """Return it in the HTTP contract's words; None stands for what was not given."""
        return {
            "solver": {
                "name": solver,
                "num_reads": self.reads,
                "num_sweeps": self.sweeps,
                "seed": self.seed,
                "time_limit_s": self.time_limit,
                "effort": self.effort,
                "consent": self.consent,
            },
            "weights": {"A": self.a, "B": self.b, "C": self.c, "D": self.d},
        }


@dataclass(frozen=True)
class Told:
    """Where the answer goes, and how often it is asked for."""

    as_json: AsJson = False
    output: Output = None
    every: Every = None
    times: Times = None
    webhook: Webhook = None
    lock: Lock = None
    apply: ApplyWay = None
    min_saving: MinSaving = None
    window: Window = None
    max_evictions: MaxEvictions = None
    patches: Patches = None

    def check(self) -> None:
        """Refuse, before any work is done, what could not be kept afterwards."""
        if self.output is not None:
            check_writable(self.output)
        if self.patches is not None:
            check_patches(self.patches)
        alone = {
            "--times": self.times,
            "--webhook": self.webhook,
            "--lock": self.lock,
            "--apply": self.apply,
        }
        given = [name for name, value in alone.items() if value is not None]
        if given and self.every is None:
            raise InputError(f"{given[0]} goes with --every; say how often to ask, such as 1h")


@dataclass(frozen=True)
class Steps:
    """Whether the answer is told as a runbook too, and what kind of."""

    runbook: WithRunbook = False
    script: Script = None
    way: WayOption = None
    surge: Surge = None
    max_parallel: MaxParallel = None
    settle_s: SettleS = None

    def check(self, *, periodic: bool) -> None:
        """Refuse, before any work is done, what goes with a runbook only, and a script for nobody.

        Raises
        ------
        InputError
            Naming the option.
        """
        for name, value in (self._words | {"script": self.script}).items():
            if value is not None and not self.runbook:
                option = "--" + name.replace("_", "-")
                raise InputError(f"{option} goes with --runbook; ask for one")
        if self.script is not None:
            check_writable(self.script)
            if periodic:
                raise InputError("--script is written once; leave it or --every out")

    def given(self) -> dict[str, Any]:
        """Return it in the HTTP contract's words; None stands for what was not given."""
        return {"runbook": self._words} if self.runbook else {}

    def asked_of(self, options: SomeOptions) -> SomeOptions:
        """Return the options, asking for a runbook where this does and they do not yet.

        Raises
        ------
        InputError
            When a script is to be written of a runbook that no script can carry out.
        """
        if self.runbook and not getattr(options, "runbook", False):
            options = options.model_copy(update={"runbook": True})
        asked = getattr(options, "runbook", False)
        steers = isinstance(asked, RunbookRequest) and asked.way is Way.STEER
        if self.script is not None and steers:
            raise InputError(
                "--script can only drain: gating and nominating what is created is done by "
                "`kytos apply`; leave --script out, or ask for --way drain"
            )
        return options

    @property
    def _words(self) -> dict[str, Any]:
        return {
            "way": self.way,
            "surge": self.surge,
            "max_parallel": self.max_parallel,
            "settle_s": self.settle_s,
        }


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups: Typer, which knows none, sees the fields of each as options."""
    groups: dict[str, tuple[Any, list[str]]] = {}
    options: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        group = parameter.annotation
        if not dataclasses.is_dataclass(group):
            options.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        hints = get_type_hints(group, include_extras=True)
        fields = dataclasses.fields(group)
        groups[parameter.name] = group, [field.name for field in fields]
        options += [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=hints[field.name],
            )
            for field in fields
        ]

    @functools.wraps(command)
    def flat(**given: Any) -> None:
        for name, (group, fields) in groups.items():
            given[name] = group(**{field: given.pop(field) for field in fields})
        command(**given)

    flat.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return flat

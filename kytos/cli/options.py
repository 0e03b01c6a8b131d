"""The options of the commands, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kytos.contract.params import SolverName
from kytos.contract.runbook import Way
from kytos.problem import LoadMode

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

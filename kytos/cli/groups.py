"""Options that go together: declared once as a group, read together, spread over a command."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel

from kytos.cli.options import (
    ApplyWay,
    AsJson,
    Consent,
    EffortOption,
    Every,
    KeepNode,
    LeastNodes,
    LeastZones,
    LoadFromOption,
    Lock,
    MaxEvictions,
    MaxParallel,
    MaxUsed,
    MaxUtilization,
    MinCpu,
    MinMemory,
    MinSaving,
    MoveCustom,
    Output,
    Overlap,
    Patches,
    Reads,
    RightSized,
    Risk,
    SafetyLine,
    SchedulerNames,
    Script,
    Seed,
    SettleS,
    Surge,
    Survive,
    Sweeps,
    TimeLimit,
    Times,
    WayOption,
    Webhook,
    WeightA,
    WeightB,
    WeightC,
    WeightD,
    Window,
    WithRunbook,
)
from kytos.cli.patches import check_patches
from kytos.cli.writing import check_writable
from kytos.contract.params import SolverName
from kytos.contract.runbook import RunbookRequest, Way
from kytos.errors import InputError

SomeOptions = TypeVar("SomeOptions", bound=BaseModel)


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

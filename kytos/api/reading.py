"""Reads what a call was sent into its cluster and options, within the operator's limits.

In a process of its own where it is much (`kytos.api.bodies`): a body of many MiB takes seconds and
hundreds of MiB to read, and what reads it may die of it.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from kytos.api.problems import FieldError, Refusal, refusal_of
from kytos.calls.catalogue import CALLS, Call, Options
from kytos.cluster import Cluster
from kytos.contract.params import BlockRunner, Effort, SolverParams
from kytos.contract.watch import Watch
from kytos.errors import InputError
from kytos.sources.admission import Admission
from kytos.sources.templates import read_new_pods
from kytos.sources.usage.attach import read_with_usage

Model = TypeVar("Model", bound=BaseModel)

PODS_PER_SECOND = 100
PROPOSALS_PER_SECOND = 10_000_000
"""With the default budget, and of refinement, on a core of its own; only the order of the queue
hangs on them."""


@dataclass(frozen=True)
class Limits:
    """What an operator lets a call ask for."""

    seconds: float
    """That the call may take."""
    max_nodes: int
    max_pods: int
    max_unpacked_bytes: int
    """Of an uploaded archive."""
    block_runner: BlockRunner
    allow_paid: bool


@dataclass(frozen=True)
class Asked:
    """A call that was read: what the queue must know of it, and the rest as a worker takes it."""

    question: str
    solver: str
    consent: bool
    """Whether a charge is accepted."""
    expected_s: float
    """About as long as its solve takes: what lets small ones pass it in the queue."""
    packed: bytes | Path
    """Its cluster and options, pickled; in a file where they are large."""

    def discard(self) -> None:
        """Remove the file, if there is one."""
        if isinstance(self.packed, Path):
            self.packed.unlink(missing_ok=True)


class Source(Protocol):
    """What was sent; content that is large is the file that holds it."""

    def read(self, call: Call, limits: Limits) -> tuple[Cluster, Options]:
        """Return the cluster and the options; a `Refusal` names what is wrong with them."""


@dataclass(frozen=True)
class Said:
    """A body of JSON."""

    body: bytes | Path

    def read(self, call: Call, limits: Limits) -> tuple[Cluster, Options]:
        """Read the cluster and the options beside it."""
        body = read_json(call.body, _content(self.body))
        options = call.options_of(body)
        # Before a cluster is made of them, which takes longer than reading them.
        _refuse_too_many(len(body.nodes), len(body.pods), options, limits)
        try:
            return call.cluster(body), options
        except InputError as error:
            raise _refusal(error, error.where or "body") from error


@dataclass(frozen=True)
class Uploaded:
    """Files of a cluster and of new pods, with the options as JSON."""

    cluster: tuple[tuple[str, bytes | Path], ...]
    options: str
    new_pods: tuple[tuple[str, bytes | Path], ...] = ()

    def read(self, call: Call, limits: Limits) -> tuple[Cluster, Options]:
        """Read the files, by their names, and the options."""
        options = read_json(call.options, self.options, "options")
        files = [(name, _content(content)) for name, content in self.cluster]
        try:
            cluster = read_with_usage(
                files, max_bytes=limits.max_unpacked_bytes, nodes_needed=call.needs_nodes
            )
        except InputError as error:
            raise _refusal(error, "cluster") from error
        _refuse_too_many(len(cluster.nodes), len(cluster.pods), options, limits)
        if not self.new_pods:
            return cluster, options
        new = [(name, _content(content)) for name, content in self.new_pods]
        try:
            pods = read_new_pods(new, Admission.of(cluster))
        except InputError as error:
            raise _refusal(error, "pods") from error
        options = options.model_copy(update={"manifests": tuple(pods)})
        _refuse_too_many(len(cluster.nodes), len(cluster.pods), options, limits)
        return cluster, options


def read_asked(
    name: str,
    source: Source,
    limits: Limits,
    packed_to: Path | None = None,
    *,
    watch: Watch,  # noqa: ARG001  (a worker hands one to whatever it runs)
) -> Asked:
    """Read one call.

    Parameters
    ----------
    name
        Of the call, as in the catalogue.
    packed_to
        A file to be made for the worker; None keeps what the worker takes in memory.
    watch
        Not asked: no part of this can end early.

    Raises
    ------
    Refusal
        When it cannot be read, asks for more than the limits, or for another place to anneal
        blocks than the operator's.
    """
    cluster, options = source.read(CALLS[name], limits)
    options = _on_runner(_within(options, limits.seconds), limits.block_runner)
    if not limits.allow_paid:
        options = options.without_consent()
    packed: bytes | Path = pickle.dumps((cluster, options), pickle.HIGHEST_PROTOCOL)
    if packed_to is not None:
        assert isinstance(packed, bytes)
        packed_to.write_bytes(packed)
        packed = packed_to
    solver = options.solver
    return Asked(
        name, solver.shown_name, solver.consent, _expected_seconds(cluster, options), packed
    )


def read_json(kind: type[Model], text: str | bytes, place: str = "") -> Model:
    """Read a model from JSON text, strictly: a number is a number, a key is said once.

    Not from Python values, as FastAPI does: there ``"5"`` and ``true`` pass for numbers.

    Raises
    ------
    Refusal
        A 422 that names the fields; where none is to blame, `place` or the body.
    """
    try:
        read = kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise refusal_of(error, place) from error
    try:
        json.loads(text, object_pairs_hook=_each_once)
    except _SaidTwiceError as error:
        sentence = f"the key {str(error)[:100]!r} is there twice in one object; say it once"
        raise Refusal(422, sentence, FieldError(field=place or "body", message=sentence)) from error
    return read


class _SaidTwiceError(ValueError):
    """A key that an object has twice."""


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        for key, _ in pairs:
            if key not in keys:
                raise _SaidTwiceError(key)
            del keys[key]


def _content(content: bytes | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def _refusal(error: InputError, field: str) -> Refusal:
    return Refusal(422, str(error), FieldError(field=field, message=error.message))


def _refuse_too_many(nodes: int, pods: int, options: Options, limits: Limits) -> None:
    new_nodes, new_pods = options.brings
    for field, count, most in (
        ("nodes", nodes + new_nodes, limits.max_nodes),
        ("pods", pods + new_pods, limits.max_pods),
    ):
        if count > most:
            sentence = f"{count} {field}; at most {most} are accepted here"
            raise Refusal(422, sentence, FieldError(field=field, message=sentence))


def _within(options: Options, seconds: float) -> Options:
    """Hold a solve's own clock within what the call may take; refuse what was asked beyond that.

    The default means the same whether it is said or not.
    """
    held = options.within(seconds)
    if held is not options and options.solver.time_limit_s != SolverParams().time_limit_s:
        sentence = (
            f"{options.solver.time_limit_s:g} s is more than the {held.solver.time_limit_s:.3g} s "
            "a solve may take here; ask for less, or for a job with the header "
            "`Prefer: respond-async`"
        )
        raise Refusal(422, sentence, FieldError(field="solver.time_limit_s", message=sentence))
    return held


def _on_runner(options: Options, runner: BlockRunner) -> Options:
    """The same, its blocks annealed where the operator says: dask may be other machines."""
    asked = options.solver.hybrid.block_runner
    if asked not in (BlockRunner.THREADS, runner):
        sentence = (
            f"block_runner {asked.value} is not for callers to choose: the service's operator "
            f"decides where blocks are annealed (KYTOS_BLOCK_RUNNER, here {runner.value})"
        )
        raise Refusal(
            422, sentence, FieldError(field="solver.hybrid.block_runner", message=sentence)
        )
    solver = options.solver.with_hybrid(block_runner=runner)
    return options.model_copy(update={"solver": solver})


def _expected_seconds(cluster: Cluster, options: Options) -> float:
    asked, usual = options.solver, SolverParams()
    work = asked.num_reads * asked.num_sweeps / (usual.num_reads * usual.num_sweeps)
    annealing = max(1.0, work) * len(cluster.pods) / PODS_PER_SECOND
    refining = (asked.refine_proposals or 0) / PROPOSALS_PER_SECOND
    if not isinstance(asked.effort, Effort):
        refining += asked.effort
    return options.solves * min(asked.time_limit_s, annealing + refining)

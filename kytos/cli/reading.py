"""What a command is given, read: the cluster's files and the options as JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kytos.cluster import Cluster, Pod
from kytos.contract.watch import READING, Report, say_nothing
from kytos.errors import InputError, SourceError, first_problem
from kytos.rules.quotas import quota_refusals, refused_by_quota
from kytos.settings import UseSettings
from kytos.sources.admission import Admission
from kytos.sources.documents import HEAD, begins_as_json, longest_file, read_documents
from kytos.sources.json_stream import FileContent, Tell, tell_nobody
from kytos.sources.packed import is_page
from kytos.sources.prices import PriceTable, prices_of
from kytos.sources.snapshot import Snapshot, cluster_of, snapshot_bytes
from kytos.sources.templates import read_new_pods as pods_of_files
from kytos.sources.usage.attach import read_with_usage, with_usage
from kytos.sources.usage.read import read_usage
from kytos.usage import Usage

STANDARD_INPUT = "-"

PARSING = 0.5
"""Of the reading of a long file, done when it has been parsed; objects are made of it then."""

READ_WHOLE = 4 * 2**20
"""Bytes up to which a file is read at once."""

_DECIMAL = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"

SomeOptions = TypeVar("SomeOptions", bound=BaseModel)


def read_files(
    paths: Sequence[Path],
    prices: PriceTable | None = None,
    usage: Sequence[Path] = (),
    *,
    nodes_needed: bool = True,
    report: Report = say_nothing,
) -> Cluster:
    """Read one cluster from files, ``-`` being standard input; the rest as in `read_cluster`.

    Parameters
    ----------
    usage
        Files of what its pods really use; they may be among those of the cluster as well.
    report
        Who is told how far it is: long files of JSON as they are read, manifests as they become
        a cluster's pods.

    Raises
    ------
    SourceError
        When a file cannot be read, or what it holds is no cluster.
    """
    cluster_files = _with_folders(paths, lambda share: report(READING, PARSING * share, None))
    name, first = cluster_files[0] if len(cluster_files) == 1 else ("", b"")
    if isinstance(first, bytes) and not usage and is_page(first):
        return _of_handout(name, first)
    given = [path for path in usage if path not in paths]
    content = dict(cluster_files)
    both = [(_name(path), content[_name(path)]) for path in usage if path in paths]
    return read_with_usage(
        cluster_files,
        [*_with_folders(given), *both],
        prices=prices,
        nodes_needed=nodes_needed,
        tell=lambda share: report(READING, PARSING + (1 - PARSING) * share, None),
    )


def _of_handout(name: str, content: bytes) -> Cluster:
    from kytos.calls.handout import read_handout  # loads the solvers

    scenario = read_handout(content, name).scenario
    assert scenario is not None
    assert scenario.cluster is not None
    return scenario.cluster


def read_context(
    context: str,
    prices: PriceTable | None = None,
    usage: Sequence[Path] = (),
    *,
    metrics: bool = False,
) -> Cluster:
    """Read the live cluster of a kubeconfig context; `prices` and `usage` as in `read_files`.

    Parameters
    ----------
    metrics
        Whether to ask metrics-server what its pods use.

    Raises
    ------
    SourceError
        When the context is not there or its server cannot be read.
    """
    cluster = cluster_of(_read_snapshot(context, metrics=metrics), prices)
    return with_usage(cluster, read_usage(_with_folders(usage))) if usage else cluster


def read_live_use(url: str, days: float | None = None, step_s: float | None = None) -> Usage:
    """Ask a Prometheus server what pods use, telling on a terminal how far it is.

    A bearer token is taken from the environment alone (``KYTOS_PROMETHEUS_TOKEN``): a command line
    is read by others.

    Raises
    ------
    SourceError
        When it cannot be reached or refuses.
    """
    from kytos.sources.usage.prometheus_live import read_prometheus, window_of

    def tell(name: str, share: float) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rPrometheus: {name} {share:.0%}   " + "\n" * (share >= 1))
            sys.stderr.flush()

    secret = UseSettings.from_environment().prometheus_token
    token = None if secret is None else secret.get_secret_value()
    return read_prometheus(url, window_of(days, step_s), token=token, progress=tell)


def read_saved(context: str | None) -> str:
    """Read a live cluster as the text of a file that `read_files` reads.

    Parameters
    ----------
    context
        By default the kubeconfig's current one.

    Raises
    ------
    SourceError
        When the context is not there or its server cannot be read.
    """
    return snapshot_bytes(_read_snapshot(context)).decode()


def with_pods(cluster: Cluster, given: Sequence[str]) -> tuple[Cluster, list[str]]:
    """Add the pods of files to a cluster, waiting, and tell the ids of all pods asked about.

    Parameters
    ----------
    given
        Files of pods, and ids of pods of the cluster. A pod of a file takes the place of the
        cluster's pod of that name.

    Raises
    ------
    SourceError
        When one is neither, or a file cannot be read.
    """
    asked: dict[str, Pod | None] = {}
    for word in given:
        if word in cluster.pod_index:
            asked[word] = None
        elif word == STANDARD_INPUT or _is_file(word):
            path = Path(word)
            for pod in pods_of_files([(_name(path), content_of(path))], Admission.of(cluster)):
                asked[pod.id] = pod.model_copy(update={"node": None})
        else:
            raise SourceError(
                f"there is no file and no pod {word!r}; pods are named namespace/name", "pods"
            )
    new = {name: pod for name, pod in asked.items() if pod is not None}
    refusals = quota_refusals(cluster, new.values(), one_by_one=True)
    new = {name: refused_by_quota(pod, refusals) for name, pod in new.items()}
    others = [pod for pod in cluster.pods if pod.id not in new]
    return cluster.replace(pods=(*others, *new.values())), list(asked)


def read_new_pods(cluster: Cluster, paths: Sequence[Path]) -> tuple[Pod, ...]:
    """Read the pods of files of pods, to be placed in a cluster.

    Raises
    ------
    SourceError
        When a file cannot be read, or holds something else.
    """
    return pods_of_files([(_name(path), content_of(path)) for path in paths], Admission.of(cluster))


def read_options(kind: type[SomeOptions], file: Path | None, given: dict[str, Any]) -> SomeOptions:
    """Read a call's options from a file, those given on the command line winning.

    Raises
    ------
    SourceError
        Naming the option that is not accepted.
    """
    content: dict[str, Any] = {}
    if file is not None:
        documents = read_documents(content_of(file), _name(file))
        if len(documents) != 1 or not isinstance(documents[0], dict):
            raise SourceError("expected one object of options", _name(file))
        content = documents[0]
    try:
        # As JSON text, as the service reads it: there "5" is no number.
        return kind.model_validate_json(json.dumps(_merged(content, given)), strict=True)
    except ValidationError as error:
        raise first_problem(error) from error


def read_own_prices(path: Path) -> list[dict[str, Any]]:
    """Read a price table as what a fleet's types really cost, in the HTTP contract's words.

    Raises
    ------
    SourceError
        When the file cannot be read, naming the line.
    """
    return [
        {"instance_type": name, "capacity_type": capacity, "price_per_hour": price}
        for (name, capacity), price in prices_of(path).items()
    ]


def read_types(file: Path) -> dict[str, Any]:
    """Read what can be bought as options of a fleet.

    A list of types or an object with ``types`` (or a placement's ``node_shapes``); entries with
    ``offerings`` are taken for those of Karpenter's kwok provider.

    Raises
    ------
    SourceError
        When it is neither.
    """
    listed: Any = read_documents(content_of(file), _name(file))
    if len(listed) == 1 and isinstance(listed[0], dict):
        whole = listed[0]
        listed = whole.get("types", whole.get("node_shapes", [whole]))
    elif len(listed) == 1 and isinstance(listed[0], list):
        listed = listed[0]
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SourceError("expected a list of types, each an object", _name(file))
    kwok = [one for one in listed if "offerings" in one]
    own = [one for one in listed if "offerings" not in one]
    return {"types": own} | ({"kwok_types": kwok} if kwok else {})


def service_rate(words: str) -> dict[str, Any]:
    """Read ``name=rate/target`` as the contract's fields of a service.

    Raises
    ------
    InputError
        When it is not that.
    """
    rate = re.fullmatch(rf"(.+)=({_DECIMAL})/({_DECIMAL})", words)
    if rate is None:
        raise InputError(
            f"{words!r} is no service; give its name, rate and target rate of one replica, such "
            "as shop/web=450/100"
        )
    return {"id": rate[1], "request_rate": float(rate[2]), "target_rate": float(rate[3])}


def _read_snapshot(context: str | None, *, metrics: bool = False) -> Snapshot:
    # The client is large: only those who read a live cluster wait for it.
    from kytos.kube.live import read_snapshot

    return read_snapshot(context, metrics=metrics)


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except OSError:  # no name that a file could have
        return False


def _name(path: Path) -> str:
    return "standard input" if str(path) == STANDARD_INPUT else path.name


def content_of(path: Path) -> bytes:
    """Return what a file holds, or standard input.

    Raises
    ------
    SourceError
        When it cannot be read.
    """
    most = longest_file()
    try:
        if str(path) == STANDARD_INPUT:
            return sys.stdin.buffer.read(most + 1)
        size = path.stat().st_size
        if size > most:
            raise SourceError(
                f"is {size / 2**20:,.0f} MiB long; at most {most / 2**20:,.0f} MiB are read. Raise "
                "KYTOS_MAX_FILE_MIB",
                str(path),
            )
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", str(path)) from error


def _content(path: Path, tell: Tell = tell_nobody) -> bytes | FileContent:
    """What a file holds; of a long one of JSON only where it is, to be read piece by piece."""
    try:
        file = FileContent.of(path) if path.is_file() else None
        if file and READ_WHOLE < len(file) <= longest_file() and begins_as_json(file.head(HEAD)):
            return replace(file, tell=tell)
    except OSError:
        pass  # said where it is read
    return content_of(path)


def _with_folders(
    paths: Sequence[Path], tell: Tell = tell_nobody
) -> list[tuple[str, bytes | FileContent]]:
    """The files, and of folders the JSON and YAML files in them, named by where they lie."""
    sources: list[tuple[str, bytes | FileContent]] = []
    for path in paths:
        if not path.is_dir():
            sources.append((_name(path), _content(path, tell)))
            continue
        inside = sorted(
            file for ending in ("json", "yaml", "yml") for file in path.rglob(f"*.{ending}")
        )
        if not inside:
            raise SourceError("is a folder without JSON or YAML files", str(path))
        sources += [(file.relative_to(path.parent).as_posix(), _content(file)) for file in inside]
    return sources


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two nested objects as one; what is None above was not given."""
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict):
            inner = merged.get(key)
            merged[key] = _merged(inner if isinstance(inner, dict) else {}, value)
            if not merged[key]:
                del merged[key]
        elif value is not None:
            merged[key] = value
    return merged

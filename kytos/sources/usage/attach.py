"""A cluster and what its pods really use, read together from whatever files are given."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kytos.cluster import Cluster
from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.archives import unpacked
from kytos.sources.documents import Content, longest_file, read_documents
from kytos.sources.json_stream import FileContent, Tell, tell_nobody
from kytos.sources.manifests import read_cluster
from kytos.sources.prices import PriceTable
from kytos.sources.usage.krr import is_krr
from kytos.sources.usage.kubernetes_usage import (
    POD_METRICS,
    VERTICAL_POD_AUTOSCALER,
    objects_of,
)
from kytos.sources.usage.prometheus import is_prometheus
from kytos.sources.usage.read import read_usage
from kytos.usage import Usage

File = tuple[str, Content]

_MARKS = tuple(f'{kind}"'.encode() for kind in (POD_METRICS, VERTICAL_POD_AUTOSCALER)) + tuple(
    f"kind: {kind}".encode()
    for kind in (POD_METRICS, f"{POD_METRICS}List", VERTICAL_POD_AUTOSCALER)
)
_LIST_MARK = f'{POD_METRICS}List"'.encode()
_KRR_MARK = b'"scans"'
_BODY_MARK = b"cpu_capacity"
"""In every node of a plain body."""
_HEAD = 4096


def read_with_usage(
    files: Sequence[File],
    usage_files: Sequence[File] = (),
    prices: PriceTable | None = None,
    max_bytes: int | None = None,
    *,
    nodes_needed: bool = True,
    tell: Tell = tell_nobody,
) -> Cluster:
    """Read a cluster, and the use of its pods where any of the files tells it.

    Parameters
    ----------
    files
        As `read_cluster` takes them; files of use among them are known by their shape.
    usage_files
        Files of use, which have to be that.
    prices, max_bytes, nodes_needed, tell
        As `read_cluster` takes them.

    Raises
    ------
    SourceError
        Naming the file that cannot be read.
    """
    most = longest_file() if max_bytes is None else max_bytes
    of_cluster: list[File] = []
    among: list[tuple[str, bytes | FileContent]] = []
    for name, content in files:
        only_use = True
        for part in unpacked([(name, content)], most):
            raw = _bytes(part.content)
            use = is_prometheus(_head(raw)) or _is_krr(raw, part.name, most)
            if use or _holds(raw, (_LIST_MARK, *_MARKS)):
                among.append((part.name, raw))
            only_use &= use
        if not only_use:
            of_cluster.append((name, content))
    if any(_holds(content, (_BODY_MARK,)) for _, content in files):
        # A plain body stands alone; beside Kubernetes objects autoscalers read PodMetrics too.
        told = {name for name, _ in among}
        of_cluster = [
            (name, content)
            for name, content in of_cluster
            if name not in told or _holds(content, (_BODY_MARK,))
        ]
    if files and not of_cluster:
        raise SourceError(
            said(
                "tell of use only; give the cluster's own file too (kubectl get nodes,pods,... -A "
                "-o json)"
            ),
            ", ".join(name for name, _ in files),
        )
    cluster = read_cluster(
        of_cluster, prices=prices, max_bytes=max_bytes, nodes_needed=nodes_needed, tell=tell
    )
    given = [(name, _bytes(content)) for name, content in usage_files]
    usage = read_usage(given, most)
    if among:
        read = read_usage([*given, *among], most, passing_over={name for name, _ in among})
        # What stands in the cluster's own file counts only where it says something of pods.
        usage = read if read.containers or read.recommendations or given else Usage()
    given_any = given or usage.containers or usage.recommendations
    return with_usage(cluster, usage) if given_any else cluster


def use_alone(files: Sequence[File], max_bytes: int | None = None) -> Usage | None:
    """Return the use that files tell, None where they hold anything else as well.

    Raises
    ------
    SourceError
        Naming the file that cannot be read.
    """
    most = longest_file() if max_bytes is None else max_bytes
    parts = [
        (part.name, _bytes(part.content))
        for name, content in files
        for part in unpacked([(name, content)], most)
    ]
    for name, raw in parts:
        if is_prometheus(_head(raw)):
            continue
        for document in read_documents(raw, name, most):
            kinds = {str(item.get("kind")) for item in objects_of(document)}
            if not is_krr(document) and not kinds <= {POD_METRICS, VERTICAL_POD_AUTOSCALER}:
                return None
    return read_usage(parts, most)


def usage_of_documents(documents: Sequence[Any], field: str = "usage") -> Usage:
    """Read documents of use that were sent as JSON.

    Raises
    ------
    SourceError
        Naming the document by its place in the field.
    """
    return read_usage(
        (f"{field}[{at}]", json.dumps(document).encode()) for at, document in enumerate(documents)
    )


def with_usage(cluster: Cluster, usage: Usage) -> Cluster:
    """Return the cluster with what its pods really use, beside what its own objects recommend.

    Pods of a plain body have names without a namespace: there a pod's use is found by its name
    alone, if only one namespace has such a pod.
    """
    plain = Counter(pod.partition("/")[2] for pod in usage.pods)
    renamed = {
        pod: name
        for pod in usage.pods
        if pod not in cluster.pod_index
        and (name := pod.partition("/")[2]) in cluster.pod_index
        and plain[name] == 1
    }
    if renamed:
        usage = replace(
            usage,
            containers=tuple(
                (renamed.get(pod, pod), container) for pod, container in usage.containers
            ),
            oom_kills={
                (renamed.get(pod, pod), container): kills
                for (pod, container), kills in usage.oom_kills.items()
            },
        )
    own = () if cluster.usage is None else cluster.usage.recommendations
    new = tuple(one for one in own if one not in usage.recommendations)
    if new:
        usage = replace(usage, recommendations=(*usage.recommendations, *new))
    return cluster.replace(usage=usage)


def _bytes(content: Content) -> bytes | FileContent:
    return content.encode() if isinstance(content, str) else content


def _head(content: bytes | FileContent) -> bytes:
    return content.head(_HEAD) if isinstance(content, FileContent) else content[:_HEAD]


def _holds(content: Content, marks: tuple[bytes, ...]) -> bool:
    raw = _bytes(content)
    if isinstance(raw, FileContent):
        return raw.holds(marks)
    return any(mark in raw for mark in marks)


def _is_krr(content: bytes | FileContent, name: str, most: int) -> bool:
    if not _holds(content, (_KRR_MARK,)):
        return False
    try:
        return all(is_krr(document) for document in read_documents(content, name, most))
    except SourceError:
        return False

"""Kubernetes manifests, as kubectl prints them, read into one Cluster."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kytos.cluster import Cluster, Pod
from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.admission import UNKNOWN, Admission, admitted
from kytos.sources.archives import Part, unpacked
from kytos.sources.assembly import NOT_OF_A_CLUSTER, assemble
from kytos.sources.body import is_body, merged_body, pods_from_body, read_body
from kytos.sources.documents import Content, longest_file, read_documents
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.json_stream import Tell, tell_nobody
from kytos.sources.mending import read_all
from kytos.sources.objects import Item, single_objects, sort_by_kind
from kytos.sources.pod_objects import Context, read_pod
from kytos.sources.prices import PriceTable
from kytos.sources.slimming import Slimmer


def read_cluster(
    sources: Sequence[tuple[str, Content]],
    name: str | None = None,
    prices: PriceTable | None = None,
    max_bytes: int | None = None,
    *,
    nodes_needed: bool = True,
    tell: Tell = tell_nobody,
) -> Cluster:
    """Read one cluster from one or several files together.

    Parameters
    ----------
    sources
        ``(file name, content)``: lists or single objects as ``kubectl get -o json|yaml`` prints
        them, multi-document YAML, JSON Lines, or the plain request body (lists ``nodes`` and
        ``pods``, see `kytos.sources.body`).
    name
        The cluster's name; by default the first file's, without its ending.
    prices
        As `with_prices` takes them.
    max_bytes
        Of one file, and of what one archive unpacks to; by default ``KYTOS_MAX_FILE_MIB``.
    nodes_needed
        False reads pods without any node as well: which nodes they need may be the question.
    tell
        Who is told of what share of the pods in manifests the cluster has been made; how much of a
        file has been read its `kytos.sources.json_stream.FileContent` tells.

    Raises
    ------
    SourceError
        Naming the file, object and field that cannot be read.

    Examples
    --------
    >>> body = '''
    ... {"nodes": [{"id": "n1", "cpu_capacity": 4000, "mem_capacity": 16000}],
    ...  "pods": [{"id": "web", "cpu_request": 500, "mem_request": 1024, "current_node": "n1"}]}
    ... '''
    >>> cluster = read_cluster([('lab.json', body)])
    >>> cluster.name, len(cluster.nodes), cluster.pods[0].requests['cpu']
    ('lab', 1, 500)
    """
    with _collector_paused():
        faults, slim = Faults(), Slimmer()
        limit = longest_file() if max_bytes is None else max_bytes
        documents: list[Item] = []
        archived: list[Item] = []
        for part in unpacked(sources, limit):
            if part.member:
                archived += _of_member(part, limit, faults)
            else:
                documents += [
                    (part.name, document)
                    for document in read_documents(part.content, part.name, limit, slim)
                ]
        if not documents and not archived:
            raise SourceError(said("no file was given; expected at least one with nodes and pods"))
        name = name or _stem(sources[0][0])
        if any(is_body(document) for _, document in documents):
            return read_body(merged_body(documents), name, prices, nodes_needed=nodes_needed)
        objects = [*single_objects(documents, faults), *archived]
        return assemble(objects, name, prices, faults, nodes_needed=nodes_needed, tell=tell)


def _of_member(part: Part, limit: int, faults: Faults) -> list[Item]:
    """The objects in one file of an archive; what is none of a cluster's is passed over."""
    inner = Faults()
    try:
        documents = read_documents(part.content, part.name, limit)
        items = single_objects([(part.name, document) for document in documents], inner)
    except SourceError as error:
        inner.leave_out(error)
        items = []
    if inner.first is not None:
        faults.remark("files of an archive that hold no objects read here", part.name)
    return [(where, item) for where, item in items if item.get("kind") not in NOT_OF_A_CLUSTER]


def cluster_from_objects(
    objects: Iterable[Mapping[str, Any]],
    name: str = "cluster",
    prices: PriceTable | None = None,
) -> Cluster:
    """Build a cluster from parsed Kubernetes objects, each with its ``kind``, or Lists of them.

    Raises
    ------
    SourceError
        Naming the object and field that cannot be read.
    """
    faults = Faults()
    items = single_objects([("", document) for document in objects], faults)
    return assemble(items, name, prices, faults)


def read_pods(
    sources: Sequence[tuple[str, bytes | str]], admission: Admission = UNKNOWN
) -> tuple[Pod, ...]:
    """Read pods that a cluster does not have yet, from the same kinds of files as a cluster.

    Parameters
    ----------
    sources
        ``(file name, content)``: Kubernetes Pods, or request bodies with a list ``pods``.
    admission
        What the cluster's API server would make of them; a pod it would not store says so
        (`Pod.refused`).

    Raises
    ------
    SourceError
        Naming what is no pod, the field that cannot be read, or a class the cluster lacks.
    """
    documents = [
        (where, document)
        for where, content in sources
        for document in read_documents(content, where)
    ]
    if any(is_body(document) for _, document in documents):
        return pods_from_body(merged_body(documents))
    faults = Faults(strict=True)
    by_kind = sort_by_kind(single_objects(documents, faults), faults)
    if other := sorted(by_kind.keys() - {"Pod"}):
        raise SourceError(said(f"expected Pods, found {other[0]} objects"), sources[0][0])
    context = Context(classes=admission.classes, admits=True)

    def read(item: Fields) -> Pod:
        stored, refusal = admitted(item.value, admission)
        pod = read_pod(Fields(stored, item.path), context)
        return pod.model_copy(update={"refused": refusal}) if refusal else pod

    return tuple(read_all(by_kind["Pod"], read, faults))


def pod_from_object(manifest: Mapping[str, Any]) -> Pod:
    """Read one stored Pod by itself: its controllers are followed no further than it names them.

    Raises
    ------
    SourceError
        Naming the field that cannot be read.
    """
    items = [Fields(manifest, "Pod")]
    return read_all(items, lambda item: read_pod(item, Context()), Faults(strict=True))[0]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector from going through a growing cluster again and again.

    Nothing that is read refers back to itself; for 20,000 pods the collector took a third of the
    time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stem(file_name: str) -> str:
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return base.split(".", 1)[0] or "cluster"

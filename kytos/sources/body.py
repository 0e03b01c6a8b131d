"""The plain request body: two lists, nodes and pods, in millicores and MiB."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from kytos.cluster import Cluster, Note, Pod
from kytos.errors import SourceError, first_problem
from kytos.language import said
from kytos.plain import Plain, PlainNode, PlainPod, node_of, pod_of
from kytos.sources.prices import PriceTable, with_prices
from kytos.sources.quantities import check_totals


class ClusterBody(Plain):
    """The cluster part of every request: its nodes and its pods."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "nodes": [
                        {"id": "node-1", "cpu_capacity": 4000, "mem_capacity": 16000},
                        {"id": "node-2", "cpu_capacity": 4000, "mem_capacity": 16000},
                    ],
                    "pods": [
                        {
                            "id": "pod-a",
                            "cpu_request": 500,
                            "mem_request": 1024,
                            "current_node": "node-1",
                        }
                    ],
                }
            ]
        },
    )

    nodes: Annotated[tuple[PlainNode, ...], Field(min_length=1)]
    pods: tuple[PlainPod, ...] = ()
    usage: tuple[dict[str, Any], ...] = Field(
        default=(),
        description="What pods really use: PodMetrics, answers of Prometheus' query_range, "
        "VerticalPodAutoscalers or krr's JSON",
    )

    def homeless(self) -> tuple[str, ...]:
        """Ids of the pods whose `current_node` is not among the nodes."""
        known = {node.id for node in self.nodes}
        return tuple(
            pod.id
            for pod in self.pods
            if pod.current_node is not None and pod.current_node not in known
        )


class PodsAndNodesBody(ClusterBody):
    """The cluster part of a request that can do without nodes: all may have to be bought."""

    nodes: tuple[PlainNode, ...] = ()


class _PodsBody(Plain):
    """Pods alone, to be asked about in a cluster that is read from elsewhere."""

    pods: tuple[PlainPod, ...]


def read_body(
    value: Any,
    name: str = "request",
    prices: PriceTable | None = None,
    *,
    nodes_needed: bool = True,
) -> Cluster:
    """Read a parsed request body of only `nodes` and `pods`.

    Parameters
    ----------
    nodes_needed
        False lets `nodes` be empty or left out.

    Raises
    ------
    SourceError
        Naming the field, for example ``pods[3].cpu_request``.
    """
    try:
        kind = ClusterBody if nodes_needed else PodsAndNodesBody
        body = kind.model_validate(value)
    except ValidationError as error:
        raise first_problem(error) from error
    return cluster_from_body(body, name, prices=prices)


def is_body(document: Any) -> bool:
    """Whether a parsed document is a request body rather than a Kubernetes object."""
    return (
        isinstance(document, dict)
        and "kind" not in document
        and ("nodes" in document or "pods" in document)
    )


def merged_body(documents: list[tuple[str, Any]]) -> dict[str, Any]:
    """One request body of all ``(where, document)`` given.

    Other fields are kept, to be refused by name.

    Raises
    ------
    SourceError
        When one of them is no request body.
    """
    merged: dict[str, Any] = {}
    for where, document in documents:
        if not is_body(document):
            raise SourceError(
                said(
                    "holds no `nodes` and `pods` lists, as the other files do; "
                    "give either request bodies or Kubernetes objects, not both"
                ),
                where,
            )
        for key, value in document.items():
            both_lists = isinstance(value, list) and isinstance(merged.get(key), list)
            merged[key] = merged[key] + value if both_lists else value
    return merged


def pods_from_body(value: Any) -> tuple[Pod, ...]:
    """Read the pods of a parsed request body that has no more than them.

    Raises
    ------
    SourceError
        Naming the field, for example ``pods[3].cpu_request``.
    """
    try:
        body = _PodsBody.model_validate(value)
    except ValidationError as error:
        raise first_problem(error) from error
    return tuple(pod_of(pod, f"pods[{i}]") for i, pod in enumerate(body.pods))


def cluster_from_body(
    body: ClusterBody,
    name: str = "request",
    *,
    evacuate_unknown: bool = False,
    prices: PriceTable | None = None,
) -> Cluster:
    """Convert a request body to a Cluster in canonical units.

    Requests are rounded up and capacities down to whole millicores and bytes.

    Parameters
    ----------
    body
        The request's cluster part; subclasses with more fields will do.
    name
        The cluster's name.
    evacuate_unknown
        Let a pod on a node that is not listed be without a node (`Pod.lost`; `ClusterBody.homeless`
        and a Note tell which) instead of refusing it.
    prices
        As `with_prices` takes them.

    Raises
    ------
    SourceError
        When an id occurs twice, a node is unknown, or two fields contradict each other.
    """
    _refuse_repeats("nodes", [node.id for node in body.nodes])
    _refuse_repeats("pods", [pod.id for pod in body.pods])
    homeless = body.homeless()
    if homeless and not evacuate_unknown:
        position = next(i for i, pod in enumerate(body.pods) if pod.id == homeless[0])
        raise SourceError(
            said(
                f"there is no node {body.pods[position].current_node!r} among the nodes; add it, "
                "or leave current_node out if the pod runs nowhere"
            ),
            f"pods[{position}].current_node",
        )
    lost = frozenset(homeless)
    cluster = Cluster(
        name=name,
        nodes=tuple(node_of(node, f"nodes[{i}]") for i, node in enumerate(body.nodes)),
        pods=tuple(
            pod_of(pod, f"pods[{i}]", lost=pod.id in lost) for i, pod in enumerate(body.pods)
        ),
        notes=(
            Note(
                message=said("pods whose node is not listed: they need a new one"),
                subjects=homeless[:3],
                count=len(homeless),
            ),
        )
        if homeless
        else (),
    )
    check_totals(cluster)
    return with_prices(cluster, prices)


def _refuse_repeats(field: str, ids: list[str]) -> None:
    first_seen: dict[str, int] = {}
    for position, identifier in enumerate(ids):
        if identifier in first_seen:
            raise SourceError(
                said(
                    f"{identifier!r} is named twice (first as {field}[{first_seen[identifier]}]); "
                    "each id must be its own"
                ),
                f"{field}[{position}].id",
            )
        first_seen[identifier] = position

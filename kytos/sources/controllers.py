"""What a cluster's controllers and autoscalers say of the pods that they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kytos.cluster import Autoscaler, Owner, Pod
from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.autoscalers import (
    read_autoscaler,
    read_usage,
    remark_odd_metrics,
    with_usage_and_services,
)
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.mending import read_all
from kytos.sources.metadata import namespace_of
from kytos.sources.objects import Sorted
from kytos.sources.owners import CONTROLLERS, controller_of
from kytos.sources.pod_objects import Context, read_pod
from kytos.sources.start_up import whole_seconds
from kytos.sources.usage.kubernetes_usage import VERTICAL_POD_AUTOSCALER, read_recommendations
from kytos.usage import Recommendation

RECOMMENDERS = frozenset({VERTICAL_POD_AUTOSCALER, f"{VERTICAL_POD_AUTOSCALER}.autoscaling.k8s.io"})


def read_recommended(by_kind: Sorted, faults: Faults) -> tuple[Recommendation, ...]:
    """What VerticalPodAutoscalers would have containers request; those yet without are named."""
    told: list[Recommendation] = []
    for kind in sorted(RECOMMENDERS):
        for item in by_kind.get(kind, ()):
            try:
                own = list(read_recommendations(item.value, item.path))
            except SourceError as error:
                faults.leave_out(error)
                continue
            told += own
            if not own:
                faults.remark(
                    said("VerticalPodAutoscalers that recommend nothing yet"),
                    item.object("metadata").text("name"),
                )
    return tuple(told)


def daemon_pod(item: Fields, context: Context) -> Pod:
    """A pod of a DaemonSet by its template; its parts are checked as any pod's are."""
    metadata, template = item.object("metadata"), item.object("spec").object("template")
    name, namespace = metadata.text("name"), namespace_of(item)
    owner = {"kind": "DaemonSet", "name": name, "apiVersion": "apps/v1", "controller": True}
    pod = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": template.object("metadata").labels("labels"),
            "ownerReferences": [owner],
        },
        "spec": template.object("spec").value,
    }
    return read_pod(Fields(pod, item.path), context)


def controllers_by_name(
    by_kind: Mapping[str, list[Fields]],
) -> dict[tuple[str, str, str], Owner | None]:
    """Each controller's own controller, by namespace, kind and name."""
    return {
        (namespace_of(item), kind, item.object("metadata").text("name")): controller_of(
            item.object("metadata")
        )
        for kind in CONTROLLERS
        for item in by_kind.get(kind, ())
    }


def least_ready(by_kind: Mapping[str, list[Fields]]) -> dict[tuple[str, str, str], int]:
    """``minReadySeconds`` of the controllers that ask for any."""
    return {
        (namespace_of(item), kind, item.object("metadata").text("name")): seconds
        for kind in CONTROLLERS
        for item in by_kind.get(kind, ())
        if isinstance(spec := item.value.get("spec"), dict)
        and (seconds := whole_seconds(spec.get("minReadySeconds")))
    }


def read_autoscalers(
    by_kind: Mapping[str, list[Fields]], pods: Sequence[Pod], faults: Faults
) -> tuple[Autoscaler, ...]:
    """HorizontalPodAutoscalers, with what their services use now."""
    items = by_kind.get("HorizontalPodAutoscaler", [])
    autoscalers = read_all(items, read_autoscaler, faults)
    usage = read_usage(by_kind.get("PodMetrics.metrics.k8s.io", ()), faults)
    remark_odd_metrics(autoscalers, items, faults)
    return with_usage_and_services(autoscalers, pods, usage)

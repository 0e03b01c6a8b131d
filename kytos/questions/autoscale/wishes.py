"""The new replicas that a service wants: as many as are called for, each like its others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from kytos.cluster import CPU, MEMORY, Phase, Pod
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.plain import MIB
from kytos.questions.autoscale.request import ServiceRate
from kytos.questions.parts.decimals import as_written


@dataclass(frozen=True)
class Wish:
    """A service that wants more replicas.

    Attributes
    ----------
    current, least, desired
        Counts; `desired` is the largest. Up to `least` they are wanted whatever demand is worth.
    pods
        The new replicas, all alike.
    """

    service: str
    priority: int
    current: int
    least: int
    desired: int
    pods: tuple[Pod, ...]


def wish_of(
    service: ServiceRate, own: Sequence[Pod], have: int, want: int, taken: set[str], path: str
) -> Wish:
    """Return the new replicas of a service: as its listed ones, but for what the request says.

    Parameters
    ----------
    own
        Its listed replicas.
    taken
        Ids of pods; those of the new ones are added.
    path
        Of the service in the request.

    Raises
    ------
    RequestRefused
        When nothing tells what a replica requests.
    """
    model = min(own, key=lambda pod: pod.id, default=None)
    requests = {} if model is None else dict(model.requests)
    for field, given, name, unit in (
        ("cpu_request", service.cpu_request, CPU, 1),
        ("mem_request", service.mem_request, MEMORY, MIB),
    ):
        if given is not None:
            requests[name] = ceil(as_written(given) * unit)
        elif model is None:
            raise RequestRefused(
                said(
                    f"is missing, and no pod of service {service.id!r} is listed to tell it; "
                    "give it"
                ),
                f"{path}.{field}",
            )
    priority = service.priority
    if priority is None:
        priority = 0 if model is None else model.priority
    pods = []
    for name in _fresh(service.id, taken, want - have):
        fresh: dict[str, Any] = {
            "id": name,
            "name": name.rsplit("/", 1)[-1],
            "node": None,
            "phase": Phase.PENDING,
            "ready": False,
            "held": None,
            "requests": requests,
            "priority": priority,
            "service": service.id,
        }
        if model is None:
            pods.append(Pod.model_validate(fresh))
            continue
        if model.owner is not None and model.owner.kind == "StatefulSet":
            fresh["claims"] = ()  # each replica gets claims of its own, still to be made
        pods.append(model.model_copy(update=fresh))
    return Wish(service.id, priority, have, service.min_replicas, want, tuple(pods))


def _fresh(service: str, taken: set[str], count: int) -> list[str]:
    names: list[str] = []
    number = 0
    while len(names) < count:
        number += 1
        name = f"{service}-new-{number}"
        if name not in taken:
            names.append(name)
    taken.update(names)
    return names

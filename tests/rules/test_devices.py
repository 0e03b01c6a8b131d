"""Devices: what structured parameters say, and what is named as not judged."""

from __future__ import annotations

import pytest

from kytos.cluster import (
    Cluster,
    Device,
    DeviceClass,
    DeviceRequest,
    Pod,
    PodClaim,
    ResourceClaim,
    ResourceSlice,
)
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.rules.cel import NotUnderstoodError, selects
from tests.questions.cases import QUICK
from tests.rules.small import node, pod, said

GPU = DeviceClass(name="gpu", selectors=('device.driver == "gpu.lab"',), extended_resource="x/gpu")


def device(name: str, **fields: object) -> Device:
    return Device(name=name, driver="gpu.lab", pool="p", **fields)


def on(name: str, *devices: Device) -> ResourceSlice:
    return ResourceSlice(name=name, driver="gpu.lab", pool=name, node_name=name, devices=devices)


def claims(*requests: DeviceRequest, **fields: object) -> dict[str, object]:
    """One claim template of these requests."""
    made = ResourceClaim(name="t", namespace="default", requests=requests, **fields)
    return {"claim_templates": (made,)}


def asking(name: str = "p", at: str | None = None) -> Pod:
    return pod(name, at, resource_claims=(PodClaim(name="g", template="t"),))


def cluster(*pods: Pod, **more: object) -> Cluster:
    """Nodes with no, one and two devices."""
    slices = (on("one", device("d0")), on("two", device("d0"), device("d1")))
    nodes = (node("none"), node("one"), node("two"))
    return Cluster(
        **{"nodes": nodes, "pods": pods, "device_classes": (GPU,), "resource_slices": slices} | more
    )


@pytest.mark.parametrize(("count", "fits"), [(1, {"one", "two"}), (2, {"two"}), (3, set())])
def test_a_claim_needs_as_many_free_devices(count: int, fits: set[str]) -> None:
    """On one node."""
    found = cluster(asking(), **claims(DeviceRequest(device_class="gpu", count=count)))
    assert {name for name, why in said(found, "default/p").items() if why is None} == fits


def test_what_a_claim_was_given_is_not_free() -> None:
    """Its node is where its other pod may run too."""
    held = ResourceClaim(
        name="held",
        namespace="default",
        requests=(DeviceRequest(device_class="gpu"),),
        allocated=True,
        devices=(("gpu.lab", "p", "d0"),),
    )
    found = cluster(
        asking(),
        **claims(DeviceRequest(device_class="gpu")),
        resource_claims=(held,),
        resource_slices=(on("one", device("d0")), on("two", device("d1"))),
    )
    assert {name for name, why in said(found, "default/p").items() if why is None} == {"two"}


def test_an_extended_resource_that_a_class_stands_for() -> None:
    """Counted where no device plugin lists it."""
    found = cluster(pod("p", requests={"x/gpu": 2}))
    assert {name for name, why in said(found, "default/p").items() if why is None} == {"two"}


@pytest.mark.parametrize(
    ("request_", "more"),
    [
        (DeviceRequest(device_class="gpu", selectors=("cel.bind(x, 1)",)), {}),
        (DeviceRequest(device_class="gpu", beyond="asks for a share of a device"), {}),
        (DeviceRequest(device_class="gpu"), {"beyond": "asks that its devices match"}),
    ],
)
def test_what_goes_beyond_is_not_judged_where_it_could_matter(
    request_: DeviceRequest, more: dict[str, object]
) -> None:
    """A node without a device is refused all the same, and no plan goes where nobody can say."""
    found = cluster(asking(), **claims(request_, **more))
    reasons = said(found, "default/p")
    assert not str(reasons["none"]).startswith("not judged:")
    for name in ("one", "two"):
        assert str(reasons[name]).startswith("not judged: ")
    problem = build_problem(found, found.pods, mode=LoadMode.SPREAD)
    assert problem.allowed.tolist() == [[False, False, False]]


def test_two_pods_of_a_plan_share_what_a_node_has() -> None:
    """Devices count as a resource, so one node of one device takes one of them."""
    found = cluster(asking("p-1"), asking("p-2"), **claims(DeviceRequest(device_class="gpu")))
    problem = build_problem(found, found.pods, mode=LoadMode.SPREAD)
    at = problem.resources.index("devices of class gpu")
    assert problem.capacity[:, at].tolist() == [0, 1, 2]
    assert problem.request[:, at].tolist() == [1, 1]


NIC = DeviceClass(name="nic", selectors=('device.driver == "nic.lab"',))
BIG = ('device.attributes["gpu.lab"].big',)


def cards(*names: str) -> tuple[Device, ...]:
    """Graphics cards, those whose name begins with B big ones."""
    return tuple(device(name, attributes={"big": name.startswith("B")}) for name in names)


def waiting(**kinds: DeviceRequest) -> dict[str, object]:
    """Pods by name, each with a claim of its own of one request."""
    return {
        "pods": tuple(
            pod(name, resource_claims=(PodClaim(name="g", template=name),)) for name in kinds
        ),
        "claim_templates": tuple(
            ResourceClaim(name=name, namespace="default", requests=(request,))
            for name, request in kinds.items()
        ),
    }


ANY, LARGE = (
    DeviceRequest(device_class="gpu"),
    DeviceRequest(device_class="gpu", selectors=BIG),
)
NETWORK = DeviceRequest(device_class="nic")
EVERY = DeviceRequest(device_class="gpu", all_devices=True)


@pytest.mark.parametrize(
    ("kinds", "there", "most"),
    [
        ({"p": ANY, "q": ANY}, cards("s"), 1),
        ({"p": ANY, "q": LARGE, "r": LARGE}, cards("s", "B"), 2),
        ({"p": ANY, "q": ANY, "r": LARGE}, cards("s", "B"), 2),
        ({"p": ANY, "q": ANY, "r": LARGE}, cards("s1", "s2", "B"), 3),
        ({"p": ANY, "q": NETWORK, "r": NETWORK}, cards("s", "B"), 3),
        ({"p": EVERY, "q": ANY}, cards("s", "B"), 1),
        ({"p": EVERY, "q": NETWORK}, cards("s", "B"), 2),
    ],
)
def test_pods_placed_together_share_the_devices_that_suit_them(
    kinds: dict[str, DeviceRequest], there: tuple[Device, ...], most: int
) -> None:
    """Of its class and selectors; who goes without is told what is short."""
    nics = tuple(Device(name=f"e{at}", driver="nic.lab", pool="n") for at in range(3))
    found = Cluster(
        **{
            "nodes": (node("a"), node("none")),
            "device_classes": (GPU, NIC),
            "resource_slices": (
                on("a", *there),
                ResourceSlice(name="n", driver="nic.lab", pool="n", node_name="a", devices=nics),
            ),
        }
        | waiting(**kinds)
    )
    outcome = place(found, PlacementRequest(), params=QUICK)
    assert len(outcome.placements) == most
    for left in outcome.unplaced:
        assert "1 insufficient " in left.reason or "1 cannot allocate all claims" in left.reason


DEVICE = device(
    "d",
    attributes={"model": "a100", "other.io/fast": True, "gpu.lab/cores": 8},
    capacity={"memory": 80 * 2**30},
)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("device.driver == 'gpu.lab'", True),
        ('device.attributes["gpu.lab"].model == "a100"', True),
        ('device.attributes["other.io"].fast', True),
        ('!device.attributes["other.io"].fast', False),
        ('device.attributes["gpu.lab"].cores >= 8 && device.driver != "x"', True),
        ('device.attributes["gpu.lab"].cores > 8 || device.driver == "x"', False),
        ('device.attributes["gpu.lab"].model in ["h100", "a100"]', True),
        ('device.capacity["gpu.lab"].memory.compareTo(quantity("40Gi")) >= 0', True),
        ('device.capacity["gpu.lab"].memory.isGreaterThan(quantity("80Gi"))', False),
        ('(device.driver == "x" || true) && false', False),
    ],
)
def test_selectors_that_are_understood(expression: str, holds: bool) -> None:
    """As CEL would have them."""
    assert selects(expression, DEVICE) is holds


@pytest.mark.parametrize(
    "expression",
    [
        'device.attributes["gpu.lab"].missing == "x"',
        "has(device.x)",
        "1 + 1",
        "",
        "device.driver",
        "x",
    ],
)
def test_selectors_that_are_not(expression: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(NotUnderstoodError):
        selects(expression, DEVICE)

"""New pods without a manifest, admitted as their namespace's limit ranges would."""

from __future__ import annotations

from kytos.cluster import Cluster, LimitRange, LimitRangeItem
from kytos.questions.placement.new_objects import NewPod, new_pods
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from tests.questions.small import QUICK, cluster, node


def ranged(namespace: str = "default", **bounds: dict[str, str]) -> Cluster:
    """A node of one core and 1,000 MiB under one limit range for containers."""
    item = LimitRangeItem(type="Container", **bounds)
    given = LimitRange(name="sizes", namespace=namespace, items=(item,))
    return cluster([node("a", memory=1000 * 2**20)], [], limit_ranges=(given,))


def asked(cpu: float = 200, mem: float = 64) -> NewPod:
    return NewPod(id="p", cpu_request=cpu, mem_request=mem)


def test_what_a_range_allows_is_placed_and_what_it_does_not_is_named() -> None:
    """One container asks for all of it: above the maximum it is refused, as by the API server."""
    given = ranged(max={"cpu": "300m"}, default={"cpu": "300m"})
    for cpu, node_of in ((200, ["a"]), (400, [])):
        request = PlacementRequest(new_pods=(asked(cpu),))
        outcome = place(given, request, params=QUICK)
        assert [one.node for one in outcome.placements] == node_of
    (left_out,) = outcome.unplaced
    assert "LimitRange default/sizes refuses container p: at most 300m of cpu" in left_out.reason


def test_what_it_asks_for_stands_and_defaults_fill_the_rest() -> None:
    """Its CPU and memory as given, to the byte; storage and limits as the range has them."""
    given = ranged(
        default={"cpu": "1", "memory": "1Gi"},
        default_request={"cpu": "500m", "ephemeral-storage": "1Gi"},
    )
    ((pod,),) = new_pods(given, [asked(0, 0.1)]).values()
    assert pod.requests == {"cpu": 0, "memory": 104_858, "ephemeral-storage": 2**30}
    assert pod.limits == {"cpu": 1000, "memory": 2**30}
    assert pod.refused == ""


def test_a_range_of_another_namespace_says_nothing() -> None:
    """Plain pods are in the default namespace."""
    ((pod,),) = new_pods(ranged("other", max={"cpu": "1m"}), [asked()]).values()
    assert (pod.limits, pod.refused) == ({}, "")

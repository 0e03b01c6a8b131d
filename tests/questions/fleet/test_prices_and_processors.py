"""What types of the catalogue cost by the user's own rows, and which processors they have."""

from __future__ import annotations

from typing import Any

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, NodeTerm, Pod, Requirement
from kytos.contract.params import SolverParams
from kytos.questions.fleet.fleet import FleetOutcome, fleet
from kytos.questions.fleet.offers import ARCH, offers_of, processors
from kytos.questions.fleet.request import FleetRequest
from kytos.sources.catalogue.types import instance_types

ONE = Pod(id="a", name="a", phase="Pending", requests={CPU: 500, MEMORY: 2**29})
SPOT = {"instance_type": "m5.large", "capacity_type": "spot", "price_per_hour": 0.001}


def prices(region: str, *rows: dict[str, object], **more: object) -> dict[tuple[str, str], float]:
    """What is on offer, by type and capacity type."""
    request = FleetRequest.model_validate({"region": region, "prices": rows, **more})
    offers, _ = offers_of(Cluster(nodes=(), pods=(ONE,)), request)
    return {(one.type, one.capacity_type): one.price for one in offers}


def test_own_rows_win_over_the_list_in_every_region() -> None:
    """A price of one's own is what one pays, wherever; a discount comes off it."""
    row = {"instance_type": "m5.large", "price_per_hour": 0.05}
    for region in ("us-east-1", "us-gov-west-1"):
        known = prices(region, row, SPOT, spot_share=1.0, discounts=["m5*=0.5"])
        assert known["m5.large", "on-demand"] == 0.025
        assert known["m5.large", "spot"] == 0.001


def test_spot_prices_that_buy_no_spot_are_told() -> None:
    """Without `spot_share` or `services` nothing is bought on spot, and a note says why."""
    request = FleetRequest.model_validate({"prices": [SPOT]})
    offers, notes = offers_of(Cluster(nodes=(), pods=(ONE,)), request)
    assert not any(one.capacity_type == "spot" for one in offers)
    assert any("spot_share" in one.message for one in notes)


def bought(*pods: Pod, **more: Any) -> FleetOutcome:
    """What is bought of few types, quickly."""
    return fleet(
        Cluster(nodes=(), pods=pods),
        FleetRequest.model_validate(
            {"zones": ["a"], "discounts": ["*=1000", "m5.large=1", "m6g.large=0.1"]} | more
        ),
        params=SolverParams(time_limit_s=5),
    )


def test_a_processor_that_pods_name_is_bought_for_them_alone() -> None:
    """Arm is cheaper, and only who names it runs there: others' images may not."""
    arm = ONE.model_copy(update={"id": "b", "name": "b", "node_selector": {ARCH: "arm64"}})
    outcome = bought(ONE, arm)
    assert not outcome.unplaced
    of = {name: one.type for one in outcome.buy for name in one.nodes}
    known = instance_types()
    assert known[of[outcome.placement["a"] or ""]].arch == "amd64"
    assert known[of[outcome.placement["b"] or ""]].arch == "arm64"
    assert any("arm64 types are bought for pods that name" in one.message for one in outcome.notes)
    assert not any("failures are survived as if" in one.message for one in outcome.notes)
    held = bought(ONE, arm, survive=["node"])
    assert any("failures are survived as if" in one.message for one in held.notes)


def test_processors_are_those_of_today_of_pods_and_of_the_request() -> None:
    """Either of two that a pod names will do; a request's own words are all there is."""
    either = Requirement(key=ARCH, operator="In", values=("arm64", "amd64"))
    terms = (NodeTerm(expressions=(either,)),)
    both = ONE.model_copy(update={"id": "b", "name": "b", "required_node_terms": terms})
    arm = Node(name="n", allocatable={CPU: 1, MEMORY: 1, PODS: 1}, labels={ARCH: "arm64"})
    assert processors(Cluster(nodes=(), pods=(ONE,)), FleetRequest()) == (("amd64",), ())
    two = Cluster(nodes=(), pods=(ONE, both))
    assert processors(two, FleetRequest()) == (("amd64",), ("arm64",))
    assert processors(Cluster(nodes=(arm,), pods=(both,)), FleetRequest()) == (
        ("arm64",),
        ("amd64",),
    )
    said = FleetRequest.model_validate({"arch": ["amd64"]})
    assert processors(Cluster(nodes=(), pods=(both,)), said) == (("amd64",), ())

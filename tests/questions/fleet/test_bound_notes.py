"""A bound that leaves rules out says which."""

from __future__ import annotations

import pytest

from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    ZONE,
    Cluster,
    LabelSelector,
    Pod,
    PodTerm,
    Requirement,
)
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.questions.fleet.fleet import fleet, fleet_problem
from kytos.questions.fleet.packing_of import rules_left_out
from kytos.questions.fleet.request import FleetRequest

TYPE = {"name": "m", "cpu_capacity": 4000, "mem_capacity": 8000, "price_per_hour": 0.2}
TWO_ZONES = FleetRequest.model_validate({"types": [TYPE | {"zones": ["a", "b"]}]})


def pods(**rules: object) -> Cluster:
    """Three replicas of a service with rules."""
    return Cluster(
        nodes=(),
        pods=tuple(
            Pod.model_validate(
                {
                    "id": f"p{at}",
                    "name": f"p{at}",
                    "labels": {"app": "web"},
                    "service": "web",
                    "phase": "Pending",
                    "requests": {CPU: 500, MEMORY: 2**28},
                    **rules,
                }
            )
            for at in range(3)
        ),
    )


def term(key: str) -> PodTerm:
    """Pods of the service, by node or zone."""
    selector = LabelSelector(requirements=(Requirement(key="app", operator="In", values=("web",)),))
    return PodTerm(selector=selector, topology_key=key, namespaces=("default",))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({}, ()),
        ({"anti_affinity": (term(HOSTNAME),)}, ()),
        ({"anti_affinity": (term(ZONE),)}, ("anti-affinity over zones",)),
        ({"affinity": (term(ZONE),)}, ("affinity over zones",)),
        ({"affinity": (term(HOSTNAME),)}, ("affinity on nodes",)),
    ],
)
def test_rules_that_no_pattern_holds_are_named(rules: dict[str, object], told: object) -> None:
    """Anti-affinity by node is part of the patterns; what goes over zones is not."""
    assert rules_left_out(fleet_problem(pods(**rules), TWO_ZONES)) == told


def test_an_answer_above_its_bound_names_the_rules_left_out_of_it() -> None:
    """Two replicas apart by zone need two nodes; the bound, which does not look, is of one."""
    two = pods(anti_affinity=(term(ZONE),))
    two = two.replace(pods=two.pods[:2])
    outcome = fleet(two, TWO_ZONES, weights=Weights(C=0, D=0), params=SolverParams(time_limit_s=5))
    assert sum(one.count for one in outcome.buy) == 2
    (told,) = (one.message for one in outcome.notes if "the bound leaves out" in one.message)
    assert "anti-affinity over zones" in told

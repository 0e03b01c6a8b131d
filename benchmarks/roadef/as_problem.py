"""An instance of the challenge as a problem of Kytos: processes are pods, machines are nodes."""

from __future__ import annotations

import numpy as np

from benchmarks.roadef.instance import Instance
from kytos.contract.weights import MOVE_IN_SPREAD, Weights
from kytos.headroom import Balance, SafetyLines
from kytos.pairs import PairRows
from kytos.pod_sets import PodSet
from kytos.problem import Exclusion, Ints, LoadMode, Locations, Presence, Problem, Tally
from kytos.replica_counts import ReplicaCounts

WEIGHTS = Weights(C=1 / MOVE_IN_SPREAD, D=0.0)
"""At these H is the official cost: one unit of H_cost counts as one of H_load."""


def as_problem(instance: Instance) -> Problem:
    """Return the problem whose energy at `WEIGHTS` is the official cost.

    Nothing is levelled: all of H_load is headroom. A dependency is required pod affinity over
    neighbourhoods, a service's processes exclude one another on a machine, and transient use is
    an overlap of moves.
    """
    machines, processes = instance.machines, instance.processes
    nodes, pods = len(machines), len(processes)
    capacity = _ints([machine.capacity for machine in machines])
    safety = _ints([machine.safety for machine in machines])
    current, service = _ints(instance.start), _ints([process.service for process in processes])
    tallies, exclusions, presences, locations = _rules(instance, service)
    nothing = np.zeros((nodes, 2))
    return Problem(
        pods=tuple(f"process-{number}" for number in range(pods)),
        nodes=tuple(f"machine-{number}" for number in range(nodes)),
        resources=tuple(f"resource-{number}" for number in range(capacity.shape[1])),
        allocatable=capacity,
        capacity=capacity,
        fixed=np.zeros_like(capacity),
        request=_ints([process.requirement for process in processes]),
        load_allocatable=nothing,
        load_fixed=nothing,
        load_request=np.zeros((pods, 2)),
        current=current,
        allowed=PairRows.alike(pods, np.ones(nodes, dtype=np.bool_)),
        must_place=np.ones(pods, dtype=np.bool_),
        desire=np.zeros(pods),
        priority=np.zeros(pods, dtype=np.int64),
        move_cost=float(instance.process_move_weight)
        * _ints([process.move_cost for process in processes]),
        node_cost=PairRows(
            current,
            float(instance.machine_move_weight) * _ints([one.move_cost for one in machines]),
        ).merged(),
        service=service,
        services=tuple(f"service-{number}" for number in range(len(instance.services))),
        service_fixed=ReplicaCounts.of(np.zeros((len(instance.services), nodes), dtype=np.int64)),
        zone=_ints([machine.location for machine in machines]),
        usable=np.ones(nodes, dtype=np.bool_),
        price=np.ones(nodes),
        held_open=np.zeros(nodes, dtype=np.bool_),
        mode=LoadMode.SQUARES,
        tallies=tallies,
        exclusions=exclusions,
        presences=presences,
        locations=locations,
        safety=SafetyLines(
            safety, np.tile(np.array(instance.load_weight, dtype=float), (nodes, 1))
        ),
        balances=tuple(
            Balance(one.first, one.second, one.target, np.full(nodes, float(one.weight)))
            for one in instance.balances
        ),
        overlap=np.array(instance.transient) if any(instance.transient) else None,
        most_moved_cost=float(instance.service_move_weight),
    )


def _rules(
    instance: Instance, service: Ints
) -> tuple[tuple[Tally, ...], tuple[Exclusion, ...], tuple[Presence, ...], tuple[Locations, ...]]:
    """What depends on where others run; each service is counted once over a topology."""
    topologies = {
        "machine": np.arange(len(instance.machines)),
        "location": _ints([machine.location for machine in instance.machines]),
        "neighbourhood": _ints([machine.neighbourhood for machine in instance.machines]),
    }
    order = np.argsort(service, kind="stable")
    members = np.split(order, np.searchsorted(service[order], range(1, len(instance.services))))
    tallies: list[Tally] = []
    position: dict[tuple[str, int], int] = {}

    def counted(topology: str, number: int) -> int:
        if (topology, number) not in position:
            position[topology, number] = len(tallies)
            domain = topologies[topology]
            fixed = np.zeros(int(domain.max()) + 1, dtype=np.int64)
            tallies.append(Tally(domain, PodSet(members[number], len(service)), fixed))
        return position[topology, number]

    exclusions, presences, locations = [], [], []
    nobody = PodSet(np.zeros(0, dtype=np.int64), len(service))
    for number, one in enumerate(instance.services):
        if len(members[number]) > 1:
            apart = counted("machine", number)
            exclusions.append(Exclusion(apart, apart, f"conflict of service {number}"))
        if one.least_locations > 1:
            spread = counted("location", number)
            locations.append(Locations(spread, one.least_locations, f"spread of service {number}"))
        for other in one.needs:
            near = counted("neighbourhood", number), counted("neighbourhood", other)
            presences.append(Presence(*near, f"service {number} needs {other}", nobody))
    return tuple(tallies), tuple(exclusions), tuple(presences), tuple(locations)


def _ints(values: object) -> Ints:
    array: Ints = np.array(values, dtype=np.int64)
    return array

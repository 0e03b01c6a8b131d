"""The official cost of an assignment and the rules it breaks, in whole numbers and plain loops.

It shares no code with Kytos: what solvers reach is judged here. Source: *Google ROADEF/EURO
challenge 2011-2012: Machine Reassignment*, the subject, sections 2 (constraints) and 3 (costs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.roadef.instance import Instance


@dataclass(frozen=True)
class Cost:
    """The parts of the cost, their weights multiplied in."""

    load: int
    balance: int
    process_move: int
    service_move: int
    machine_move: int

    @property
    def total(self) -> int:
        """What the challenge minimises."""
        moves = self.process_move + self.service_move + self.machine_move
        return self.load + self.balance + moves


def cost(instance: Instance, assignment: Sequence[int]) -> Cost:
    """Return the cost of an assignment: the machine of each process."""
    load = balance = 0
    for machine, used in zip(instance.machines, usage(instance, assignment), strict=True):
        for weight, held, safety in zip(instance.load_weight, used, machine.safety, strict=True):
            load += weight * max(0, held - safety)
        for one in instance.balances:
            free = machine.capacity[one.first] - used[one.first]
            other = machine.capacity[one.second] - used[one.second]
            balance += one.weight * max(0, one.target * free - other)
    moved = [
        (process, before, now)
        for process, before, now in zip(instance.processes, instance.start, assignment, strict=True)
        if before != now
    ]
    by_service = Counter(process.service for process, _, _ in moved)
    return Cost(
        load,
        balance,
        instance.process_move_weight * sum(process.move_cost for process, _, _ in moved),
        instance.service_move_weight * max(by_service.values(), default=0),
        instance.machine_move_weight
        * sum(instance.machines[before].move_cost[now] for _, before, now in moved),
    )


def usage(instance: Instance, assignment: Sequence[int]) -> list[list[int]]:
    """Return what each machine holds of each resource."""
    used = [[0] * len(instance.transient) for _ in instance.machines]
    for process, machine in zip(instance.processes, assignment, strict=True):
        for resource, amount in enumerate(process.requirement):
            used[machine][resource] += amount
    return used


def broken(instance: Instance, assignment: Sequence[int]) -> list[str]:
    """Return the rules an assignment breaks, in words; none for a valid one."""
    told = []
    used = usage(instance, assignment)
    for process, before, now in zip(instance.processes, instance.start, assignment, strict=True):
        if before != now:
            for resource, transient in enumerate(instance.transient):
                used[before][resource] += transient * process.requirement[resource]
    for number, (machine, held) in enumerate(zip(instance.machines, used, strict=True)):
        for resource, (amount, room) in enumerate(zip(held, machine.capacity, strict=True)):
            if amount > room:
                told.append(f"machine {number} holds {amount} of {room} of resource {resource}")
    places: list[list[int]] = [[] for _ in instance.services]
    for process, machine in zip(instance.processes, assignment, strict=True):
        places[process.service].append(machine)
    for number, (service, here) in enumerate(zip(instance.services, places, strict=True)):
        if len(set(here)) < len(here):
            told.append(f"service {number} has two processes on one machine")
        locations = {instance.machines[machine].location for machine in here}
        if len(locations) < service.least_locations:
            told.append(f"service {number} is in {len(locations)} locations")
        near = {instance.machines[machine].neighbourhood for machine in here}
        for other in service.needs:
            there = {instance.machines[machine].neighbourhood for machine in places[other]}
            if not near <= there:
                told.append(f"service {number} runs where service {other} does not")
    return told

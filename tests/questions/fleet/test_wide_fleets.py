"""Random small fleets, where much comes together, held against an oracle that shares no code.

Types with labels, taints, zones, spot, counts and few places; today's nodes that may stay, some
held by pods that must not move; DaemonSets; selectors and anti-affinity by node and zone; headroom,
`max_types`, `spot_share` and `services`. The oracle is CP-SAT over explicit copies of nodes, and a
check of the answer by its own sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model

from kytos.bounds import CertificateStatus
from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    PODS,
    ZONE,
    Cluster,
    LabelSelector,
    Node,
    Owner,
    Pod,
    PodTerm,
    Requirement,
    Taint,
    Toleration,
)
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.questions.fleet.fleet import FleetOutcome, fleet
from kytos.questions.fleet.request import FleetRequest

MIB = 2**20
TAINT = {"key": "only", "value": "x", "effect": "NoSchedule"}
TOLERANT = (Toleration(key="only", operator="Exists"),)
SERVICES = ("s0", "s1", "s2")
ONLY_PRICES = Weights(B=1, C=0, D=0)


@dataclass
class Machine:
    """A node of today, one to buy, or a type."""

    name: str
    cpu: int
    memory: int
    price: float
    spot: bool
    ssd: bool
    tainted: bool
    zone: str = ""
    zones: list[str] = field(default_factory=list)
    places: int = 110
    count: int | None = None
    type: int = -1
    held: bool = False


@dataclass
class Job:
    """A pod."""

    name: str
    cpu: int
    memory: int
    service: str
    zone: str | None
    ssd: bool
    tolerant: bool
    home: str | None = None
    pinned: bool = False

    def may_run(self, there: Machine) -> bool:
        return (
            (self.tolerant or not there.tainted)
            and (there.ssd or not self.ssd)
            and self.zone in (None, there.zone)
        )


class Case:
    """A fleet to be chosen."""

    def __init__(self, seed: int) -> None:
        """Draw it."""
        self.random = random = np.random.default_rng(seed)
        self.zones = ["z1", "z2"] if self._chance(0.6) else ["z1"]
        self.full = float(random.choice([1, 1, 0.8]))
        self.types = [self._type(at) for at in range(int(random.integers(1, 4)))]
        first = self.types[0]  # takes every pod
        first.cpu, first.memory, first.zones, first.ssd = 4000, 8000, self.zones, True
        first.spot, first.tainted, first.places, first.count = False, False, 110, None
        self.nodes = [self._node(at) for at in range(int(random.integers(0, 3)))]
        self.daemon = (100 * int(random.integers(0, 3)), 200) if self._chance(0.4) else None
        self.apart = {one: str(random.choice(["", "", HOSTNAME, ZONE])) for one in SERVICES}
        self.jobs = [self._job(at) for at in range(int(random.integers(1, 6)))]
        self._settle()
        self.max_types = int(random.integers(1, 3)) if self._chance(0.35) else None
        self.spot_share = float(random.choice([0, 0.5])) if self._chance(0.3) else None
        some = {job.service for job in self.jobs}
        self.services = sorted(some)[:1] if self._chance(0.25) else None
        names = [node.name for node in self.nodes]
        self.keep = [None, None, [], names[:1]][int(random.integers(0, 4))]

    def _chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def _type(self, at: int) -> Machine:
        random = self.random
        cpu = 500 * int(random.integers(2, 9))
        return Machine(
            name=f"t{at}",
            cpu=cpu,
            memory=1000 * int(random.integers(2, 9)),
            price=round(float(cpu / 20_000 * random.uniform(0.7, 1.4)), 3),
            spot=self._chance(0.35),
            ssd=self._chance(0.3),
            tainted=self._chance(0.2),
            zones=self.zones if self._chance(0.6) else [str(random.choice(self.zones))],
            places=int(random.choice([3, 110])),
            count=int(random.integers(1, 3)) if self._chance(0.25) else None,
            type=at,
        )

    def _node(self, at: int) -> Machine:
        random = self.random
        return Machine(
            name=f"n{at}",
            cpu=500 * int(random.integers(2, 7)),
            memory=1000 * int(random.integers(2, 7)),
            price=round(float(random.uniform(0.05, 0.3)), 3),
            spot=self._chance(0.3),
            ssd=self._chance(0.3),
            tainted=self._chance(0.15),
            zone=str(random.choice(self.zones)),
        )

    def _job(self, at: int) -> Job:
        random = self.random
        return Job(
            name=f"p{at}",
            cpu=250 * int(random.integers(1, 7)),
            memory=400 * int(random.integers(1, 7)),
            service=str(random.choice(SERVICES)),
            zone=str(random.choice(self.zones)) if self._chance(0.15) else None,
            ssd=self._chance(0.15),
            tolerant=self._chance(0.3),
        )

    def _settle(self) -> None:
        """Let some of the pods run where they may; a few of them must stay."""
        for job in self.jobs:
            for node in self.nodes:
                here = [one for one in self.jobs if one.home == node.name]
                rivals = [one for one in self.jobs if one.home and one.service == job.service]
                if self.apart[job.service] and rivals:
                    continue
                fits = not job.home and job.may_run(node) and self.holds(node, [*here, job])
                if fits and self._chance(0.5):
                    job.home, job.pinned = node.name, self._chance(0.2)
                    node.held |= job.pinned

    def room(self, there: Machine) -> tuple[int, int]:
        """CPU and memory that pods may ask of a node."""
        cpu, memory = self.daemon if self.daemon and self.nodes else (0, 0)
        share = Fraction(str(self.full))
        return floor(share * there.cpu) - cpu, floor(share * there.memory) - memory

    def holds(self, there: Machine, jobs: list[Job]) -> bool:
        cpu, memory = self.room(there)
        places = there.places - bool(self.daemon and self.nodes)
        return (
            sum(job.cpu for job in jobs) <= cpu
            and sum(job.memory for job in jobs) <= memory
            and len(jobs) <= places
        )

    def on_spot(self, job: Job) -> bool:
        return self.services is None or job.service in self.services

    def cluster(self) -> Cluster:
        nodes = tuple(
            Node(
                name=one.name,
                allocatable={CPU: one.cpu, MEMORY: one.memory * MIB, PODS: 110},
                labels={HOSTNAME: one.name, ZONE: one.zone}
                | ({"disk": "ssd"} if one.ssd else {})
                | ({"karpenter.sh/capacity-type": "spot"} if one.spot else {}),
                taints=(Taint.model_validate(TAINT),) if one.tainted else (),
                price_per_hour=one.price,
            )
            for one in self.nodes
        )
        daemons = tuple(
            Pod(
                id=f"d-{one.name}",
                name=f"d-{one.name}",
                node=one.name,
                owner=Owner(kind="DaemonSet", name="d"),
                requests={CPU: self.daemon[0], MEMORY: self.daemon[1] * MIB},
                tolerations=TOLERANT,
            )
            for one in (self.nodes if self.daemon else ())
            if self.daemon
        )
        return Cluster(nodes=nodes, pods=(*map(self._pod, self.jobs), *daemons))

    def _pod(self, job: Job) -> Pod:
        matches = Requirement(key="app", operator="In", values=(job.service,))
        apart = PodTerm(
            selector=LabelSelector(requirements=(matches,)),
            topology_key=self.apart[job.service] or HOSTNAME,
            namespaces=("default",),
        )
        return Pod(
            id=job.name,
            name=job.name,
            labels={"app": job.service},
            service=job.service,
            node=job.home,
            phase="Running" if job.home else "Pending",
            movable=not job.pinned,
            requests={CPU: job.cpu, MEMORY: job.memory * MIB},
            node_selector=({ZONE: job.zone} if job.zone else {})
            | ({"disk": "ssd"} if job.ssd else {}),
            tolerations=TOLERANT if job.tolerant else (),
            anti_affinity=(apart,) if self.apart[job.service] else (),
        )

    def request(self) -> FleetRequest:
        types: list[dict[str, Any]] = [
            {
                "name": one.name,
                "cpu_capacity": one.cpu,
                "mem_capacity": one.memory,
                "price_per_hour": one.price,
                "capacity_type": "spot" if one.spot else "on-demand",
                "zones": one.zones,
                "max_pods": one.places,
                "labels": {"disk": "ssd"} if one.ssd else {},
                "taints": [TAINT] if one.tainted else [],
                "count": one.count,
            }
            for one in self.types
        ]
        return FleetRequest.model_validate(
            {
                "types": types,
                "keep": self.keep,
                "spot_share": self.spot_share,
                "services": self.services,
                "max_types": self.max_types,
                "max_utilization": self.full,
            }
        )

    def could_be(self) -> list[Machine]:
        """Today's nodes that may stay, and copies of what can be bought."""
        stay = [
            node for node in self.nodes if self.keep is None or node.name in self.keep or node.held
        ]
        new = [
            Machine(**{**vars(one), "zone": zone})
            for one in self.types
            for zone in one.zones
            for _ in range(min(len(self.jobs), one.count or len(self.jobs)))
        ]
        return stay + new


def least_price(case: Case) -> float | None:
    """What CP-SAT proves to be the least; None where no fleet runs every pod."""
    machines, jobs, model = case.could_be(), case.jobs, cp_model.CpModel()
    used = [model.new_bool_var("") for _ in machines]
    runs = [[model.new_bool_var("") for _ in machines] for _ in jobs]
    for at, there in enumerate(machines):
        model.add(used[at] >= there.held)
        cpu, memory = case.room(there)
        model.add(sum(job.cpu * runs[p][at] for p, job in enumerate(jobs)) <= max(cpu, 0))
        model.add(sum(job.memory * runs[p][at] for p, job in enumerate(jobs)) <= max(memory, 0))
        daemon = bool(case.daemon and case.nodes)
        model.add(sum(row[at] for row in runs) <= there.places - daemon)
        for p, job in enumerate(jobs):
            model.add_implication(runs[p][at], used[at])
            stays = there.type < 0 and job.home == there.name
            if not stays and not (job.may_run(there) and (not there.spot or case.on_spot(job))):
                model.add(runs[p][at] == 0)
            if job.pinned:
                model.add(runs[p][at] == stays)
    for service, key in case.apart.items():
        own = [p for p, job in enumerate(jobs) if job.service == service]
        domain = (lambda one: one.zone) if key == ZONE else id
        for same in {domain(one) for one in machines} if key else ():
            there = [at for at, one in enumerate(machines) if domain(one) == same]
            model.add(sum(runs[p][at] for p in own for at in there) <= 1)
        may = [p for p in own if not jobs[p].pinned and case.on_spot(jobs[p])]
        if case.spot_share is not None and may:
            model.add(
                sum(
                    runs[p][at]
                    for p in may
                    for at, one in enumerate(machines)
                    if one.spot and not (one.type < 0 and jobs[p].home == one.name)
                )
                <= floor(case.spot_share * len(may))
            )
    for row in runs:
        model.add(sum(row) == 1)
    kinds = [model.new_bool_var("") for _ in case.types]
    for at, there in enumerate(machines):
        if there.type >= 0:
            model.add_implication(used[at], kinds[there.type])
    if case.max_types is not None:
        model.add(sum(kinds) <= case.max_types)
    for one in case.types:
        if one.count:
            copies = [at for at, there in enumerate(machines) if there.type == one.type]
            model.add(sum(used[at] for at in copies) <= one.count)
    if case.spot_share is not None:
        spot = sum(used[at] for at, one in enumerate(machines) if one.spot)
        model.add(2 * spot <= int(2 * case.spot_share) * sum(used))
    model.minimize(sum(round(1000 * m.price) * u for m, u in zip(machines, used, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return solver.objective_value / 1000 if status == cp_model.OPTIMAL else None


def assert_nothing_broken(case: Case, outcome: FleetOutcome) -> None:
    """The answer by its own words: what it buys and keeps runs every pod under every rule."""
    types = {one.name: one for one in case.types}
    fleet_ = {node.name: node for node in case.nodes if node.name in outcome.keep}
    for one in outcome.buy:
        assert one.zone in types[one.type].zones
        for name in one.nodes:
            fleet_[name] = Machine(**{**vars(types[one.type]), "zone": one.zone})
    homes = {job.name: outcome.placement[job.name] for job in case.jobs}
    for name, there in fleet_.items():
        here = [job for job in case.jobs if homes[job.name] == name]
        assert not here or case.holds(there, here)
        for job in here:
            assert job.home == name or job.may_run(there)
            assert job.home == name or not there.spot or case.on_spot(job)
            assert job.home == name or not job.pinned
    for service, key in case.apart.items():
        own = [fleet_[homes[job.name] or ""] for job in case.jobs if job.service == service]
        domains = [one.zone if key == ZONE else id(one) for one in own]
        assert not key or len(set(domains)) == len(domains)
    assert case.max_types is None or len({one.type for one in outcome.buy}) <= case.max_types
    if case.spot_share is not None:
        assert sum(one.spot for one in fleet_.values()) <= case.spot_share * len(fleet_)
    assert outcome.price.after == pytest.approx(sum(one.price for one in fleet_.values()))


@pytest.mark.parametrize("seed", range(18))
def test_a_wide_fleet_costs_the_least_and_breaks_nothing(seed: int) -> None:
    """What it costs is what the oracle proves to be the least; no bound is above that."""
    case = Case(seed)
    best = least_price(case)
    outcome = fleet(
        case.cluster(), case.request(), weights=ONLY_PRICES, params=SolverParams(time_limit_s=10)
    )
    if best is None:
        assert outcome.unplaced
        proven = outcome.certificate
        assert proven.left_out_proven or proven.gap is None  # no gap without a bound
        return
    assert not outcome.unplaced
    assert_nothing_broken(case, outcome)
    assert outcome.price.after == pytest.approx(best)
    assert outcome.certificate.bound is not None
    assert outcome.certificate.bound <= best + 1e-6
    assert outcome.certificate.status in (CertificateStatus.OPTIMAL, CertificateStatus.BOUNDED)


def test_daemon_sets_count_within_the_share_that_pods_may_fill() -> None:
    """A tenth stays free of a node bought, beside its DaemonSet's pod: 1,000m of 1,000m is full."""
    daemon = Pod(
        id="d", name="d", node="old", owner=Owner(kind="DaemonSet", name="d"), requests={CPU: 200}
    )
    old = Node(name="old", allocatable={CPU: 4000, MEMORY: 2**34, PODS: 9}, price_per_hour=9.0)
    one = Pod(id="a", name="a", phase="Pending", requests={CPU: 710})
    small = {"name": "s", "cpu_capacity": 1000, "mem_capacity": 4000, "price_per_hour": 0.1}
    large = small | {"name": "l", "cpu_capacity": 1100, "price_per_hour": 0.2}
    request = FleetRequest.model_validate(
        {"types": [small, large], "keep": [], "max_utilization": 0.9}
    )
    outcome = fleet(Cluster(nodes=(old,), pods=(daemon, one)), request)
    assert [one.type for one in outcome.buy] == ["l"]

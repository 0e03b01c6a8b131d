"""The solvers by name: where each lives, and what it is; read without importing any of them.

A solver is one file and one line here: the command line, the service, the pages and the
conformance suite take it from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a solver does; the protocols are `kytos.contract.solver`'s."""

    SAMPLER = "sampler"
    PLACER = "placer"
    IMPROVER = "improver"


@dataclass(frozen=True)
class Traits:
    """What a solver is, as far as it matters to whoever chooses or runs one.

    Attributes
    ----------
    description
        One line for people.
    paid
        Every call is charged for: it needs consent, and reads are drawn in one call.
    local
        It runs on this machine; otherwise what it is given is sent away.
    needs_account
        It can be used only with an account that is set up beforehand.
    quantum
        It draws its samples on a quantum processor.
    baseline
        A usual tool, shown as it is even where it is worse than doing nothing.
    largest_problem
        Binary variables of one call that make sense; None where only the time limits them.
    parameters
        Those of its own in `SolverParams`, beside the ones that every solver takes.
    """

    kind: Kind
    description: str
    paid: bool = False
    local: bool = True
    needs_account: bool = False
    quantum: bool = False
    baseline: bool = False
    largest_problem: int | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registered:
    """A solver's line: the module and the object in it, and what the solver is.

    Attributes
    ----------
    account
        Module and function that tell whether its account is set up; left out, the solver itself
        is asked, for which its library is imported.
    """

    module: str
    attribute: str
    traits: Traits
    account: tuple[str, str] | None = None


_QUBO = ("max_variables", "encoding", "capacity", "num_reads", "num_sweeps")


def _baseline(module: str, attribute: str, description: str) -> Registered:
    traits = Traits(Kind.PLACER, description, baseline=True)
    return Registered(f"kytos.solvers.baselines.{module}", attribute, traits)


def _sampler(module: str, attribute: str, description: str) -> Registered:
    traits = Traits(Kind.SAMPLER, description, parameters=_QUBO)
    return Registered(f"kytos.solvers.local.{module}", attribute, traits)


def _cloud(module: str, attribute: str, traits: Traits, account: str = "account") -> Registered:
    told_by = ("kytos.solvers.dwave.cloud", account)
    return Registered(f"kytos.solvers.dwave.{module}", attribute, traits, told_by)


REGISTERED: dict[str, Registered] = {
    "openjij-sa": _sampler("openjij", "OPENJIJ_SA", "OpenJij's simulated annealing of the QUBO"),
    "openjij-sqa": _sampler(
        "openjij", "OPENJIJ_SQA", "OpenJij's simulated quantum annealing of the QUBO"
    ),
    "hybrid": Registered(
        "kytos.solve.hybrid",
        "HYBRID",
        Traits(
            Kind.IMPROVER,
            "annealed blocks of nodes in turn with an anneal over placements",
            parameters=("hybrid", "encoding", "capacity", "num_reads", "num_sweeps"),
        ),
    ),
    "cp-sat": Registered(
        "kytos.solvers.cpsat",
        "CP_SAT",
        Traits(
            Kind.IMPROVER,
            "OR-Tools' CP-SAT, exact: betters a plan or proves it",
            parameters=("proof_work",),
        ),
    ),
    "dwave-sa": _sampler("dwave", "DWAVE_SA", "D-Wave's simulated annealing of the QUBO"),
    "dwave-tabu": _sampler("dwave", "DWAVE_TABU", "D-Wave's tabu search on the QUBO"),
    "parallel-tempering": _sampler(
        "tempering", "PARALLEL_TEMPERING", "parallel tempering of the QUBO, pods moved in one step"
    ),
    "dwave-qpu": _cloud(
        "qpu",
        "DWAVE_QPU",
        Traits(
            Kind.SAMPLER,
            "D-Wave's quantum processor: the whole QUBO, in as many submissions as asked for",
            paid=True,
            local=False,
            needs_account=True,
            quantum=True,
            largest_problem=150,  # so many a processor holds when all of them couple
            parameters=("qpu", "max_variables", "encoding", "capacity", "num_reads"),
        ),
    ),
    "dwave-leap-bqm": _cloud(
        "leap",
        "DWAVE_LEAP_BQM",
        Traits(
            Kind.SAMPLER,
            "Leap's hybrid solver of QUBOs",
            paid=True,
            local=False,
            needs_account=True,
            # Leap bills at least three seconds a problem, and larger ones more.
            largest_problem=2_000,
            parameters=("max_variables", "encoding", "capacity"),
        ),
    ),
    "dwave-leap-cqm": _cloud(
        "leap",
        "DWAVE_LEAP_CQM",
        Traits(
            Kind.PLACER,
            "Leap's hybrid solver of constrained models",
            paid=True,
            local=False,
            needs_account=True,
        ),
    ),
    "dwave-leap-nl": _cloud(
        "leap_nl",
        "DWAVE_LEAP_NL",
        Traits(
            Kind.PLACER,
            "Leap's hybrid solver of nonlinear models: an integer a pod says where it goes",
            paid=True,
            local=False,
            needs_account=True,
        ),
        account="nonlinear_account",
    ),
    "kube-scheduler": _baseline(
        "kube_scheduler", "KUBE_SCHEDULER", "the default scheduler's scoring, LeastAllocated"
    ),
    "kube-scheduler-most-allocated": _baseline(
        "kube_scheduler", "KUBE_SCHEDULER_MOST_ALLOCATED", "the same scoring MostAllocated"
    ),
    "first-fit-decreasing": _baseline(
        "first_fit", "FIRST_FIT_DECREASING", "the largest pods first, each on the first node"
    ),
    "descheduler": _baseline(
        "descheduler", "DESCHEDULER", "the descheduler's evictions, placed again by the scheduler"
    ),
}
"""Name -> line, in the order in which they are listed."""

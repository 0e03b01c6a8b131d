"""The controls of the solver and its budget, drawn for experts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import streamlit as st

from kytos.contract.params import Capacity, Effort, Encoding, SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.language import N_, _
from kytos.solve.registry import is_installed
from kytos.ui.parts import expert
from kytos.ui.parts.held import hold

Number = TypeVar("Number", int, float)

BY_SIZE = N_("by size")
"""The choice that leaves the solver to the size of the problem."""
UNTIL_CAP = N_("the whole time cap")
EFFORTS = (*(effort.value for effort in Effort), UNTIL_CAP)
_DEFAULTS = SolverParams()


def solver() -> tuple[SolverName | None, SolverParams]:
    """Draw the solver, its parameters and its budget; no solver is one chosen by size.

    They are drawn for an expert only, and hold while they are not.
    """
    chosen = expert.values(SOLVER_VALUES, _draw_solver)
    name = chosen["solver"]
    return None if name == BY_SIZE else SolverName(name), _params(chosen)


def budget() -> SolverParams:
    """Draw how hard a solver works, for an expert only."""
    return _params(expert.values(BUDGET_VALUES, _draw_budget))


def _draw_solver() -> None:
    with st.expander(_("Solver and budget"), icon=":material/tune:"):
        st.selectbox(
            _("Solver"),
            [BY_SIZE, *(name.value for name in solvers_here())],
            format_func=lambda name: _(BY_SIZE) if name == BY_SIZE else name,
            key="solver",
            bind="query-params",
            help=_(
                "{by_size}: openjij-sa while one QUBO holds the problem, hybrid above that.\n\n",
                by_size=_(BY_SIZE),
            )
            + "\n".join(f"- {name}: {_(name.traits.description)}" for name in solvers_here()),
        )
        _budget_controls()


def _draw_budget() -> None:
    with st.expander(_("Budget"), icon=":material/tune:"):
        _budget_controls()


def _budget_controls() -> None:
    st.selectbox(
        _("Effort"),
        EFFORTS,
        format_func=lambda effort: _(UNTIL_CAP) if effort == UNTIL_CAP else effort,
        key="effort",
        bind="query-params",
        help=_(
            "quick: a first good plan. normal: on from there for as long as that gains. thorough: "
            "with more patience. {whole_cap}: better and better until the time cap.",
            whole_cap=_(UNTIL_CAP),
        ),
    )
    _number(_("Reads"), "num_reads", "reads", 1, 1000)
    _number(_("Sweeps per read"), "num_sweeps", "sweeps", 1, 100_000, 100)
    _optional_number(
        _("Refinement proposals"),
        "refine_proposals",
        "refine",
        1_000_000_000,
        1_000_000,
        _("by the number of pods"),
    )
    _number(_("Largest QUBO"), "max_variables", "qubo", 1, 20_000, 100)
    st.selectbox(
        _("Encoding"),
        [encoding.value for encoding in Encoding],
        key="encoding",
        bind="query-params",
        help=_("stay-put: one variable per possible move. one-hot: one per pod and node."),
    )
    st.selectbox(
        _("Capacity in the QUBO"),
        [capacity.value for capacity in Capacity],
        key="capacity",
        bind="query-params",
        help=_("slack: log-encoded slack variables. unbalanced: no slack, a shaped penalty."),
    )
    _number(_("Seed"), "seed", "seed", 0, 2**31 - 1)
    _number(_("Time cap (seconds)"), "time_limit_s", "cap", 1, 3600)
    _optional_number(
        _("Work on a proof"), "proof_work", "proof", 3600.0, 5.0, _("where it is quick")
    )


def _params(chosen: Mapping[str, Any]) -> SolverParams:
    cap = float(chosen["cap"])
    return SolverParams(
        effort=cap if chosen["effort"] == UNTIL_CAP else Effort(chosen["effort"]),
        num_reads=int(chosen["reads"]),
        num_sweeps=int(chosen["sweeps"]),
        refine_proposals=chosen["refine"],
        max_variables=int(chosen["qubo"]),
        encoding=Encoding(chosen["encoding"]),
        capacity=Capacity(chosen["capacity"]),
        seed=int(chosen["seed"]),
        time_limit_s=cap,
        proof_work=chosen["proof"],
    )


def solvers_here() -> list[SolverName]:
    """Return the solvers that are installed and cost nothing to run.

    Paid ones are asked for under QUBO, in the API and on the command line, where a charge can be
    consented to.
    """
    return [name for name in SolverName if not name.traits.paid and is_installed(name)]


def setting_values(
    weights: Weights, solver: SolverName | None, params: SolverParams
) -> dict[str, Any]:
    """Return the values of the weights' and the solver's controls by key."""
    return {**weights.model_dump(), **solver_values(solver, params)}


def solver_values(solver: SolverName | None, params: SolverParams) -> dict[str, Any]:
    """Return the values of the solver's and the budget's controls by key."""
    return {
        "solver": BY_SIZE if solver is None else solver.value,
        "effort": params.effort.value if isinstance(params.effort, Effort) else UNTIL_CAP,
        "reads": params.num_reads,
        "sweeps": params.num_sweeps,
        "refine": params.refine_proposals,
        "qubo": params.max_variables,
        "encoding": params.encoding.value,
        "capacity": params.capacity.value,
        "seed": params.seed,
        "cap": round(params.time_limit_s),
        "proof": params.proof_work,
    }


SOLVER_VALUES = solver_values(None, SolverParams())
BUDGET_VALUES = {key: value for key, value in SOLVER_VALUES.items() if key != "solver"}


def _number(label: str, field: str, key: str, low: int, high: int, step: int = 1) -> int:
    hold(key, label, low, high)
    return int(
        st.number_input(
            label,
            min_value=low,
            max_value=high,
            value=int(getattr(_DEFAULTS, field)),
            step=step,
            key=key,
            bind="query-params",
            help=_help(field),
        )
    )


def _optional_number(
    label: str, field: str, key: str, high: Number, step: Number, otherwise: str
) -> Number | None:
    """Draw a number from 0 to `high` that may be left out; `otherwise` says what that means."""
    hold(key, label, type(high)(0), high)
    chosen: Number | None = st.number_input(
        label,
        min_value=type(high)(0),
        max_value=high,
        value=None,
        step=step,
        placeholder=otherwise,
        key=key,
        bind="query-params",
        help=_help(field),
    )
    return chosen


def _help(field: str) -> str:
    description = SolverParams.model_fields[field].description or ""
    told = f"{description[:1].upper()}{description[1:]}."
    return _(told)

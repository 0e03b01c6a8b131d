"""The QUBO behind an answer: its formulas, its numbers, its reads, and what they are worth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import dimod
import pandas as pd
import streamlit as st

from kytos import units
from kytos.compare import BASELINES, CompareRequest, compare_solvers
from kytos.figures.baselines import energies_side_by_side
from kytos.figures.embedding import chain_lengths, embedding_picture
from kytos.figures.matrix import matrix_figure
from kytos.figures.reads import read_energies, read_objectives, times_to_solution
from kytos.hamiltonian.export import coordinates, dimod_json, ising_json
from kytos.optimize.annealed import QuboView, qubo_of
from kytos.optimize.consented import with_consent
from kytos.optimize.rebalance import RebalanceRequest, rebalance
from kytos.outcome import Outcome
from kytos.solvers.base import (
    Estimate,
    QuboFacts,
    SolverName,
    SolverParams,
    SolverUnavailableError,
)
from kytos.solvers.dwave.topology import topology_of
from kytos.solvers.registry import find_solver
from kytos.time_to_solution import time_to_solution
from kytos.ui import runs
from kytos.ui.clusters import Loaded
from kytos.ui.heatmaps import chart
from kytos.ui.runs import Answer, Ask
from kytos.ui.text import plain

AT_ONCE = 2_000
"""Variables up to which the QUBO is built without being asked for: a second at most."""

QPU_VARIABLES = 100
"""Assignment variables offered to a processor: about what embeds when most pairs couple."""

TARGETS = (("refined answer", 0.0), ("within 1 % of it", 0.01), ("within 5 %", 0.05),
           ("within 10 %", 0.1), ("better than doing nothing", None))  # fmt: skip
"""Energies a read may aim at: a share of the answer above it, None for the start."""

_QPUS = (SolverName.DWAVE_QPU, SolverName.DWAVE_LEAP_BQM)
_EXPORTS: tuple[tuple[str, str, str, Callable[[dimod.BinaryQuadraticModel], bytes]], ...] = (
    ("QUBO as dimod JSON", "qubo.json", "application/json", dimod_json),
    ("QUBO as .coo", "qubo.coo", "text/plain", coordinates),
    ("Ising h and J", "ising.json", "application/json", ising_json),
)
_PLAIN_TOOLS = "usual tools"
_ESTIMATE = "charge estimate"


@dataclass(frozen=True)
class _Shown:
    """What the panel is about."""

    ask: Ask
    loaded: Loaded
    outcome: Outcome


def show(answer: Answer) -> None:
    """Draw the panel for an answer; what is heavy is built again from what was asked."""
    if not isinstance(answer.ask, Ask):
        return
    shown = _Shown(answer.ask, answer.loaded, answer.outcome)
    outcome = shown.outcome
    view = _built(shown)
    if view is not None:
        _formulas(view)
        left, right = st.columns(2, gap="large")
        with left:
            _size(view, outcome.solver.qubo)
        with right:
            st.markdown("**The matrix**: what each pair of variables adds when both are 1")
            chart(matrix_figure(view.picture), key="qubo matrix", alt="Coefficients of the QUBO")
        _penalties(view, outcome.solver.qubo)
    qubo = outcome.solver.qubo
    if qubo is None:
        st.info(f"`{outcome.solver.name}` draws no samples.", icon=":material/info:")
    elif qubo.sample_energies:
        _reads(outcome, qubo)
        _embedding(qubo)
    if view is not None and isinstance(shown.ask.request, RebalanceRequest):
        _baselines(shown)
        _exports(shown)
        _processors(shown)


def _built(shown: _Shown) -> QuboView | None:
    """The view, built at once where that is quick and on request where it is not."""
    ask = shown.ask
    large = ask.params.max_variables > AT_ONCE
    if large and not st.button(
        "Build the QUBO", help="A model of this size takes some seconds.", key="build qubo"
    ):
        return None
    if ask.solver is SolverName.HYBRID:
        st.caption(
            "`hybrid` anneals blocks of this problem one after another; shown is the one QUBO "
            "that a sampler alone would be given."
        )
    return _view(_key(shown), shown)


@st.cache_data(max_entries=16, show_spinner="Building the QUBO…")
def _view(key: str, _shown: _Shown) -> QuboView | None:  # noqa: ARG001
    """Cached by `key`, which names all that the view depends on."""
    ask = _shown.ask
    return qubo_of(
        _shown.loaded.cluster, ask.request, ask.weights, ask.params, _shown.outcome.solver.qubo
    )


def _key(shown: _Shown) -> str:
    """Everything that the QUBO of an answer depends on, as text."""
    ask, qubo = shown.ask, shown.outcome.solver.qubo
    return json.dumps(
        [
            ask.digest,
            ask.request.model_dump(mode="json"),
            ask.weights.model_dump(),
            [ask.params.max_variables, ask.params.encoding, ask.params.capacity],
            None if qubo is None else [qubo.rows, qubo.pods_total, qubo.strength],
        ]
    )


def _formulas(view: QuboView) -> None:
    with st.expander("The Hamiltonian, with its numbers", icon=":material/function:"):
        for formula in view.formulas:
            st.caption(plain(formula.words))
            st.latex(formula.latex)


def _size(view: QuboView, qubo: QuboFacts | None) -> None:
    facts = view.facts
    rows = {
        "Variables": f"{sum(facts.variables.values()):,} ("
        + ", ".join(f"{count:,} {kind}" for kind, count in facts.variables.items())
        + ")",
        "Couplers": f"{facts.couplers:,} ({units.percent(facts.density)} of all pairs)",
        "Coefficients": f"{facts.smallest:.3g} to {facts.largest:.3g} in magnitude",
        "Precision needed": f"{facts.precision_bits} bits, the sign included",
    }
    if qubo is not None:
        rows["Reads"] = f"{units.count(qubo.reads, 'read')} in {units.count(qubo.rounds, 'round')}"
        rows["Feasible as sampled"] = units.percent(qubo.feasible_share)
    st.markdown("**Size and precision**")
    _table(rows, "qubo size")


def _penalties(view: QuboView, qubo: QuboFacts | None) -> None:
    broken: Mapping[str, int] = {} if qubo is None else qubo.broken
    reads = 0 if qubo is None else qubo.reads
    st.markdown("**Penalties**, and which constraint reads break")
    known = {penalty.name for penalty in view.penalties}
    table = pd.DataFrame(
        [
            {
                "Constraint": penalty.name,
                "In force": f"{penalty.in_force:,} of {penalty.count:,}",
                "Penalty": _range(penalty.least, penalty.most) if penalty.in_force else "none",
                "Lower bound": f"{penalty.bound:.3g}",
                "Broken by": _share(broken.get(penalty.name, 0), reads),
            }
            for penalty in view.penalties
        ]
        + [
            {
                "Constraint": name,
                "In force": "left to repair",
                "Penalty": "none",
                "Lower bound": "",
                "Broken by": _share(count, reads),
            }
            for name, count in broken.items()
            if name not in known
        ]
    )
    st.dataframe(table, hide_index=True, key="penalties")
    st.caption(
        "The lower bound is the most that breaking one of them could save. Rows (capacities, "
        "bounds on moves) begin without a penalty and get one once a read has broken them."
    )


def _reads(outcome: Outcome, qubo: QuboFacts) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Sampler energies**: objective, penalties and offset, before repair")
        chart(
            read_energies(qubo.sample_energies, qubo.answer_energy),
            key="read energies",
            alt="Histogram of sampler energies, the refined answer marked",
        )
        if qubo.answer_energy is None:
            st.caption("The refined answer moves pods outside this QUBO, so it has no mark here.")
    with right:
        st.markdown("**Each read, decoded and repaired**")
        chart(
            read_objectives(
                qubo.read_objectives, outcome.energy.before.total, outcome.energy.after.total
            ),
            key="read objectives",
            alt="Energy H of each read beside doing nothing and the refined answer",
        )
    _time_to_solution(outcome, qubo)


def _time_to_solution(outcome: Outcome, qubo: QuboFacts) -> None:
    seconds = sum(stage.seconds for stage in outcome.solver.stages if stage.name == "sample")
    if not qubo.read_objectives or not seconds or qubo.info.get("mock"):
        return
    start, answer = outcome.energy.before.total, outcome.energy.after.total
    times = []
    for name, share in TARGETS:
        target = start if share is None else answer + share * abs(answer)
        times.append((name, time_to_solution(qubo.read_objectives, target, seconds / qubo.reads)))
    st.markdown("**Time to solution**: seconds of reads until one reaches the energy, 99 % sure")
    chart(times_to_solution(times), key="time to solution", alt="Time to solution by target")
    st.caption(
        f"From {units.count(len(qubo.read_objectives), 'read')} of {seconds / qubo.reads:.3g} s, "
        "building included; bars are 95 % intervals (Wilson). An arrow: no read succeeded, so "
        "all that is known is that it takes longer."
    )


def _embedding(qubo: QuboFacts) -> None:
    lengths, embedding = qubo.info.get("chain_lengths"), qubo.info.get("embedding")
    if not isinstance(lengths, list) or not isinstance(embedding, dict):
        return
    st.markdown("**On the processor**")
    if qubo.info.get("mock"):
        st.warning(
            "A mock processor: the embedding is real, its energies and times are no QPU's.",
            icon=":material/science:",
        )
    st.markdown(
        f"{sum(lengths):,} qubits in {len(lengths):,} chains, the longest of "
        f"{max(lengths, default=0)}; chain strength {qubo.info.get('chain_strength', 0):.3g}, "
        f"{float(str(qubo.info.get('chain_break_fraction', 0))):.1%} of chains broken."
    )
    left, right = st.columns(2, gap="large")
    with left:
        chart(chain_lengths(lengths), key="chains", alt="Chains by length")
    described = qubo.info.get("topology")
    topology = topology_of(described) if isinstance(described, dict) else None
    if topology is not None:
        with right:
            chart(
                embedding_picture(
                    embedding, topology.qubits, topology.couplers, topology.positions
                ),
                key="embedding",
                alt="Chains on the processor's graph",
            )


def _baselines(shown: _Shown) -> None:
    st.markdown("**The usual tools on the same cluster**")
    st.toggle(
        "Show what the scheduler, first-fit and the descheduler would do",
        key=_PLAIN_TOOLS,
        help="They run when this is switched on; the Compare page has every solver.",
    )
    if not st.session_state[_PLAIN_TOOLS]:
        return
    energies = {
        "doing nothing": shown.outcome.energy.before.total,
        "this plan": shown.outcome.energy.after.total,
        **_baseline_energies(_key(shown), shown),
    }
    qubo = shown.outcome.solver.qubo
    if qubo is not None:
        energies[f"{shown.outcome.solver.name} alone"] = qubo.sampler_objective
    chart(
        energies_side_by_side(energies, "this plan"),
        key="baselines",
        alt="Energy of the plan beside the usual tools'",
    )


@st.cache_data(max_entries=16, show_spinner="Running the usual tools…")
def _baseline_energies(key: str, _shown: _Shown) -> dict[str, float]:  # noqa: ARG001
    """Energies the usual tools reach; cached by `key` as the view is."""
    ask = _shown.ask
    request = CompareRequest(**ask.request.model_dump(), solvers=tuple(sorted(BASELINES)))
    rows = compare_solvers(
        _shown.loaded.cluster, request, weights=ask.weights, params=ask.params
    ).rows
    return {
        row.solver.value: row.proposed_energy for row in rows if row.proposed_energy is not None
    }


def _exports(shown: _Shown) -> None:
    st.markdown("**Take the QUBO away**")
    with st.container(horizontal=True):
        for label, ending, kind, write in _EXPORTS:
            st.download_button(
                label,
                partial(_file, shown, write),
                f"{shown.loaded.name}-{ending}",
                kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"export {ending}",
            )


def _file(shown: _Shown, write: Callable[[dimod.BinaryQuadraticModel], bytes]) -> bytes:
    view = _view(_key(shown), shown)
    assert view is not None
    return write(view.coefficients.bqm())


def _processors(shown: _Shown) -> None:
    """Offer D-Wave's solvers: what a run takes is shown, and nothing is sent unconfirmed."""
    st.markdown("**On a quantum annealer**")
    for name in _QPUS:
        solver: Any = find_solver(name)
        available = solver.available()
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = st.button(
                f"What would {name.value} take?",
                disabled=not available.ok,
                key=f"estimate {name.value}",
            )
            if not available.ok:
                st.caption(plain(available.how))
        if asked:
            st.session_state[_ESTIMATE] = _estimated(shown, name)
    found = st.session_state.get(_ESTIMATE)
    if found is not None and found[0] == shown.ask:
        _confirm(shown, *found[1:])


def _estimated(
    shown: _Shown, name: SolverName
) -> tuple[Any, SolverName, SolverParams, Estimate | str]:
    """What a run would take, or why that cannot be told; the embedding is searched, not sent."""
    ask = shown.ask
    size = min(ask.params.max_variables, QPU_VARIABLES)
    params = ask.params.model_copy(
        update={"max_variables": size if name is SolverName.DWAVE_QPU else ask.params.max_variables}
    )
    view = qubo_of(shown.loaded.cluster, ask.request, ask.weights, params)
    assert view is not None
    solver: Any = find_solver(name)
    try:
        return ask, name, params, solver.estimate(view.coefficients.bqm(), params)
    except SolverUnavailableError as error:
        return ask, name, params, error.message


def _confirm(
    shown: _Shown, name: SolverName, params: SolverParams, estimate: Estimate | str
) -> None:
    if isinstance(estimate, str):
        st.warning(plain(estimate), icon=":material/cloud_off:")
        return
    st.info(
        plain(
            f"{estimate.solver}: {estimate.variables:,} variables, {estimate.couplers:,} couplers, "
            f"at least {estimate.minimum_time_s:.3g} s; {estimate.charge}."
        ),
        icon=":material/payments:",
    )
    agreed = st.checkbox("Send it and accept this charge, once", key="accept charge")
    if st.button("Send", disabled=not agreed, icon=":material/send:", key="send to d-wave"):
        del st.session_state[_ESTIMATE]
        ask = shown.ask
        paid = Ask(ask.question, ask.digest, ask.request, ask.weights, name, params)
        runs.start(partial(with_consent, rebalance), paid, shown.loaded)
        st.rerun()


def _table(rows: Mapping[str, str], key: str) -> None:
    table = pd.DataFrame({"Fact": list(rows), "Value": list(rows.values())})
    st.dataframe(table, hide_index=True, key=key)


def _range(least: float, most: float) -> str:
    low, high = f"{least:.3g}", f"{most:.3g}"
    return low if low == high else f"{low} to {high}"


def _share(count: int, reads: int) -> str:
    return f"{count:,} of {reads:,} reads" if reads else ""

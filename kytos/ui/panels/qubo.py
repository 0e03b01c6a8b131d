"""The QUBO behind an answer: its formulas, its numbers, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from kytos.compare import Comparison, Proposal, Row, proposals
from kytos.contract.params import SolverName
from kytos.contract.run_report import QuboFacts
from kytos.hamiltonian.facts import ModelFacts, Span
from kytos.language import _, retold
from kytos.questions.outcome import Energy, Outcome, Question
from kytos.questions.qubo.view import QuboView
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.baselines import energies_side_by_side
from kytos.report.figures.matrix import matrix_figure
from kytos.solve.rounds import FIRST_STRENGTH, RAISE
from kytos.ui.panels import processors
from kytos.ui.panels import reads as reads_panel
from kytos.ui.panels import samplers as samplers_panel
from kytos.ui.panels.qubo_files import exports
from kytos.ui.panels.qubo_shown import Shown, key_of, view_of
from kytos.ui.panels.results import cells_row
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import plain
from kytos.ui.session.runs import Answer, Ask

AT_ONCE = 5_000
"""Variables up to which the QUBO is built without being asked for: a second at most."""
_PLAIN_TOOLS = "usual tools"


def show(answer: Answer) -> None:
    """Draw the panel for an answer; what is heavy is built again from what was asked."""
    if not isinstance(answer.ask, Ask):
        return
    outcome: Outcome = answer.outcome
    report, settled = outcome.solver, outcome.question is Question.AUTOSCALE
    shown = Shown(
        answer.ask,
        answer.loaded,
        report.name,
        report.qubo,
        report.stages,
        outcome.energy.before.total,
        outcome.energy.after.total,
        report.refined_energy,
        0 if settled else sum(outcome.metrics.after.unplaced.values()),
        0.0 if settled else _energy_left_out(outcome.energy.after, answer.ask),
    ).net()
    if _annealed(shown):
        if not settled:  # What each sampler would draw is asked of placements, not of counts.
            samplers_panel.show(
                answer.ask, answer.loaded, shown.start, shown.answer, shown.left_out_energy
            )
        processors.show(answer.ask, answer.loaded, answer.change)
        exports(shown)


def show_compared(answer: Answer, row: Row) -> None:
    """Draw the panel for one solver of a comparison; nothing is sent from there."""
    comparison: Comparison = answer.outcome
    if not isinstance(answer.ask, Ask) or row.plan is None:
        return
    shown = Shown(
        answer.ask,
        answer.loaded,
        row.solver,
        row.qubo,
        row.stages,
        comparison.start.energy.total,
        row.plan.energy.total,
        row.plan.energy.total,
        sum(row.plan.metrics.unplaced.values()),
        _energy_left_out(row.plan.energy, answer.ask),
    ).net()
    if _annealed(shown):
        exports(shown)


def _energy_left_out(energy: Energy, ask: Ask) -> float:
    """What the pods without a node cost: a plan breaks nothing else of the constraints."""
    return ask.weights.A * energy.constraint


def _annealed(shown: Shown) -> bool:
    """Draw the QUBO and its reads; say whether there is a QUBO."""
    size = shown.ask.params.max_variables if shown.qubo is None else shown.qubo.variables
    if size > AT_ONCE and not st.toggle(
        _("Build the QUBO"), help=_("A model of this size takes some seconds."), key="build qubo"
    ):
        return False
    with st.spinner(_("Building the QUBO…")):
        view = view_of(key_of(shown), shown)
    if view is None:
        st.info(_("There is no QUBO: nothing may go anywhere else."), icon=":material/info:")
        return False
    _whose(shown)
    _headline(view, shown)
    _hamiltonian(view)
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.markdown(_("**Size and precision**"))
        _size(view, shown.qubo)
    with right:
        st.markdown(_("**The matrix**: what each pair of variables adds when both are 1"))
        chart(matrix_figure(view.picture), key="qubo matrix", alt=_("Coefficients of the QUBO"))
    if shown.qubo is not None and shown.qubo.sample_energies:
        reads_panel.show(shown.qubo, shown.start, shown.answer)
    _penalties(view, shown.qubo)
    if shown.qubo is not None and shown.qubo.read_objectives:
        reads_panel.show_time(shown.qubo, shown.stages, shown.start, shown.answer)
    _usual_tools(shown)
    if shown.qubo is not None:
        processors.answered_on_processor(shown.qubo)
    return True


def _whose(shown: Shown) -> None:
    """Say so where the QUBO shown is not what the solver annealed."""
    if shown.solver == SolverName.HYBRID:
        told = _("refines first, then anneals blocks of this problem one after another")
    elif shown.qubo is None:
        told = _("draws no samples")
    else:
        return
    st.caption(
        _(
            "`{solver}` {told}; the QUBO below is the one that a sampler alone would be given.",
            solver=shown.solver,
            told=told,
        )
    )


def _headline(view: QuboView, shown: Shown) -> None:
    """The QUBO and what became of it, in a row of numbers."""
    facts, qubo = view.facts, shown.qubo
    cells = [
        Cell(
            _("Variables"), f"{sum(facts.variables.values()):,}", remark=_foremost(facts.variables)
        ),
        Cell(
            _("Couplers"),
            f"{facts.couplers:,}",
            remark=_("{density:.0%} of all pairs", density=facts.density),
        ),
        Cell(
            _("Precision needed"),
            _("{bits} bits", bits=facts.span.precision_bits),
            remark=_without(facts),
        ),
    ]
    if qubo is not None:
        told = _("of {reads}", reads=units.count(qubo.reads, "read"))
        if reads_panel.BLOCKS in qubo.info:
            told = _("of {reads} of blocks", reads=units.count(reads_panel.judged(qubo), "read"))
        cells.append(Cell(_("Feasible as drawn"), units.percent(qubo.feasible_share), remark=told))
    if qubo is not None and qubo.read_objectives:
        cells.append(
            Cell(
                _("Sampler alone"),
                units.energy(qubo.sampler_objective),
                remark=_(
                    "refined by {energy}",
                    energy=units.energy(qubo.sampler_objective - shown.answer),
                ),
            )
        )
    told = _("do nothing: {start}", start=units.energy(shown.start))
    cells.append(Cell(_("Answer"), units.energy(shown.answer), remark=told))
    cells_row(cells, "qubo")
    if shown.left_out_energy:
        st.caption(
            _(
                "Energies of this tab are net of {left_out_energy}, which the "
                "{pods} without a node cost and which would drown "
                "the rest; the files below hold it.",
                left_out_energy=units.energy(shown.left_out_energy),
                pods=units.count(shown.left_out, "pod"),
            )
        )


def _without(facts: ModelFacts) -> str:
    """How much of the precision the objective alone would need."""
    return _("{bits} for the objective", bits=facts.objective.precision_bits)


def _foremost(variables: Mapping[str, int]) -> str:
    """How many there are of the first kind."""
    kind, count = next(iter(variables.items()))
    return f"{count:,} {kind}"


def _hamiltonian(view: QuboView) -> None:
    whole, *terms = view.formulas
    st.latex(whole.latex)
    with st.expander(
        _("The Hamiltonian term by term, with its numbers"), icon=":material/function:"
    ):
        for formula in terms:
            st.caption(plain(retold(formula.words)))
            st.latex(formula.latex)


def _size(view: QuboView, qubo: QuboFacts | None) -> None:
    facts = view.facts
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in facts.variables.items())
    rows = {
        _("Variables"): f"{sum(facts.variables.values()):,} ({kinds})",
        _("Couplers"): _(
            "{couplers:,} ({density} of all pairs)",
            couplers=facts.couplers,
            density=units.percent(facts.density),
        ),
        _("Coefficients"): _magnitudes(facts.span),
        _("without constraints"): _magnitudes(facts.objective),
        _("Precision needed"): _("{bits} bits, the sign included", bits=facts.span.precision_bits),
        _("for the objective"): _(
            "{bits} bits, constraints left out",
            bits=facts.objective.precision_bits,
        ),
    }
    if qubo is not None:
        blocks = qubo.info.get(reads_panel.BLOCKS)
        rows[_("Part annealed") if blocks is None else _("Largest block")] = _(
            "{pods:,} of {pods_total:,} pods, {nodes:,} of {nodes_total:,} nodes",
            pods=qubo.pods,
            pods_total=qubo.pods_total,
            nodes=qubo.nodes,
            nodes_total=qubo.nodes_total,
        )
        reads = units.count(qubo.reads, "read")
        if blocks is None:
            rows[_("Reads")] = _(
                "{reads} in {rounds}", reads=reads, rounds=units.count(qubo.rounds, "round")
            )
            rows[_("Feasible as sampled")] = units.percent(qubo.feasible_share)
        else:
            rows[_("Reads")] = _(
                "{reads} in {blocks}", reads=reads, blocks=units.count(int(str(blocks)), "block")
            )
            kept = int(str(qubo.info.get("blocks_kept", 0)))
            rows[_("Blocks kept")] = (
                _("{kept:,}: those lowered the energy", kept=kept) if kept else _("none: no gain")
            )
            share, best = units.percent(qubo.feasible_share), reads_panel.judged(qubo)
            rows[_("Feasible as sampled")] = _(
                "{share} of the {best:,} best reads", share=share, best=best
            )
    table = pd.DataFrame({_("Fact"): list(rows), _("Value"): list(rows.values())})
    st.dataframe(table, hide_index=True, key="qubo size")
    if "slack" in facts.variables and qubo is not None and qubo.rounds > 1:
        st.caption(_("Empty stripes of the matrix are slack of rows that carry no penalty."))


def _magnitudes(span: Span) -> str:
    return _(
        "{smallest} to {largest} in magnitude",
        smallest=units.energy(span.smallest),
        largest=units.energy(span.largest),
    )


def _penalties(view: QuboView, qubo: QuboFacts | None) -> None:
    broken: Mapping[str, int] = {} if qubo is None else qubo.broken
    reads = 0 if qubo is None else reads_panel.judged(qubo)
    st.markdown(
        _("**Penalties**, and which constraint reads break{worst}", worst=_worst(broken, reads))
    )
    known = {penalty.name for penalty in view.penalties}
    rows: list[dict[str, object]] = [
        {
            _("Constraint"): penalty.name,
            _("In force"): _("{part:,} of {whole:,}", part=penalty.in_force, whole=penalty.count),
            _("Penalty"): _range(penalty.least, penalty.most) if penalty.in_force else _("none"),
            _("Lower bound"): units.energy(penalty.bound),
            _("Broken by"): _share(broken.get(penalty.name, 0), reads),
        }
        for penalty in view.penalties
    ]
    rows += [
        {
            _("Constraint"): name,
            _("In force"): _("left to repair"),
            _("Penalty"): _("none"),
            _("Lower bound"): "",
            _("Broken by"): _share(count, reads),
        }
        for name, count in broken.items()
        if name not in known
    ]
    rows.sort(key=lambda row: -broken.get(str(row[_("Constraint")]), 0))
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="penalties")
    told = _("The lower bound is the most that breaking one of them could save, for the dearest.")
    if qubo is not None and qubo.rounds > 1:
        told += _(
            " Rows (capacities, bounds on moves) begin without a penalty. One that a read breaks "
            "gets {strength} of its full penalty, {times:g} times that when "
            "it breaks again: below the bound is often enough.",
            strength=units.percent(FIRST_STRENGTH),
            times=RAISE,
        )
    st.caption(told)


def _worst(broken: Mapping[str, int], reads: int) -> str:
    """Which constraint breaks most, as the end of a heading."""
    if not reads:
        return ""
    if not broken:
        return _(": none is broken")
    name, count = max(broken.items(), key=lambda item: item[1])
    return _(
        ": most often *{name}*, by {count:,} of {reads:,}",
        name=plain(name),
        count=count,
        reads=reads,
    )


def _usual_tools(shown: Shown) -> None:
    st.markdown(_("**The usual tools on the same problem**"))
    st.toggle(
        _("Show what the scheduler, first-fit and the descheduler would do"),
        key=_PLAIN_TOOLS,
        help=_("They run when this is switched on; the Compare page has every solver."),
    )
    if not st.session_state[_PLAIN_TOOLS]:
        return
    with st.spinner(_("Running the usual tools…")):
        proposals = _proposals(key_of(shown), shown)
    energies = {_("this plan"): shown.placed}
    energies |= {
        name: tool.energy - shown.left_out_energy
        for name, tool in proposals.items()
        if tool.left_out == shown.left_out
    }
    qubo = shown.qubo
    if qubo is not None and qubo.read_objectives and shown.placed == shown.answer:
        energies[_("{solver} alone", solver=shown.solver)] = (
            qubo.sampler_objective
        )  # of counts it is no placer's
    chart(
        energies_side_by_side(energies, _("this plan")),
        key="baselines",
        alt=_("Energy of the plan beside the usual tools'"),
    )
    others = {name: tool for name, tool in proposals.items() if name not in energies}
    if others:
        told = ", ".join(
            f"{name} ({units.count(tool.left_out, 'pod')})" for name, tool in others.items()
        )
        st.caption(_("Not drawn, for they find no node for more pods: {told}.", told=told))


@st.cache_data(max_entries=16, show_spinner=False)
def _proposals(key: str, _shown: Shown) -> dict[str, Proposal]:  # noqa: ARG001
    """What the usual tools would do; cached by `key` as the view is."""
    ask = _shown.ask
    return proposals(_shown.loaded.cluster, ask.request, ask.weights, ask.params)


def _range(least: float, most: float) -> str:
    low, high = units.energy(least), units.energy(most)
    return low if low == high else _("{low} to {high}", low=low, high=high)


def _share(count: int, reads: int) -> str:
    return _("{count:,} of {reads:,} reads", count=count, reads=reads) if reads else ""

"""A question on a quantum annealer: does it fit, what would it take and, once agreed, one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from kytos.calls.catalogue import CALLS
from kytos.contract.paid import Estimate
from kytos.contract.params import QpuParams, SolverName, SolverParams
from kytos.contract.run_report import QuboFacts
from kytos.errors import first_problem
from kytos.extras import DWAVE, how_to_install, installed
from kytos.language import _, retold
from kytos.questions.outcome import Question
from kytos.questions.qubo.consent import Offer, charge, with_consent
from kytos.report import units
from kytos.report.figures.embedding import chain_lengths, embedding_picture
from kytos.report.processor import COLUMNS, on_processor
from kytos.solve.registry import availability
from kytos.ui.panels.paid_services import SERVICES, Service
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import plain
from kytos.ui.session import runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask, Change, SideAsk

if TYPE_CHECKING:  # D-Wave's libraries are an extra
    from kytos.questions.qubo.embedding import ProcessorEmbedding
    from kytos.solvers.dwave.topology import Topology

QPU_VARIABLES = 100
"""Assignment variables offered to a processor: about what embeds when most pairs couple."""
QPU_READS = 100
"""Reads offered to a processor: each takes microseconds."""


class Beside(StrEnum):
    """What is found out beside the question; the names its runs are kept under."""

    EMBEDDING = "embedding"
    CHARGE = "charge"


def show(ask: Ask, loaded: Loaded, change: Change) -> None:
    """Draw what a processor would make of a question; nothing is sent before *Send*."""
    st.markdown(_("**On a quantum annealer**"))
    if not installed(DWAVE):
        st.info(
            plain(how_to_install(_("The quantum annealer"), DWAVE) + "."),
            icon=":material/extension_off:",
        )
        return
    chosen = _settings(ask.params)
    if chosen is None:
        return
    _fits(ask, loaded, chosen)
    st.markdown(_("**What would a run take?** Asking is free: nothing is sent before *Send*."))
    for how in {availability(service.account).how for service in SERVICES} - {""}:
        st.info(
            plain(_("No D-Wave account is set up here. {how}", how=retold(how))),
            icon=":material/key_off:",
        )
    for service in SERVICES:
        _service(service, ask, loaded, chosen)
    runs.watch(Beside.CHARGE, partial(_here, ask, loaded, change))
    charge = runs.last_answer(Beside.CHARGE)
    offers = {service.label: _offer(service, ask, chosen) for service in SERVICES}
    if charge is None or charge.ask.digest != loaded.digest:
        return
    for label, offer in offers.items():
        if charge.ask.request == offer:
            _confirm(label, offer, charge.outcome, ask, loaded, change)


def embedding_section(
    embedding: Mapping[str, Sequence[int]], topology: Mapping[str, Any], told: str
) -> None:
    """Draw chains by length and on the processor's graph, under what is `told` of them."""
    lengths = [len(chain) for chain in embedding.values()]
    st.markdown(
        _(
            "{qubits:,} qubits in {chains}, the longest of {longest}{told}",
            qubits=sum(lengths),
            chains=units.count(len(lengths), "chain"),
            longest=max(lengths, default=0),
            told=told,
        )
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        chart(chain_lengths(lengths), key=f"chains {told}", alt=_("Chains by length"))
    graph = _topology(str(topology.get("type")), tuple(topology.get("shape", ())))
    if graph is not None:
        with right:
            chart(
                embedding_picture(embedding, graph.qubits, graph.couplers, graph.positions),
                key=f"embedding {told}",
                alt=_("Chains on the processor's graph"),
            )


def answered_on_processor(qubo: QuboFacts) -> None:
    """Draw the chains of the reads that an answer came from, where a processor drew them."""
    embedding, topology = qubo.info.get("embedding"), qubo.info.get("topology")
    if not isinstance(embedding, dict) or not isinstance(topology, dict):
        return
    st.markdown(_("**On the processor** `{solver}`", solver=qubo.info.get("solver", "")))
    if qubo.info.get("mock"):
        st.warning(
            _("A mock processor: the embedding is real, its energies and times are no QPU's."),
            icon=":material/science:",
        )
    strength = float(str(qubo.info.get("chain_strength", 0)))
    breaks = float(str(qubo.info.get("chain_break_fraction", 0)))
    embedding_section(
        embedding,
        topology,
        _(
            "; chain strength {strength:.3g}, {breaks:.1%} of chains broken.",
            strength=strength,
            breaks=breaks,
        ),
    )
    run = on_processor(qubo)
    if run is not None:
        for sentence in run.sentences:
            st.caption(plain(sentence))
        if run.rows:
            table = pd.DataFrame(run.rows, columns=[_(head).capitalize() for head in COLUMNS])
            st.dataframe(table, hide_index=True, key="submissions")
    if qubo.info.get("embedding_kept"):
        st.caption(
            _("The chains were kept from before, for a QUBO of this shape: no search was made.")
        )


def _settings(asked: SolverParams) -> SolverParams | None:
    """Draw how a processor would be used; None where what was entered cannot be."""
    size, reads, time, chains = st.columns(4, vertical_alignment="bottom")
    variables = size.number_input(
        _("Assignment variables"), min_value=2, max_value=1000,
        value=min(QPU_VARIABLES, asked.max_variables), step=10, key="qpu variables",
        help=_("Where pods go; slack comes on top. A processor holds some 150 that all couple."),
    )  # fmt: skip
    drawn = reads.number_input(
        _("Reads"), min_value=1, max_value=10_000, value=QPU_READS, step=50, key="qpu reads",
        help=_("Anneals of all submissions together."),
    )  # fmt: skip
    qpu: dict[str, Any] = {
        "annealing_time_us": time.number_input(
            _("Anneal (µs)"), min_value=0.5, max_value=2000.0, step=10.0,
            value=asked.qpu.annealing_time_us, key="qpu anneal", help=_("Duration of one anneal."),
        ),
        "chain_prefactor": chains.number_input(
            _("Chain strength (torques)"), min_value=0.1, max_value=10.0, step=0.1,
            value=asked.qpu.chain_prefactor, key="qpu chains",
            help=_("Strength of a chain, as a multiple of the torque its neighbours exert."),
        ),
    }  # fmt: skip
    with st.expander(_("Scan, gauges and schedule"), icon=":material/tune:"):
        qpu |= _craft(asked.qpu)
    chosen = asked.model_copy(update={"max_variables": int(variables), "num_reads": int(drawn)})
    try:
        return chosen.model_copy(update={"qpu": QpuParams.model_validate(qpu)})
    except ValidationError as error:
        st.error(plain(retold(str(first_problem(error)))), icon=":material/error:")
        return None


def _craft(before: QpuParams) -> dict[str, Any]:
    """Draw what a run may be split into, and how it may be annealed; only what is asked for."""
    scan, gauges, back = st.columns([2, 1, 1])
    schedule = st.text_input(
        _("Schedule"), key="qpu schedule",
        value=", ".join(f"{time:g} {s:g}" for time, s in before.schedule or ()),
        placeholder="0 0, 10 0.4, 110 0.4, 120 1",
        help=_("Points µs and s, with a comma between two of them, instead of the anneal's "
        "duration. From s = 0 forward; from s = 1 in reverse, from today's placement."),
    )  # fmt: skip
    strengths = scan.text_input(
        _("Strengths to try (torques)"), key="qpu scan",
        value=" ".join(f"{strength:g}" for strength in before.chain_scan),
        placeholder="0.7 1 1.4 2",
        help=_("Half of the reads are split between them; the one whose reads are best draws the "
        "rest."),
    )  # fmt: skip
    asked: dict[str, Any] = {
        "gauges": int(
            gauges.number_input(
                _("Gauges"), min_value=0, max_value=100, value=before.gauges, key="qpu gauges",
                help=_("Random spin reversals, each a submission of its own: what single qubits "
                "lean to evens out. 0: the problem as it is."),
            )
        ),
        "chain_scan": strengths.replace(",", " ").split(),
    }  # fmt: skip
    reverse = back.number_input(
        _("Reverse to s"), min_value=0.1, max_value=0.99, value=before.reverse_to, step=0.05,
        key="qpu reverse",
        help=_("Anneal in reverse, from today's placement back to here and on again; left empty, "
        "forward."),
    )  # fmt: skip
    if schedule.strip():
        asked["schedule"] = [point.split() for point in schedule.split(",")]
    if reverse is not None:
        asked["reverse_to"] = reverse
    return asked


def _fits(ask: Ask, loaded: Loaded, chosen: SolverParams) -> None:
    """Offer to lay the QUBO on an ideal processor; needs no account."""
    from kytos.questions.qubo.embedding import EmbeddingRequest, try_embedding
    from kytos.solvers.dwave.topology import IDEAL

    with st.container(horizontal=True, vertical_alignment="bottom"):
        processor = st.selectbox(
            _("Processor"), list(IDEAL), key="ideal processor", width=240,
            help=_("Its graph with every qubit working; a real one lacks some."),
        )  # fmt: skip
        pressed = st.button(
            _("Does it fit?"),
            icon=":material/grid_on:",
            key="embed",
            help=_("Searches an embedding on this machine. Nothing is sent, no account is needed."),
        )
    offer = Offer(ask.request, ask.weights, SolverName.DWAVE_QPU, chosen)
    request = EmbeddingRequest(offer, processor)
    if pressed:
        runs.start(try_embedding, SideAsk(Beside.EMBEDDING, loaded.digest, request), loaded)
    runs.watch(Beside.EMBEDDING)
    embedding = runs.last_answer(Beside.EMBEDDING)
    if embedding is None or embedding.ask != SideAsk(Beside.EMBEDDING, loaded.digest, request):
        return
    laid: ProcessorEmbedding | None = embedding.outcome
    if laid is None:
        st.info(_("There is nothing to anneal."), icon=":material/info:")
        return
    embedding_section(
        laid.embedding,
        laid.topology,
        _(
            ", for {variables:,} variables and {couplers:,} couplers on an ideal "
            "{processor}. {kept}; nothing was "
            "annealed.",
            variables=laid.variables,
            couplers=laid.couplers,
            processor=laid.processor,
            kept=_("Kept from before") if laid.kept else _("Found here"),
        ),
    )


def _service(service: Service, ask: Ask, loaded: Loaded, chosen: SolverParams) -> None:
    available = availability(service.account)
    button, about = st.columns([2, 3], vertical_alignment="center")
    pressed = button.button(
        _("What would {label} take?", label=_(service.label)),
        disabled=not available.ok,
        key=f"estimate {service.label}",
        width="stretch",
    )
    about.caption(plain(_(service.about)))
    if pressed:
        question = CALLS[Question(ask.question)].function
        offer = _offer(service, ask, chosen)
        runs.start(partial(charge, question), SideAsk(Beside.CHARGE, loaded.digest, offer), loaded)


def _offer(service: Service, ask: Ask, chosen: SolverParams) -> Offer:
    params = service.params(chosen, ask.params)
    return Offer(ask.request, ask.weights, service.solver, params)


def _here(ask: Ask, loaded: Loaded, change: Change, solver: SolverName) -> None:
    """Ask the question of a solver that runs on this machine."""
    question = CALLS[Question(ask.question)].function
    runs.start(question, replace(ask, solver=solver), loaded, change)


def _confirm(
    label: str,
    offer: Offer,
    estimate: Estimate | None,
    ask: Ask,
    loaded: Loaded,
    change: Change,
) -> None:
    if estimate is None:
        st.info(_("There is nothing to send: no pod may go anywhere else."), icon=":material/info:")
        return
    st.info(
        plain(
            _(
                "{label} on {solver}: {variables:,} variables, "
                "{couplers:,} couplers, at least {minimum_time_s:.3g} s; "
                "{charge}. The run ends after {time_limit_s:g} s at the latest.",
                label=_(label),
                solver=estimate.solver,
                variables=estimate.variables,
                couplers=estimate.couplers,
                minimum_time_s=estimate.minimum_time_s,
                charge=estimate.charge,
                time_limit_s=offer.params.time_limit_s,
            )
        ),
        icon=":material/payments:",
    )
    agreed = st.checkbox(_("Send it and accept this charge, once"), key="accept charge")
    if st.button(_("Send"), disabled=not agreed, icon=":material/send:", key="send to d-wave"):
        # The offer is used up: a further run begins with a further estimate.
        runs.forget(Beside.CHARGE)
        question = CALLS[Question(ask.question)].function
        paid = replace(ask, solver=offer.solver, params=offer.params)
        runs.start(partial(with_consent, question), paid, loaded, change, is_paid=True)
        st.rerun()


@st.cache_resource(max_entries=4, show_spinner=False)
def _topology(kind: str, shape: tuple[int, ...]) -> Topology | None:
    from kytos.solvers.dwave.topology import topology_of

    return topology_of({"type": kind, "shape": shape})

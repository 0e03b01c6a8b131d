"""The samplers of this machine on one QUBO: how good their reads are, and how soon one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from kytos.calls.catalogue import CALLS
from kytos.language import _
from kytos.questions.outcome import Question
from kytos.questions.qubo.reads import SamplerReads, SamplersRequest, reads_of_each
from kytos.report import units
from kytos.report.figures.reads import objectives_by_sampler, times_to_solution
from kytos.report.time_to_solution import targets, time_to_solution
from kytos.ui.panels import reads as reads_panel
from kytos.ui.parts.heatmaps import chart
from kytos.ui.session import runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask, SideAsk


class Beside(StrEnum):
    """The name its runs are kept under."""

    READS = "reads of each sampler"


def show(ask: Ask, loaded: Loaded, start: float, answer: float, left_out_energy: float) -> None:
    """Offer to draw reads of a question's QUBO with each sampler, and draw those there are.

    Parameters
    ----------
    start, answer
        Energy H of doing nothing and of the answer shown.
    left_out_energy
        What the pods cost that the answer leaves out; all energies are shown net of it.
    """
    st.markdown(_("**The samplers of this machine on the same QUBO**"))
    side = SideAsk(
        Beside.READS, loaded.digest, SamplersRequest(ask.request, ask.weights, ask.params)
    )
    if st.button(
        _("Draw reads with each"),
        icon=":material/stacked_bar_chart:",
        key="reads of each",
        help=_("The same reads and sweeps for each sampler; nothing is refined, the answer stays."),
    ):
        question = CALLS[Question(ask.question)].function
        runs.start(partial(reads_of_each, question), side, loaded)
    runs.watch(Beside.READS)
    beside = runs.last_answer(Beside.READS)
    if beside is None or beside.ask != side:
        return
    drawn: Sequence[SamplerReads] = [
        replace(reads, qubo=reads.qubo.net_of(left_out_energy))
        for reads in beside.outcome
        if reads.qubo.read_objectives
    ]
    if not drawn:
        st.info(_("No sampler drew a read."), icon=":material/info:")
        return
    st.dataframe(pd.DataFrame([_row(reads) for reads in drawn]), hide_index=True)
    left, right = st.columns(2, gap="large")
    short = {reads.solver.value: reads_panel.falls_short(reads.qubo) for reads in drawn}
    with left:
        st.markdown(_("**Each read, decoded and repaired**"))
        chart(
            objectives_by_sampler(
                {reads.solver.value: reads.qubo.read_objectives for reads in drawn},
                start,
                answer,
                short,
            ),
            key="reads by sampler",
            alt=_("Energy H of each sampler's reads beside the answer"),
        )
        reads_panel.tell_short(sum(map(sum, short.values())))
    with right:
        st.markdown(_("**Time to solution**: seconds of reads until one reaches it, 99 % sure"))
        aims = targets(start, answer)
        aim = st.selectbox(
            _("Energy to reach"),
            list(aims)[::-1],
            format_func=_,
            key="sampler target",
            width=280,
        )
        times = [
            (
                reads.solver.value,
                time_to_solution(
                    reads.qubo.read_objectives, aims[aim], reads.seconds / reads.qubo.reads
                ),
            )
            for reads in drawn
        ]
        chart(
            times_to_solution(times),
            key="time to solution by sampler",
            alt=_("Time to solution by sampler"),
        )


def _row(reads: SamplerReads) -> dict[str, str]:
    qubo = reads.qubo
    return {
        _("Sampler"): reads.solver.value,
        _("Reads"): f"{qubo.reads:,}",
        _("Feasible as drawn"): units.percent(qubo.feasible_share),
        _("Best read"): units.energy(min(qubo.read_objectives)),
        _("Median read"): units.energy(float(np.median(qubo.read_objectives))),
        _("Seconds a read"): f"{reads.seconds / qubo.reads:.3g}",
    }

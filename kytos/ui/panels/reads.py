"""The reads behind an answer: their energies, and how soon one of them is good."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from kytos.contract.run_report import QuboFacts, Stage
from kytos.language import _, plural
from kytos.report import units
from kytos.report.figures.reads import read_energies, read_objectives, times_to_solution
from kytos.report.time_to_solution import targets, time_to_solution
from kytos.ui.parts.heatmaps import chart

BLOCKS = "blocks"
"""What the facts of reads tell where they are of several QUBOs."""

_NOTHING = 1e-6
"""What a pod left out costs is at least 1 where constraints hold at all."""

_ROUNDING = 0.01
"""Of the answer's energy; above it, its energy in the QUBO holds a penalty."""


def show(qubo: QuboFacts, start: float, answer: float) -> None:
    """Draw the energies of reads as sampled and, where they are known, once repaired.

    Parameters
    ----------
    start, answer
        Energy H of doing nothing and of the answer.
    """
    left, right = st.columns(2, gap="large") if qubo.read_objectives else (st.container(),) * 2
    with left:
        st.markdown(_("**Sampler energies**: objective, penalties and offset, before repair"))
        chart(
            read_energies(qubo.sample_energies, qubo.answer_energy),
            key="read energies",
            alt=_("Histogram of sampler energies, the refined answer marked"),
        )
        if BLOCKS in qubo.info:
            st.caption(_("Of all blocks together: each is a QUBO of its own."))
        elif qubo.answer_energy is None:
            st.caption(_("The refined answer lies outside this QUBO, so it has no mark here."))
        elif qubo.answer_energy > answer + _ROUNDING * abs(answer):
            st.caption(
                _(
                    "The mark includes penalties: requests are rounded up in the QUBO, so what "
                    "just fits a node may be over its bound there."
                )
            )
    if not qubo.read_objectives:
        return
    with right:
        st.markdown(_("**Each read, decoded and repaired**"))
        chart(
            read_objectives(qubo.read_objectives, start, answer, falls_short(qubo)),
            key="read objectives",
            alt=_("Energy H of each read beside doing nothing and the refined answer"),
        )
        tell_short(sum(falls_short(qubo)))


def show_time(qubo: QuboFacts, stages: Sequence[Stage], start: float, answer: float) -> None:
    """Draw how long it takes to be sure of a good read; of a mock's reads nothing is said."""
    seconds = sum(stage.seconds for stage in stages if stage.name == "sample")
    if not seconds or qubo.info.get("mock"):
        return
    times = [
        (_(name), time_to_solution(qubo.read_objectives, target, seconds / qubo.reads))
        for name, target in targets(start, answer).items()
    ]
    st.markdown(_("**Time to solution**: seconds of reads until one reaches the energy, 99 % sure"))
    chart(times_to_solution(times), key="time to solution", alt=_("Time to solution by target"))
    st.caption(
        _(
            "From {reads} of {seconds:.3g} s, "
            "building included; bars are 95 % intervals (Wilson). An arrow: no read succeeded, so "
            "all that is known is that it takes longer.",
            reads=units.count(len(qubo.read_objectives), "read"),
            seconds=seconds / qubo.reads,
        )
    )


def falls_short(qubo: QuboFacts) -> list[bool]:
    """Whether each repaired read leaves out more pods than the answer its facts are net of."""
    return [cost > _NOTHING for cost in qubo.read_left_out]


def tell_short(reads: int) -> None:
    """Say how many reads leave out more pods, where some do."""
    if reads:
        st.caption(
            plural(
                "{number:,} read leaves out more pods than the answer: "
                "a triangle at the upper end each.",
                "{number:,} reads leave out more pods than the answer: "
                "a triangle at the upper end each.",
                reads,
            )
        )


def judged(qubo: QuboFacts) -> int:
    """How many reads were looked at: of blocks only the best are."""
    return int(str(qubo.info.get("reads_judged", qubo.reads)))

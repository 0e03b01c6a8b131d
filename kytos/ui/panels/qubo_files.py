"""The files that a QUBO, or the whole problem with its constraints, is taken away as."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import dimod
import streamlit as st

from kytos.hamiltonian.export import coordinates, dimod_json, ising_json
from kytos.language import N_, _
from kytos.questions.qubo.interchange import Format, Interchange
from kytos.questions.qubo.problem_of import problem_for_placers
from kytos.ui.panels.qubo_shown import Shown, key_of, view_of

_EXPORTS: tuple[tuple[str, str, str, Callable[[dimod.BinaryQuadraticModel], bytes]], ...] = (
    (N_("QUBO as dimod JSON"), "qubo.json", "application/json", dimod_json),
    (N_("QUBO as .coo"), "qubo.coo", "text/plain", coordinates),
    (N_("Ising h and J"), "ising.json", "application/json", ising_json),
)
_CONSTRAINED = (Format.CQM, Format.LP, Format.MPS, Format.OMMX)


def exports(shown: Shown) -> None:
    """Draw a button for each file."""
    st.markdown(_("**Take the QUBO away**"))
    with st.container(horizontal=True):
        for label, ending, kind, write in _EXPORTS:
            st.download_button(
                _(label),
                partial(_file, shown, write),
                f"{shown.loaded.name}-{ending}",
                kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"export {ending}",
            )
        for form in _CONSTRAINED:
            st.download_button(
                form.value.upper(),
                partial(_problem_file, shown, form),
                f"{shown.loaded.name}-problem.{form.value}",
                "application/octet-stream",
                icon=":material/download:",
                help=_("All pods and nodes, limits as constraints: docs/interchange.md."),
                on_click="ignore",
                key=f"export {form.value}",
            )


def _problem_file(shown: Shown, form: Format) -> bytes:
    """The whole problem with its constraints, as other solvers take it."""
    ask = shown.ask
    problem = problem_for_placers(ask.request, shown.loaded.cluster, ask.weights)
    return Interchange(problem, ask.weights, ask.params).written(form)


def _file(shown: Shown, write: Callable[[dimod.BinaryQuadraticModel], bytes]) -> bytes:
    view = view_of(key_of(shown), shown)
    assert view is not None
    return write(view.coefficients.bqm())

"""What the panel of a QUBO is about, and the QUBO itself, built again from what was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import streamlit as st

from kytos.contract.run_report import QuboFacts, Stage
from kytos.questions.qubo.view import QuboView, qubo_of
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask


@dataclass(frozen=True)
class Shown:
    """What the panel is about: a question, who answered it, and what that came to.

    Its energies are as the answer has them until `net` takes off what the pods left out cost:
    that would drown the rest.

    Attributes
    ----------
    start, answer
        Energy H of doing nothing and of the answer.
    placed
        Energy H of the answer as a placer is asked; an autoscale's counts are settled then.
    left_out, left_out_energy
        Pods that the answer finds no node for, and what they cost in H.
    """

    ask: Ask
    loaded: Loaded
    solver: str
    qubo: QuboFacts | None
    stages: tuple[Stage, ...]
    start: float
    answer: float
    placed: float
    left_out: int
    left_out_energy: float

    def net(self) -> Shown:
        """The same with what the pods left out cost taken off every energy."""
        return replace(
            self,
            qubo=None if self.qubo is None else self.qubo.net_of(self.left_out_energy),
            start=self.start - self.left_out_energy,
            answer=self.answer - self.left_out_energy,
            placed=self.placed - self.left_out_energy,
        )


@st.cache_resource(max_entries=8, show_spinner=False)
def view_of(key: str, _shown: Shown) -> QuboView | None:  # noqa: ARG001
    """Cached by `key`, which names all that the view depends on."""
    ask = _shown.ask
    return qubo_of(_shown.loaded.cluster, ask.request, ask.weights, ask.params, _shown.qubo)


def key_of(shown: Shown) -> str:
    """Everything that the QUBO of an answer depends on, as text."""
    ask, qubo = shown.ask, shown.qubo
    return json.dumps(
        [
            ask.digest,
            type(ask.request).__name__,
            ask.request.model_dump(mode="json"),
            ask.weights.model_dump(),
            [ask.params.max_variables, ask.params.encoding, ask.params.capacity],
            None if qubo is None else [qubo.rows, qubo.pods_total, qubo.strength],
        ]
    )

"""The five questions as the outside asks them: answered, and where asked with a runbook."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import SerializeAsAny

from kytos.calls.use import answered_with_use
from kytos.cluster import Cluster, Frozen
from kytos.contract.runbook import CarriedOut, Runbook, RunbookRequest
from kytos.contract.watch import BUILDING, Watch
from kytos.questions import rebalance as _rebalance
from kytos.questions.autoscale import autoscale as _autoscale
from kytos.questions.fleet import fleet as _fleet
from kytos.questions.outcome import Outcome
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import CountedAs
from kytos.questions.placement import placement as _placement
from kytos.questions.recovery import recovery as _recovery
from kytos.report.families import families_in_words
from kytos.runbook.changes import plan_of
from kytos.runbook.making import make_runbook

Answer = TypeVar("Answer", bound=Outcome)
Question = TypeVar("Question", bound=Callable[..., Outcome])


def with_runbook(cluster: Cluster, request: CarriedOut, outcome: Answer, watch: Watch) -> Answer:
    """Return the outcome, with the runbook its request asks for."""
    asked = request.asked_runbook
    if asked is None:
        return outcome
    runbook = make_runbook(plan_of(cluster, request, outcome), asked, watch)
    return outcome.model_copy(update={"runbook": runbook})


def _carried_out(question: Question) -> Question:
    """The same question, whose outcome bears a runbook where its request asks for one."""

    @functools.wraps(question)
    def answered(cluster: Cluster, *given: Any, **named: Any) -> Outcome:
        request = given[0] if given else named.get("request")
        if request is None:
            request = inspect.signature(question).parameters["request"].default
        if request is inspect.Parameter.empty:
            return question(cluster, *given, **named)
        watch: Watch = named.get("watch", Watch())
        watch.report(BUILDING, 0.0, None)
        outcome = answered_with_use(
            cluster, request, lambda judged: question(judged, *given, **named)
        )
        return with_runbook(as_asked(cluster, request), request, outcome, watch)

    answered.__module__ = __name__  # where a worker, which is told its name, finds it
    return answered  # type: ignore[return-value]


rebalance = _carried_out(_rebalance.rebalance)
recover = _carried_out(_recovery.recover)
place = _carried_out(_placement.place)
autoscale = _carried_out(_autoscale.autoscale)


@functools.wraps(_fleet.fleet)
def _fleet_in_words(*given: Any, **named: Any) -> _fleet.FleetOutcome:
    outcome = _fleet.fleet(*given, **named)
    sentences = families_in_words(outcome.families)
    told = (
        one.model_copy(update={"sentence": sentence})
        for one, sentence in zip(outcome.families, sentences, strict=True)
    )
    return outcome.model_copy(update={"families": tuple(told)})


fleet = _carried_out(_fleet_in_words)


class CarryOut(Frozen):
    """An answer that is there already, to be carried out."""

    asked: SerializeAsAny[CarriedOut]
    """The question's own request."""
    outcome: SerializeAsAny[Outcome]
    how: RunbookRequest = RunbookRequest()

    @property
    def work(self) -> int:
        """How much there is to replay: changes, times the pods of the answer."""
        placement = getattr(self.outcome, "placement", {})
        return self.outcome.metrics.after.pods_moved * len(placement)


def carry_out(cluster: Cluster, request: CarryOut, *, watch: Watch = Watch()) -> Runbook:
    """Return the runbook of an answer to a question about this cluster."""
    if isinstance(request.asked, CountedAs):
        cluster = as_asked(cluster, request.asked)
    return make_runbook(plan_of(cluster, request.asked, request.outcome), request.how, watch)

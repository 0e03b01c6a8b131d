"""Puts a handout together: summary, pictures, what changes, runbook, assumptions, proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from kytos.cluster import Cluster
from kytos.contract.runbook import Runbook
from kytos.language import N_, _, language, moment, retold
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Outcome, Question
from kytos.questions.rebalance import RebalanceOutcome
from kytos.report.boxes import boxes, coloured_services
from kytos.report.handout.pictures import boxes_picture, energy_picture, legend
from kytos.report.handout.tables import change_tables, left_out_table, notes_table, runbook_table
from kytos.report.headlines import headline
from kytos.report.runbook import WAYS, forecast_header, forecast_rows
from kytos.report.summary import summary_cells
from kytos.report.wording import (
    certificate_details,
    proof_sentence,
    risk_sentences,
    safety_sentence,
    why_it_ended,
)

_TITLES = {
    Question.REBALANCE: N_("Rebalance"),
    Question.RECOVERY: N_("Recovery"),
    Question.PLACEMENT: N_("Placement"),
    Question.AUTOSCALE: N_("Autoscale"),
    Question.FLEET: N_("Fleet"),
}
_MARKED = {"red": "bad", "orange": "warn", "green": "good"}


@dataclass(frozen=True)
class Handout:
    """What a handout is made of.

    Attributes
    ----------
    name
        Of the cluster.
    before, after
        The cluster as it is, and as it would be; None where only the answer is there.
    runbook
        How the answer is carried out; None where that was not worked out.
    made
        When the handout was made.
    embedded
        The element that carries scenario and answer; empty where they are not known.
    """

    outcome: Outcome
    name: str
    before: Cluster | None
    after: Cluster | None
    runbook: Runbook | None
    made: datetime
    embedded: str = ""


def handout_page(handout: Handout) -> str:
    """Return the page as HTML; every name in it is escaped."""
    outcome = handout.outcome
    before, after = handout.before, handout.after
    pods = [*(before.pods if before else ()), *(after.pods if after else ())]
    services = {pod.id: pod.service or "" for pod in pods}
    proof = [proof_sentence(outcome), safety_sentence(outcome)]
    if outcome.risk is not None:
        proof += risk_sentences(outcome.risk)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            _=_,
            retold=retold,
            language=language(),
            title=_(_TITLES[outcome.question]),
            headline=headline(outcome),
            name=handout.name,
            made=moment(handout.made),
            cells=[
                (cell.label, cell.value, cell.delta or cell.remark, _MARKED.get(cell.colour, ""))
                for cell in summary_cells(outcome, after)
            ],
            pictures=_pictures(outcome, before, after),
            energy=energy_picture(outcome.energy, outcome.weights),
            totals=(outcome.energy.before.total, outcome.energy.after.total),
            tables=change_tables(outcome, services),
            runbook=handout.runbook,
            steps=None if handout.runbook is None else runbook_table(handout.runbook),
            left_out=None if handout.runbook is None else left_out_table(handout.runbook),
            ways={way: _(words) for way, words in WAYS.items()},
            forecast=(forecast_header(), forecast_rows(handout.runbook))
            if handout.runbook
            else None,
            notes=notes_table(outcome),
            proof=[sentence for sentence in proof if sentence],
            details=certificate_details(outcome.certificate),
            solver=outcome.solver,
            weights=outcome.weights,
            ended=why_it_ended(outcome.solver.stopped_by),
            embedded=Markup(handout.embedded),  # noqa: S704  (of `packed`: base64 alone)
            command=outcome.question.value,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kytos.report.handout", ""),
        autoescape=True,  # whatever a template's name ends in
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["filled"] = lambda text, **values: escape(text).format(**values)
    environment.globals["code"] = Markup("<code>{}</code>").format
    return environment


def _pictures(
    outcome: Outcome, before: Cluster | None, after: Cluster | None
) -> list[dict[str, object]]:
    if before is None or after is None:
        return []
    freed: tuple[str, ...] = ()
    if isinstance(outcome, RebalanceOutcome):
        freed = outcome.freed_nodes
    elif isinstance(outcome, FleetOutcome):
        freed = outcome.release
    services = coloured_services(after if isinstance(outcome, AutoscaleOutcome) else before)
    services = services or coloured_services(after)
    shown = []
    for word, cluster, going in ((_("Before"), before, ()), (_("After"), after, freed)):
        drawn = boxes(cluster, going)
        title = _(
            "{word}: {count} boxes, each a node or a group of alike nodes, to scale",
            word=word,
            count=len(drawn),
        )
        shown.append(
            {
                "word": word,
                "svg": boxes_picture(drawn, services, title),
                "legend": legend(drawn, services),
                "freed": len(going),
            }
        )
    return shown

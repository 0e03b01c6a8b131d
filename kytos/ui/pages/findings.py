"""The start page's findings: four answers worked out ahead, each a click from its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.language import _, plural, retold
from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryOutcome, RecoveryRequest
from kytos.report import units
from kytos.ui.pages import autoscale, opening, placement, rebalance, recovery
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls
from kytos.ui.parts.text import plain
from kytos.ui.session import background
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask

POLL_S = 2.0
_MORE_TRAFFIC = 1.25
"""A service that cannot grow by a quarter is near its limit."""
_ROOM = (100 - controls.USUAL_FREE) / 100


@dataclass(frozen=True)
class Finding:
    """One question that is answered before it is asked.

    Attributes
    ----------
    told
        Says in a sentence with numbers what the answer comes to.
    """

    page: QuestionPage
    ask: Ask
    told: Callable[[Any], str]


def findings(loaded: Loaded) -> list[Finding]:
    """Return what is asked of a cluster when it is opened."""
    asked: list[tuple[QuestionPage, Any, Callable[[Any], str]]] = [
        (
            rebalance.PAGE,
            RebalanceRequest(mode=LoadMode.CONSOLIDATE, max_utilization=_ROOM, risk=True),
            nodes_that_could_go,
        )
    ]
    zone = _largest_zone(loaded)
    if zone is not None:
        asked.append(
            (
                recovery.PAGE,
                RecoveryRequest(failed_zones=(zone,), risk=True),
                lambda outcome: zone_lost(outcome, zone),
            )
        )
    if loaded.summary.pending:
        asked.append(
            (
                placement.PAGE,
                PlacementRequest(waiting=True, max_utilization=_ROOM, risk=True),
                pods_that_wait,
            )
        )
    rows = autoscale.prefilled(loaded.cluster)
    if rows:
        base = AutoscaleRequest.model_validate(
            {"services": rows, "risk": True, "max_utilization": _ROOM}
        )
        asked.append(
            (
                autoscale.PAGE,
                autoscale.scaled(base, _MORE_TRAFFIC),
                services_near_their_limit,
            )
        )
    return [
        Finding(
            page,
            Ask(page.question, loaded.digest, request, Weights(), None, SolverParams()),
            told,
        )
        for page, request, told in asked
    ]


@st.fragment(run_every=POLL_S)
def _waiting(loaded: Loaded) -> None:
    _draw(loaded)
    if all(_over(finding) for finding in findings(loaded)):
        st.rerun()


def show(loaded: Loaded) -> None:
    """Draw the findings; what is not there yet is being worked out, and comes by itself."""
    if not background.allowed():
        return
    if all(_over(finding) for finding in findings(loaded)):
        _draw(loaded)
    else:
        _waiting(loaded)


def _over(finding: Finding) -> bool:
    kept = background.entry(finding.ask)
    return kept is not None and kept.over


def _draw(loaded: Loaded) -> None:
    offered = findings(loaded)
    for finding in offered:
        if background.entry(finding.ask) is None:
            background.begin(finding.page.function, finding.ask, loaded)
            break
        if not _over(finding):
            break
    with st.container(key="findings"):
        for finding in offered:
            _card(finding, loaded)
        if not loaded.summary.pending:
            with st.container(border=True, height="stretch"):
                st.markdown(_("**No pod waits for a node**"))


def _card(finding: Finding, loaded: Loaded) -> None:
    kept = background.entry(finding.ask)
    with st.container(border=True, height="stretch"):
        if kept is None or not kept.over:
            st.markdown(
                _(":material/hourglass_top: {title}: being worked out", title=_(finding.page.title))
            )
        elif kept.failed:
            st.markdown(_("{title}: no answer ahead", title=_(finding.page.title)))
        else:
            st.markdown(f"**{plain(finding.told(kept.outcome))}**")
            label = _("Open in {title}", title=_(finding.page.title))
            if st.button(label, key=f"finding {finding.page.title}", icon=finding.page.icon):
                _open(finding, loaded, kept.outcome)


def _open(finding: Finding, loaded: Loaded, outcome: Any) -> None:
    """Go to the page with the answer there, and its controls as they were asked."""
    opening.give(finding.ask, loaded, outcome)
    opening.go(finding.page.question)


def nodes_that_could_go(outcome: RebalanceOutcome) -> str:
    """Say how many nodes a rebalance frees, and the money."""
    before, after = outcome.metrics.before, outcome.metrics.after
    freed = len(outcome.freed_nodes)
    if not freed:
        return _("No node could go, with 10% of each kept free")
    share = units.percent(freed / max(before.nodes_in_use, 1))
    words = _("{share} of nodes could go", share=share)
    if before.price_per_hour is not None and after.price_per_hour is not None:
        words += f": {units.price_per_month(before.price_per_hour - after.price_per_hour)}"
    return words


def zone_lost(outcome: RecoveryOutcome, zone: str) -> str:
    """Say whether the cluster survives the loss of its largest zone."""
    lost = len(outcome.unplaced)
    if not lost:
        return _("Losing zone {zone}: survivable", zone=zone)
    return _(
        "Losing zone {zone}: {pods} would find no node", zone=zone, pods=units.count(lost, "pod")
    )


def pods_that_wait(outcome: PlacementOutcome) -> str:
    """Say how many waiting pods cannot start, and why the first of them does not."""
    cannot = outcome.unplaced
    if not cannot:
        return _("{pods} could start now", pods=units.count(len(outcome.placements), "waiting pod"))
    return _(
        "{pods} cannot start: {reason}",
        pods=units.count(len(cannot), "pod"),
        reason=retold(cannot[0].reason),
    )


def services_near_their_limit(outcome: AutoscaleOutcome) -> str:
    """Say how many services could not follow a quarter more traffic."""
    held = [action.service for action in outcome.actions if action.suppressed]
    if not held:
        return _("Every service can take 25% more traffic")
    named = ", ".join(name.rsplit("/", 1)[-1] for name in held[:3])
    more = _(" and {more:,} more", more=len(held) - 3) if len(held) > 3 else ""
    return plural(
        "{number:,} service is near its limit: {names}",
        "{number:,} services are near their limit: {names}",
        len(held),
        names=named + more,
    )


def _largest_zone(loaded: Loaded) -> str | None:
    zones: dict[str, int] = {}
    for node in loaded.cluster.nodes:
        if node.zone is not None:
            held = len(loaded.cluster.pods_by_node[node.name])
            zones[node.zone] = zones.get(node.zone, 0) + held
    return max(sorted(zones), key=lambda zone: zones[zone]) if len(zones) > 1 else None

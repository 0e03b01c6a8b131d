"""The Fleet page: what may be bought and may stay in, which nodes to have out."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from kytos.calls.answers import fleet
from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.errors import InputError, SourceError, first_problem
from kytos.language import N_, _, retold, said
from kytos.problem import LoadMode
from kytos.questions.fleet.fleet import FleetOutcome, planned_cluster
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.outcome import Question
from kytos.report import units
from kytos.report.families import families_in_words
from kytos.report.figures.fleet import boxes, curve, loosened
from kytos.report.headlines import headline
from kytos.report.node_groups import managed_groups, node_pools
from kytos.sources.catalogue.types import regions
from kytos.sources.documents import read_documents
from kytos.ui.panels import question, results, summary
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, meanings
from kytos.ui.parts.heatmaps import change_heatmaps, chart
from kytos.ui.parts.held import hold
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import plain
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session import frame
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask

_TYPES, _REGION, _MOST = "fleet types", "fleet region", "fleet max types"
_STAY, _SPOT, _DISCOUNTS = "fleet may stay", "fleet spot", "fleet discounts"
_SURVIVE, _POOLS = "fleet survive", "fleet pools"
_FAILURES = {"node": N_("node"), "zone": N_("zone"), "spot": N_("spot pool")}
_ANY = N_("all that pay")
_NONE = N_("none")
_CURVE_SECONDS = 4.0
_CURVE_TYPES = (1, 2, 3, 4, 6)
_CURVE_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def request_values(request: FleetRequest) -> dict[str, Any]:
    """Return the values of the page's controls by key."""
    own = [one.model_dump(mode="json", exclude_defaults=True) for one in request.types or ()]
    return {
        _TYPES: json.dumps(own, indent=1) if own else "",
        _POOLS: json.dumps(request.pools, indent=1) if request.pools else "",
        _REGION: request.region,
        _MOST: request.max_types,
        _STAY: _ANY if request.keep is None else _NONE,
        _SPOT: None if request.spot_share is None else round(100 * request.spot_share),
        _DISCOUNTS: ", ".join(request.discounts),
        _SURVIVE: list(request.survive),
        **controls.headroom_values(request.max_utilization),
        **use_values(request),
    }


def _change(
    cluster: Cluster, request: FleetRequest, outcome: FleetOutcome
) -> tuple[Cluster, Cluster]:
    return cluster, planned_cluster(cluster, request, outcome)


PAGE = QuestionPage(
    question=Question.FLEET,
    title=N_("Fleet"),
    about=N_("Which nodes to buy, keep and release, and where each pod then runs."),
    button=N_("Choose nodes"),
    icon=":material/shopping_cart:",
    function=fleet,
    values=request_values,
    change=_change,
)


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_(PAGE.title))
    if loaded is None:
        question.no_cluster()
        return
    ask = None
    with st.sidebar:
        given = _controls() | use_limits(loaded)
        settings = question.settings(meanings.moving(LoadMode.CONSOLIDATE))
    pressed = question.head(PAGE)
    try:
        ask = Ask(PAGE.question, loaded.digest, _request(given), *settings)
    except InputError as error:
        question.refused(error)
    answer = question.run(PAGE, ask, loaded, pressed=pressed)
    if answer is None:
        question.empty(
            PAGE,
            ask,
            loaded,
            _("Press *Choose nodes* to see which this cluster should have."),
            partial(_boxes, loaded.cluster),
        )
        return
    question.stale_note(PAGE, answer, ask)
    _result(answer, ask)


def _controls() -> dict[str, Any]:
    """Draw what may be bought and what may stay, as fields of the request."""
    typed = st.text_area(
        _("Types of your own (JSON)"),
        key=_TYPES,
        placeholder='[{"name": "m", "cpu_capacity": 3920, "mem_capacity": 14000, '
        '"price_per_hour": 0.19}]',
        help=_("Capacities are what pods may ask of a node. Empty: the shipped list prices."),
    )
    pools = st.text_area(
        _("Karpenter's objects (YAML or JSON)"),
        key=_POOLS,
        placeholder="apiVersion: karpenter.sh/v1",
        help=_(
            "NodePools, NodeOverlays and EC2NodeClasses beside those of the cluster's files, as "
            "kubectl prints them. Where there is a NodePool, only what pools allow is bought."
        ),
    )
    region = st.selectbox(_("Region of the list prices"), regions(), key=_REGION)
    hold(_MOST, _("Different types"), 1, 50)
    most = st.number_input(
        _("Different types at most"), 1, 50, value=None, key=_MOST, placeholder=_("no limit")
    )
    stay = st.segmented_control(
        _("Today's nodes that may stay"), (_ANY, _NONE), format_func=_, default=_ANY, key=_STAY
    )
    hold(_SPOT, _("Spot (%)"), 0, 100)
    spot = st.number_input(
        _("Spot at most (%)"), 0, 100, value=None, step=5, key=_SPOT, placeholder=_("as types say")
    )
    discounts = st.text_input(_("Discounts"), key=_DISCOUNTS, placeholder="m*=0.72, c5*=0.6")
    survive = st.pills(
        _("Survive the failure of any one"),
        list(_FAILURES),
        format_func=lambda one: _(_FAILURES[one]),
        selection_mode="multi",
        key=_SURVIVE,
        help=_(
            "Whatever one of them fails after the plan, all pods it evicts find a node; a spot "
            "pool is a type in a zone, taken back at once. What is fatal today may stay so."
        ),
    )
    given: dict[str, Any] = {
        "region": region,
        "survive": list(survive),
        "max_types": most,
        "discounts": [rule for rule in map(str.strip, discounts.split(",")) if rule],
        "max_utilization": controls.headroom(),
        "types": typed.strip(),
        "pools": pools.strip(),
    }
    if stay == _NONE:
        given["keep"] = []
    if spot is not None:
        given["spot_share"] = spot / 100
    return given


def _request(given: dict[str, Any]) -> FleetRequest:
    typed = given.pop("types")
    try:
        types = json.loads(typed) if typed else None
    except json.JSONDecodeError as error:
        raise SourceError(said(f"no JSON: {error}"), "types") from error
    pools = _objects(given.pop("pools"))
    try:
        return FleetRequest.model_validate(given | {"types": types, "pools": pools})
    except ValidationError as error:
        raise first_problem(error) from error


def _objects(typed: str) -> list[Any]:
    """The objects typed in, several documents or a List of them."""
    if not typed:
        return []
    listed: list[Any] = []
    for document in read_documents(typed, "pools"):
        if isinstance(document, list):
            listed += document
        elif isinstance(document, dict) and isinstance(document.get("items"), list):
            listed += document["items"]
        else:
            listed.append(document)
    return listed


def _result(answer: Answer, ask: Ask | None) -> None:
    outcome: FleetOutcome = answer.outcome
    results.headline(plain(headline(outcome)))
    summary.draw(answer)
    results.proof_caption(answer)
    _both_fleets(answer)
    _purchases(outcome)
    cluster, name = answer.loaded.cluster, answer.loaded.name
    panels: dict[str, Panel] = {
        _("Moves ({count:,})", count=len(outcome.moves)): lambda: results.moves_panel(
            outcome.moves, cluster, name
        ),
        _("Families"): lambda: _families(answer),
        _("YAML"): lambda: _yaml(outcome, answer.after),
        _("Cost curves"): lambda: _curves(answer),
        _("Fullness"): partial(
            change_heatmaps, answer.before, answer.after, frozenset(outcome.release)
        ),
    }
    if outcome.unplaced:
        panels[_("Unplaced ({count:,})", count=len(outcome.unplaced))] = lambda: _unplaced(outcome)
    question.result_tabs(PAGE, answer, ask, panels)


def _boxes(cluster: Cluster) -> None:
    chart(boxes(cluster), key="fleet today", alt=_("Today's nodes as boxes to scale"))
    st.caption(_("Each box is a node: as wide as its CPU, as high as its memory."))


def _both_fleets(answer: Answer) -> None:
    outcome: FleetOutcome = answer.outcome
    before, after = st.columns(2)
    with before:
        st.markdown(plain(_("Today: {before}", before=units.price(outcome.price.before))))
        chart(
            boxes(answer.before, released=outcome.release),
            key="fleet before",
            alt=_("Today's nodes as boxes to scale, those released dotted"),
        )
    with after:
        st.markdown(plain(_("Proposed: {after}", after=units.price(outcome.price.after))))
        bought = {name for one in outcome.buy for name in one.nodes}
        chart(
            boxes(answer.after, bought=bought),
            key="fleet after",
            alt=_("The proposed nodes as boxes to scale"),
        )


def _purchases(outcome: FleetOutcome) -> None:
    if outcome.buy:
        table = pd.DataFrame(
            {
                _("Type"): [one.type for one in outcome.buy],
                _("Capacity"): [one.capacity_type for one in outcome.buy],
                _("Zone"): [one.zone or _("any") for one in outcome.buy],
                _("Nodes"): [one.count for one in outcome.buy],
                _("Each per hour"): [one.price_per_hour for one in outcome.buy],
                _("Together"): [one.count * one.price_per_hour for one in outcome.buy],
            }
        )
        money = st.column_config.NumberColumn(format="$%.4f")
        results.table_with_downloads(
            table,
            outcome.buy,
            N_("purchases"),
            "fleet",
            {_("Each per hour"): money, _("Together"): money},
        )


def _unplaced(outcome: FleetOutcome) -> None:
    table = pd.DataFrame(
        {
            _("Pod"): [one.pod for one in outcome.unplaced],
            _("Why"): [retold(one.reason) for one in outcome.unplaced],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch")


def _families(answer: Answer) -> None:
    """Compare the three families that would run all pods the cheapest, each alone."""
    # Said again, in the reader's language.
    costs = answer.outcome.families
    for words in families_in_words(costs):
        st.markdown("- " + plain(words))
    if not costs:
        st.caption(_("No family runs all pods alone."))
        return
    st.caption(
        _("Priced by what all pods ask together; taints and zones are not looked at, so at least.")
    )


def _yaml(outcome: FleetOutcome, after: Cluster) -> None:
    if not outcome.buy:
        st.caption(_("Nothing is bought."))
        return
    st.markdown(_("Karpenter NodePools that allow what is bought, and nothing else:"))
    st.code(node_pools(outcome, after), language="yaml")
    st.markdown(_("The same as managed node groups (eksctl):"))
    st.code(managed_groups(outcome, after), language="yaml")


def _curves(answer: Answer) -> None:
    """Draw what other limits would cost; a few seconds for each point, so only when asked."""
    if not st.button(_("Draw the curves"), icon=":material/show_chart:"):
        st.caption(_("The price against the number of types, and against the share on spot."))
        return
    request: FleetRequest = answer.ask.request
    loaded: Loaded = answer.loaded
    with st.spinner(_("Choosing fleets")):
        by_types = [
            (str(most), _price(loaded, request.model_copy(update={"max_types": most})))
            for most in _CURVE_TYPES
        ]
        spots = any(one.capacity_type == "spot" for one in request.own_types or ())
        by_share = [
            (f"{share:.0%}", _price(loaded, request.model_copy(update={"spot_share": share})))
            for share in (_CURVE_SHARES if spots or request.own_types is None else ())
        ]
    chart(
        curve(loosened(by_types), _("different types at most")),
        key="fleet by types",
        alt=_("Price of the fleet against the number of types"),
    )
    if by_share:
        chart(
            curve(loosened(by_share), _("share on spot at most")),
            key="fleet by spot",
            alt=_("Price of the fleet against the share on spot"),
        )


def _price(loaded: Loaded, request: FleetRequest) -> float:
    plain_request = request.model_copy(update={"runbook": False, "risk": False})
    params = SolverParams(time_limit_s=_CURVE_SECONDS)
    outcome = fleet(loaded.cluster, plain_request, params=params)
    return float(outcome.price.after)

"""Prices on the cluster page: what each kind of node costs, edited by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from kytos.cluster import Cluster, Node
from kytos.language import N_, _
from kytos.report import units
from kytos.sources.prices import kind_of
from kytos.ui.parts.text import plain
from kytos.ui.session import clusters
from kytos.ui.session.clusters import Loaded

_PRICE = N_("Price per hour")
"""Column of the editor: its edits come under what it is called in the reader's language."""
_GIVEN = "prices given"
_PRICED = "cluster that prices are shown of"
_NO_TYPE = N_("none named")

Kind = tuple[str, str, float | None]
"""Nodes that are priced together: instance type, capacity type, and what they cost so far."""

Given = Mapping[Kind, float | None]
"""By kind, as it was before: the price given instead; None says that it is not known."""


def prices_panel(loaded: Loaded) -> None:
    """Draw the prices of a cluster's nodes; an edit makes the session's own cluster of it."""
    rows = kinds(loaded.cluster)
    unknown = sum(price is None for _type, _capacity, price in rows)
    title = (
        _("Prices ({kinds} unknown)", kinds=units.count(unknown, "kind"))
        if unknown
        else _("Prices")
    )
    key = f"prices {loaded.digest}"  # a new cluster draws a new editor, without the last edits
    st.session_state[_PRICED] = loaded  # one at a time: a callback's arguments stay with its editor
    with st.expander(title, icon=":material/payments:"):
        st.caption(_hint(loaded))
        st.data_editor(
            pd.DataFrame(
                {
                    _("Instance type"): [kind or _(_NO_TYPE) for kind, _capacity, _price in rows],
                    _("Capacity type"): [capacity for _type, capacity, _price in rows],
                    _("Nodes"): list(rows.values()),
                    _(_PRICE): pd.Series([price for _type, _capacity, price in rows], dtype=float),
                }
            ),
            key=key,
            hide_index=True,
            disabled=[_("Instance type"), _("Capacity type"), _("Nodes")],
            column_config={
                _(_PRICE): st.column_config.NumberColumn(
                    format="$%.4f",
                    min_value=0.0,
                    max_value=1e6,
                    help=_("Empty: not known."),
                )
            },
            placeholder=_("not known"),
            on_change=_take,
            args=(key,),
        )


def kinds(cluster: Cluster) -> dict[Kind, int]:
    """Return the kinds of nodes there are and how many of each, those without a price first."""
    counted = Counter(_kind(node) for node in cluster.nodes)
    return dict(sorted(counted.items(), key=lambda row: (row[0][2] is not None, row[0][:2])))


def repriced(loaded: Loaded, given: Given) -> Loaded:
    """Return the same cluster with the prices given: the session's own, whatever it was."""
    nodes = tuple(
        node.model_copy(update={"price_per_hour": given.get(_kind(node), node.price_per_hour)})
        for node in loaded.cluster.nodes
    )
    prepared = clusters.prepare(loaded.cluster.replace(nodes=nodes), sample=None)
    return replace(prepared, name=loaded.name, snapshot=loaded.snapshot)


def as_given_before(loaded: Loaded) -> Loaded:
    """Return a live cluster with the prices this session gave it when it was read before."""
    given = _given_to(loaded)
    return repriced(loaded, given) if given else loaded


def edits(rows: Mapping[Kind, int], edited: Mapping[int, Mapping[str, Any]]) -> Given:
    """Return what was typed into the editor, by kind of node."""
    kind_at = list(rows)
    column = _(_PRICE)
    return {kind_at[row]: cells[column] for row, cells in edited.items() if column in cells}


def _take(key: str) -> None:
    """Take the edits of an editor: those of the cluster that was shown with it."""
    loaded: Loaded = st.session_state[_PRICED]
    given = edits(kinds(loaded.cluster), st.session_state[key]["edited_rows"])
    if loaded.snapshot is not None:
        # By the prices as they were read: those are what the next reading finds.
        so_far = {
            kind: given.get((*kind[:2], price), price) for kind, price in _given_to(loaded).items()
        }
        st.session_state.setdefault(_GIVEN, {})[loaded.snapshot.context] = {**given, **so_far}
    clusters.keep(repriced(loaded, given))


def _given_to(loaded: Loaded) -> Given:
    context = None if loaded.snapshot is None else loaded.snapshot.context
    given: Given = st.session_state.get(_GIVEN, {}).get(context, {})
    return given


def _hint(loaded: Loaded) -> str:
    said = _(
        "Dollars an hour for each node of a kind. They hold for every page and every scenario "
        "saved in this session; `KYTOS_PRICES` names a table that lasts."
    )
    if loaded.sample is not None:
        own = clusters.own_name()
        instead = _(", in place of **{own}**", own=plain(own)) if own else ""
        said += _(" An edit makes a copy of this sample your cluster{instead}.", instead=instead)
    return said


def _kind(node: Node) -> Kind:
    return (*kind_of(node), node.price_per_hour)

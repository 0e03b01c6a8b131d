"""Tables a person edits: what was typed outlives a page switch, and a scenario can fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kytos.language import _, language
from kytos.ui.parts.text import plain

Row = dict[str, Any]


def filling(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what fills a table when set with `kytos.ui.parts.controls.set_controls`."""
    return {_key(name, "given"): list(rows)}


def edited_rows(
    name: str, start: Sequence[Row], columns: Mapping[str, ColumnConfig], *, about: str = ""
) -> list[Row]:
    """Draw an editable table and return its rows; a cell left empty is left out.

    Parameters
    ----------
    start
        The rows it begins with.
    about
        What the start depends on: with another one the table begins anew.
    """
    state = st.session_state
    given = state.pop(_key(name, "given"), None)
    version = state.get(_key(name, "version"), 0)
    if given is not None or state.get(_key(name, "about"), about) != about:
        version += 1
        rows = list(start) if given is None else given
        state[_key(name, "kept")] = rows
        state[_key(name, "beyond")] = {
            row["id"]: _beyond(row, columns) for row in rows if "id" in row
        }
    state[_key(name, "version")], state[_key(name, "about")] = version, about
    # A new key draws a new editor: one that is edited ignores other data, or forgets it when its
    # columns are called otherwise.
    widget = f"{_key(name, 'table')} {version} {language()}"
    if widget not in state:
        rows = state.get(_key(name, "kept"), start)
        state[_key(name, "base")] = _table(rows, columns)
    edited = st.data_editor(
        state[_key(name, "base")],
        key=widget,
        num_rows="dynamic",
        hide_index=True,
        column_config=columns,
        placeholder="",  # of a cell left empty, which would say None
    )
    rows = state[_key(name, "kept")] = _rows(edited)
    return _with_beyond(rows, state.get(_key(name, "beyond"), {}))


def _beyond(row: Row, columns: Mapping[str, ColumnConfig]) -> Row:
    """What a row says that the table has no column for: a pod's tolerations, say."""
    return {field: value for field, value in row.items() if field not in columns}


def _with_beyond(rows: Sequence[Row], beyond: Mapping[str, Row]) -> list[Row]:
    """The rows with what they said besides, which a line below the table names."""
    told = [
        _("{row} also has {names}", row=row["id"], names=", ".join(sorted(more)))
        for row in rows
        if (more := beyond.get(row.get("id", "")))
    ]
    if told:
        st.caption(plain("; ".join(told) + _(". Rename a row to leave that out.")))
    return [row | beyond.get(row.get("id", ""), {}) for row in rows]


def _table(rows: Sequence[Row], columns: Mapping[str, ColumnConfig]) -> pd.DataFrame:
    """Return rows as a table; an empty column would else be one of numbers whatever it is for."""
    table = pd.DataFrame(rows, columns=list(columns))
    settings: Mapping[str, Any] = columns
    for name, config in settings.items():
        kind = config["type_config"]["type"]
        table[name] = table[name].astype("float64" if kind == "number" else object)
        if kind == "text":
            table[name] = table[name].where(table[name].notna(), None)
    return table


def _rows(table: pd.DataFrame) -> list[Row]:
    rows = [
        {str(name): _plain(value) for name, value in row.items() if not pd.isna(value)}
        for row in table.to_dict("records")
    ]
    return [row for row in rows if row]


def _plain(value: Any) -> Any:
    """Return a cell's value without NumPy; a column with gaps makes floats of whole numbers."""
    plain = value.item() if hasattr(value, "item") else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _key(name: str, what: str) -> str:
    return f"{name} {what}"

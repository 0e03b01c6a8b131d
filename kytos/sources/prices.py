"""What nodes cost: a small editable table of instance types, applied to a cluster."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from kytos.cluster import INSTANCE_TYPE, REGION, Cluster, Node, NoteKind, is_spot, note_about
from kytos.errors import SourceError
from kytos.language import said
from kytos.settings import PriceSettings
from kytos.sources.catalogue.types import DEFAULT_REGION, currency_of, list_prices, regions

PRICE_ANNOTATION = "kytos.io/price-per-hour"
"""An annotation of a Node that says its price, before any table."""

ON_DEMAND, SPOT = "on-demand", "spot"

_COLUMNS = ("instance_type", "capacity_type", "price_per_hour")

PriceTable = Mapping[tuple[str, str], float]
"""Price per hour by (instance type, capacity type)."""


def read_prices(text: str, where: str = "prices") -> PriceTable:
    """Read a price table: CSV with `instance_type`, `capacity_type` and `price_per_hour`.

    Lines that begin with ``#`` are comments; more columns are ignored.

    Raises
    ------
    SourceError
        Naming the line that cannot be read or repeats another.
    """
    lines = {
        number: line
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    }
    rows = csv.DictReader(lines.values(), skipinitialspace=True)
    if lines and (lacking := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]):
        raise SourceError(
            said(
                f"no column {lacking[0]}; the first line must name {', '.join(_COLUMNS)}, with "
                "commas between them"
            ),
            where,
        )
    table: dict[tuple[str, str], float] = {}
    for number, row in zip(list(lines)[1:], rows, strict=True):
        place = said(f"{where}: line {number}")
        instance_type, capacity_type, price = ((row[name] or "").strip() for name in _COLUMNS)
        if not instance_type:
            raise SourceError(said("no instance_type; expected one such as m5.large"), place)
        if capacity_type not in (ON_DEMAND, SPOT):
            raise SourceError(
                said(f"capacity_type is {capacity_type!r}; expected {ON_DEMAND} or {SPOT}"), place
            )
        if (instance_type, capacity_type) in table:
            raise SourceError(said(f"{instance_type} {capacity_type} is listed twice"), place)
        table[instance_type, capacity_type] = _price(price, place)
    return table


def prices_with(path: Path | None) -> PriceTable:
    """The table that comes with Kytos, the rows of a file of one's own winning over it.

    Raises
    ------
    SourceError
        When the file cannot be read, naming the line.
    """
    return {**_shipped_prices(), **prices_of(path)}


def prices_of(path: Path | None) -> PriceTable:
    """The rows of a file of one's own, and nothing else; none where none is named.

    Raises
    ------
    SourceError
        When the file cannot be read, naming the line.
    """
    return {} if path is None else read_prices(_text_of(path), path.name)


def operators_prices() -> PriceTable:
    """The rows of ``KYTOS_PRICES``.

    Raises
    ------
    SourceError
        When that file cannot be read.
    """
    return _operators_once(PriceSettings.from_environment().prices)


def default_prices() -> PriceTable:
    """The table used where none is named: the shipped one, and the rows of ``KYTOS_PRICES``.

    Raises
    ------
    SourceError
        When that file cannot be read.
    """
    return _prices_once(PriceSettings.from_environment().prices)


def with_prices(cluster: Cluster, table: PriceTable | None = None) -> Cluster:
    """The same cluster with prices where they are known.

    A node's own price comes first, then its annotation `PRICE_ANNOTATION`, then the table (by
    default `default_prices`), then, on demand, the list price of its type in its region (by label,
    else us-east-1). What none of them knows stays unknown. An annotation that is no price is left
    out, with a note.
    """
    prices = default_prices() if table is None else table
    unread: dict[str, list[str]] = {}
    nodes = []
    for node in cluster.nodes:
        try:
            own = _own_price(node)
        except SourceError as error:
            own = None
            unread.setdefault(error.message, []).append(node.name)
        price = _price_in(node, prices) if own is None else own
        nodes.append(node.model_copy(update={"price_per_hour": price}))
    notes = tuple(
        note_about(
            said(f"left out: annotation {PRICE_ANNOTATION}: {why}"), names, NoteKind.LEFT_OUT
        )
        for why, names in unread.items()
    )
    return cluster.replace(nodes=tuple(nodes), notes=(*cluster.notes, *notes))


def kind_of(node: Node) -> tuple[str, str]:
    """By what a table tells a node's price: its instance type, or nothing, and capacity type."""
    return node.labels.get(INSTANCE_TYPE, ""), SPOT if is_spot(node) else ON_DEMAND


@lru_cache(maxsize=1)
def _prices_once(path: Path | None) -> PriceTable:
    """An operator's table is read when Kytos starts; a slip in it later stops nobody."""
    return prices_with(path)


@lru_cache(maxsize=1)
def _operators_once(path: Path | None) -> PriceTable:
    return prices_of(path)


@lru_cache(maxsize=1)
def _shipped_prices() -> PriceTable:
    shipped = files("kytos.sources").joinpath("prices.csv").read_text(encoding="utf-8")
    return read_prices(shipped, "prices.csv")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # a spreadsheet begins it with a mark
    except OSError as error:
        raise SourceError(said(f"cannot be read: {error.strerror}"), str(path)) from error
    except UnicodeDecodeError as error:
        raise SourceError(said("is not text in UTF-8; expected a CSV file"), str(path)) from error


def _own_price(node: Node) -> float | None:
    """The price that the node itself tells."""
    if node.price_per_hour is not None or PRICE_ANNOTATION not in node.annotations:
        return node.price_per_hour
    return _price(node.annotations[PRICE_ANNOTATION], node.name)


def _price_in(node: Node, table: PriceTable) -> float | None:
    known = table.get(kind_of(node))
    return _list_price(node) if known is None else known


def _list_price(node: Node) -> float | None:
    """The on-demand list price of the node's type in its region, where the catalogue knows one."""
    name, capacity_type = kind_of(node)
    region = node.labels.get(REGION, DEFAULT_REGION)
    if capacity_type != ON_DEMAND or region not in regions() or currency_of(region) != "USD":
        return None
    return list_prices(region).get(name)


def _price(text: str | None, where: str) -> float:
    try:
        price = float(text or "")
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise SourceError(said(f"expected a price per hour such as 0.192, found {text!r}"), where)
    return price

"""Prometheus' answers to ``query_range`` and ``query``, series by series.

A week of ten thousand pods is some hundred MiB of JSON; parsed whole it would take several GiB as
Python objects. So the text of each series' values is read as numbers straight away, and only its
labels as JSON. The shape: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.usage.grid import Times

_SERIES = re.compile(
    rb'\{\s*"metric"\s*:\s*(?P<metric>\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})\s*,\s*'
    rb'"values?"\s*:\s*\[(?P<values>[^{}]*?)\](?:\s*\])?\s*\}',
    re.DOTALL,
)
_METRIC = re.compile(rb'"metric"\s*:')
_HEAD = re.compile(rb'"resultType"\s*:\s*"(matrix|vector)"')
_PUNCTUATION = bytes.maketrans(b'[]"\n\r\t', b"      ")


@dataclass(frozen=True)
class PrometheusSeries:
    """One series: its labels, and its samples in order of time."""

    labels: dict[str, str]
    times: Times
    values: Times


def is_prometheus(content: bytes) -> bool:
    """Whether a text is an answer of Prometheus' query interface."""
    return _HEAD.search(content[:4096]) is not None


def read_series(content: bytes, where: str) -> Iterator[PrometheusSeries]:
    """Read the series of an answer one after another.

    Raises
    ------
    SourceError
        When Prometheus itself reports an error, or the text is not its JSON.
    """
    expected = len(_METRIC.findall(content))
    seen = 0
    series: list[tuple[bytes, bytes]] = []
    for match in _SERIES.finditer(content):
        series.append((match["metric"], match["values"]))
        seen += 1
    if seen != expected:  # written in an order of fields that the pattern does not know
        yield from _read_whole(content, where)
        return
    for metric, values in series:
        try:
            labels = _labels(json.loads(metric))
            numbers = _numbers(values)
        except ValueError:
            shown = metric[:80].decode(errors="replace")
            raise SourceError(
                said(f"series {shown} is not as Prometheus writes it"), where
            ) from None
        yield _series(labels, numbers[0::2], numbers[1::2])


def _numbers(values: bytes) -> Times:
    """The numbers of ``[time,"value"],[time,"value"]``, which come in pairs."""
    expected = values.count(b",") + 1 if values.strip() else 0
    text = values.translate(_PUNCTUATION).decode("ascii")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # numpy's word for what is no number
        try:
            numbers = np.fromstring(text, sep=",")
        except DeprecationWarning as error:
            raise ValueError(text[:80]) from error
    if len(numbers) != expected or expected % 2:
        raise ValueError(text[:80])
    return numbers


def _read_whole(content: bytes, where: str) -> Iterator[PrometheusSeries]:
    try:
        answer: Any = json.loads(content)
        results = answer["data"]["result"]
        for result in results:
            pairs = result["values"] if "values" in result else [result["value"]]
            times = np.array([float(time) for time, _ in pairs])
            values = np.array([float(value) for _, value in pairs])
            yield _series(_labels(result["metric"]), times, values)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SourceError(
            said(
                "is no answer of Prometheus; expected the JSON of /api/v1/query_range with "
                "data.result"
            ),
            where,
        ) from None


def _labels(metric: Any) -> dict[str, str]:
    """Labels as they are; ValueError where they are none."""
    if not isinstance(metric, dict) or not all(isinstance(one, str) for one in metric.values()):
        raise ValueError(metric)
    return metric


def _series(labels: dict[str, str], times: Times, values: Times) -> PrometheusSeries:
    order = np.argsort(times, kind="stable")
    return PrometheusSeries(labels, times[order], values[order])

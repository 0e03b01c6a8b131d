"""What pods were seen to use, as a scenario's JSON keeps it: series packed, all else as it is."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib

import numpy as np
from pydantic import Field

from kytos.cluster import Frozen, Resources
from kytos.errors import SourceError
from kytos.language import said
from kytos.usage import Recommendation, Series, Usage

_SERIES = ("cpu", "memory", "throttled")
_WHERE = "use"


class SavedAdvice(Frozen):
    """A recommendation, see `kytos.usage.Recommendation`."""

    source: str
    kind: str
    workload: str
    container: str
    requests: Resources = Field({})
    lower_bound: Resources = Field({})


class SavedUse(Frozen):
    """Use on one grid of time, see `kytos.usage.Usage`."""

    containers: tuple[tuple[str, str], ...] = ()
    start_s: float = Field(0.0, allow_inf_nan=False)
    step_s: float = Field(60.0, gt=0, allow_inf_nan=False)
    samples: int = Field(0, ge=0, le=10**6)
    series: dict[str, str] = Field(
        {}, description="by cpu, memory, throttled: float32 by container and sample, zlib, base64"
    )
    oom_kills: tuple[tuple[str, str, int], ...] = ()
    recommendations: tuple[SavedAdvice, ...] = ()
    left_out: dict[str, tuple[str, ...]] = Field({})


def saved_use(usage: Usage) -> SavedUse:
    """Return use as it is saved; series without a number are left out."""
    packed = {}
    for name in _SERIES:
        values: Series = getattr(usage, name)
        if not np.isnan(values).all():
            packed[name] = base64.b64encode(zlib.compress(values.astype("<f4").tobytes())).decode()
    return _without_series(usage).model_copy(update={"series": packed})


def _without_series(usage: Usage) -> SavedUse:
    return SavedUse(
        containers=usage.containers,
        start_s=usage.start_s,
        step_s=usage.step_s,
        samples=usage.samples,
        oom_kills=tuple(
            (pod, container, kills) for (pod, container), kills in sorted(usage.oom_kills.items())
        ),
        recommendations=tuple(
            SavedAdvice(
                source=one.source,
                kind=one.kind,
                workload=one.workload,
                container=one.container,
                requests=one.requests,
                lower_bound=one.lower_bound,
            )
            for one in usage.recommendations
        ),
        left_out={why: tuple(names) for why, names in usage.left_out.items()},
    )


def digest_of_use(usage: Usage) -> str:
    """Return what tells one use from another: a SHA-256 over all of it, in hex."""
    digest = hashlib.sha256(_without_series(usage).model_dump_json().encode())
    for name in _SERIES:
        values: Series = getattr(usage, name)
        # One not-a-number for all: there are many, and files tell them alike.
        digest.update(np.where(np.isnan(values), np.float32(-1), values).astype("<f4").tobytes())
    return digest.hexdigest()


def usage_of(saved: SavedUse) -> Usage:
    """Return use that was saved.

    Raises
    ------
    SourceError
        When a series is not as `saved_use` writes it.
    """
    shape = len(saved.containers), saved.samples
    if saved.series.keys() - set(_SERIES):
        raise SourceError(said(f"has series {sorted(saved.series)}; expected of {_SERIES}"), _WHERE)
    return Usage(
        containers=saved.containers,
        start_s=saved.start_s,
        step_s=saved.step_s,
        oom_kills={(pod, container): kills for pod, container, kills in saved.oom_kills},
        recommendations=tuple(Recommendation(**one.model_dump()) for one in saved.recommendations),
        left_out=saved.left_out,
        **{name: _unpacked(saved.series.get(name), shape, name) for name in _SERIES},
    )


def _unpacked(packed: str | None, shape: tuple[int, int], name: str) -> Series:
    if packed is None:
        return np.full(shape, np.nan, np.float32)
    expected = 4 * shape[0] * shape[1]
    try:
        unzip = zlib.decompressobj()
        content = unzip.decompress(base64.b64decode(packed, validate=True), expected + 1)
    except (binascii.Error, ValueError, zlib.error):
        content = b""
    if len(content) != expected:
        raise SourceError(
            said(
                f"series {name} does not hold {shape[0]} containers by {shape[1]} samples; "
                "expected float32 in zlib in base64, as Save scenario writes it"
            ),
            _WHERE,
        )
    return np.frombuffer(content, "<f4").reshape(shape).astype(np.float32)

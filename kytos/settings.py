"""What an operator sets of the workers, read from the environment; dashboard and service alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Self

from pydantic import Field

from kytos.cluster import Frozen

PREFIX = "KYTOS_"


class PoolSettings(Frozen):
    """The bounds of the pool; each is the variable ``KYTOS_`` and the field's name in capitals."""

    workers: int | None = Field(
        None, ge=1, le=256, description="worker processes; by default one per core, at most four"
    )
    queue: int = Field(16, ge=0, le=10_000, description="solves that may wait; more are refused")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises
        ------
        pydantic.ValidationError
            When a variable holds what its setting does not accept.
        """
        given = {name: environment.get(PREFIX + name.upper(), "") for name in cls.model_fields}
        return cls(**{name: value for name, value in given.items() if value})

"""What an operator sets in the environment, as far as more than one room reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError

from kytos.cluster import Frozen
from kytos.errors import InputError

PREFIX = "KYTOS_"


class SettingsError(InputError):
    """A variable that holds what its setting does not accept; says which, never what it holds."""


class EnvironmentSettings(Frozen):
    """Settings, each the variable ``KYTOS_`` and the field's name in capitals."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises
        ------
        SettingsError
            When a variable holds what its setting does not accept.
        """
        # Stripped, because what is read from a file or a Secret often ends with a line break.
        read = {name: environment.get(_variable(name), "").strip() for name in cls.model_fields}
        try:
            return cls(**{name: value for name, value in read.items() if value})
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False, include_input=False)
            said = "; ".join(f"{_variable(str(e['loc'][0]))}: {e['msg']}" for e in errors)
        raise SettingsError(said)  # not from the error, which quotes the token


class PoolSettings(EnvironmentSettings):
    """The bounds of the pool; dashboard and service alike."""

    workers: int | None = Field(
        None, ge=1, le=256, description="worker processes; by default one per core, at most four"
    )
    queue: int = Field(16, ge=0, le=10_000, description="solves that may wait; more are refused")


class PriceSettings(EnvironmentSettings):
    """What nodes cost, wherever a cluster is read."""

    prices: Path | None = Field(
        None, description="CSV of prices by instance type, over those that come with Kytos"
    )


class FileSettings(EnvironmentSettings):
    """How much is read of a file, wherever one is read."""

    max_file_mib: int = Field(
        4096, ge=1, le=1_048_576, description="longest file of a cluster, unpacked, MiB"
    )


class AccessSettings(EnvironmentSettings):
    """Who may call the service."""

    api_token: SecretStr | None = Field(
        None, min_length=16, description="bearer token every call must carry"
    )
    allow_anonymous: bool = Field(
        False, description="answer without a token on addresses other than this machine's own"
    )

    @property
    def may_be_reached(self) -> bool:
        """Whether the service may listen where others can reach it."""
        return self.allow_anonymous or self.api_token is not None


def _variable(field: str) -> str:
    return PREFIX + field.upper()


class BackgroundSettings(EnvironmentSettings):
    """What the dashboard does before it is asked."""

    background: bool = Field(
        True, description="work out the start page's findings while no worker has other work"
    )


class UseSettings(EnvironmentSettings):
    """How what pods use is asked for."""

    prometheus_token: SecretStr | None = Field(
        None,
        description="bearer token for the Prometheus server that is asked; from the dashboard it "
        "goes to `KYTOS_PROMETHEUS_URL` alone",
    )
    prometheus_url: str = Field(
        "", description="the Prometheus server that the dashboard asks, and no other then"
    )


class StoreSettings(EnvironmentSettings):
    """What the dashboard keeps: `KYTOS_STORE`, `KYTOS_STORE_DAYS` and `KYTOS_STORE_MIB`."""

    store: str = Field(
        "",
        description="SQLite file of uploads and answers, or memory; by default "
        "~/.local/state/kytos/dashboard.sqlite",
    )
    store_days: float = Field(30, gt=0, le=3650, description="days they are kept")
    store_mib: float = Field(500, gt=0, le=1_048_576, description="most they take, packed, MiB")

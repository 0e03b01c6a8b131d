"""What is asked of an autoscale: services, their rates, and what must stay free."""

from __future__ import annotations

from pydantic import Field, model_validator

from kytos.cluster import Frozen
from kytos.contract.runbook import CarriedOut
from kytos.plain import Identifier
from kytos.questions.parts.limits import Limits
from kytos.questions.parts.others_pods import OthersPods

MOST_NEW = 10_000
"""New replicas in all; more is a slip of the hand, and every one of them is placed."""


class ServiceRate(Frozen):
    """One service: its rate, and how far it may scale."""

    id: Identifier = Field(description="the service, as its pods name it")
    enabled: bool = Field(True, description="false keeps its count")
    request_rate: float = Field(
        ge=0, le=1e15, allow_inf_nan=False, description="of the whole service, per second"
    )
    target_rate: float = Field(
        gt=0, le=1e15, allow_inf_nan=False, description="of one replica, per second"
    )
    replicas: int | None = Field(
        None, ge=0, le=MOST_NEW, description="how many run; left out: its listed pods"
    )
    min_replicas: int = Field(1, ge=0, le=MOST_NEW, description="never fewer")
    max_replicas: int | None = Field(None, ge=0, le=1_000_000, description="never more")
    cpu_request: float | None = Field(
        None,
        ge=0,
        le=1e12,
        allow_inf_nan=False,
        description="of one replica, millicores; left out: as its listed pods",
    )
    mem_request: float | None = Field(
        None,
        ge=0,
        le=1e12,
        allow_inf_nan=False,
        description="of one replica, MiB; left out: as its listed pods",
    )
    priority: int | None = Field(
        None, ge=-(2**31), lt=2**31, description="higher first; left out: as its listed pods"
    )

    @model_validator(mode="after")
    def _bounds_agree(self) -> ServiceRate:
        if self.max_replicas is not None and self.min_replicas > self.max_replicas:
            raise ValueError(
                f"service {self.id!r} has min_replicas {self.min_replicas} above max_replicas "
                f"{self.max_replicas}; lower the one or raise the other"
            )
        return self


class AutoscaleRequest(OthersPods, Limits, CarriedOut):
    """What is asked of an autoscale beside the weights."""

    services: tuple[ServiceRate, ...] = Field((), description="the services to scale")
    cpu_margin: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="share of CPU that stays free"
    )
    mem_margin: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="share of memory that stays free"
    )

    @property
    def margins(self) -> tuple[float, float]:
        """Shares of cpu and memory that stay free."""
        return self.cpu_margin, self.mem_margin

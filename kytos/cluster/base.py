"""What the cluster's objects share: names of resources and labels, amounts, and frozen models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CPU = "cpu"
MEMORY = "memory"
PODS = "pods"
LOAD_RESOURCES = (CPU, MEMORY)
"""The resources whose utilisation H_load levels."""

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
OS = "kubernetes.io/os"
BETA_OS = "beta.kubernetes.io/os"

DEFAULT_SCHEDULER = "default-scheduler"

LARGEST_AMOUNT = 2**53
"""Largest amount in canonical units (8 PiB, 9e12 cores): float64 still counts every one."""

Amount = Annotated[int, Field(ge=0)]
Resources = dict[str, Amount]
Labels = dict[str, str]


class Frozen(BaseModel):
    """A value: cannot be changed once built and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

"""What kubelet and system keep of a machine, by the formula of each managed Kubernetes.

Allocatable is what is left for pods, DaemonSets included. Sources, read in 2026:

- EKS: the reservation of its node images: memory 255 MiB + 11 MiB a pod, CPU by share of each core;
  https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html and nodeadm's kubelet
  configuration in awslabs/amazon-eks-ami
- GKE, with 400 millicores more where a node runs more than 110 pods:
  https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
- AKS, from 1.29 on:
  https://learn.microsoft.com/azure/aks/node-resource-reservations

All three evict pods when less than 100 MiB of memory are free, which is kept as well.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import inf

EVICTION_MIB = 100

GKE_PODS, GKE_CPU_BEYOND = 110, 400
"""Pods of a node beyond which GKE keeps so many millicores more."""


class Provider(StrEnum):
    """Whose managed Kubernetes a machine joins."""

    EKS = "eks"
    GKE = "gke"
    AKS = "aks"


def allocatable(
    provider: Provider, cpu_millicores: int, memory_mib: int, max_pods: int
) -> tuple[int, int]:
    """What pods may ask of a machine.

    Parameters
    ----------
    cpu_millicores, memory_mib
        The machine's size.
    max_pods
        Pods its kubelet runs at most.

    Returns
    -------
    tuple
        CPU in millicores and memory in MiB, never negative.

    Examples
    --------
    >>> allocatable(Provider.GKE, 4000, 16384, 110)
    (3920, 13621)
    """
    cpu = _CPU[provider](cpu_millicores)
    if provider is Provider.GKE and max_pods > GKE_PODS:
        cpu += GKE_CPU_BEYOND
    memory = _MEMORY[provider](memory_mib, max_pods) + EVICTION_MIB
    return max(0, int(cpu_millicores - cpu)), max(0, int(memory_mib - memory))


def _in_steps(amount: float, steps: tuple[tuple[float, float], ...]) -> float:
    """Sum of a share of each step: ``((up to, share), ...)``."""
    kept, below = 0.0, 0.0
    for up_to, share in steps:
        kept += share * max(0.0, min(amount, up_to) - below)
        below = up_to
    return kept


def _share_of_cores(cpu_millicores: int) -> float:
    """6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the others."""
    steps = ((1000, 0.06), (2000, 0.01), (4000, 0.005), (inf, 0.0025))
    return _in_steps(cpu_millicores, steps)


def _aks_cpu(cpu_millicores: int) -> float:
    """By cores as tabled, 100 millicores at two and 740 at 64."""
    table = ((1, 60), (2, 100), (4, 140), (8, 180), (16, 260), (32, 420))
    return next((kept for cores, kept in table if cpu_millicores <= 1000 * cores), 740)


def _eks_memory(memory_mib: int, max_pods: int) -> float:  # noqa: ARG001  as each provider
    return 255 + 11 * max_pods


def _gke_memory(memory_mib: int, max_pods: int) -> float:  # noqa: ARG001  as each provider
    if memory_mib < 1024:
        return 255
    gib = 1024
    steps = ((4 * gib, 0.25), (8 * gib, 0.2), (16 * gib, 0.1), (128 * gib, 0.06), (inf, 0.02))
    return _in_steps(memory_mib, steps)


def _aks_memory(memory_mib: int, max_pods: int) -> float:
    """20 MB a pod and 50 MB, or a quarter of the memory where that is less."""
    return min(20 * max_pods + 50, memory_mib / 4)


_CPU: dict[Provider, Callable[[int], float]] = {
    Provider.EKS: _share_of_cores,
    Provider.GKE: _share_of_cores,
    Provider.AKS: _aks_cpu,
}
_MEMORY: dict[Provider, Callable[[int, int], float]] = {
    Provider.EKS: _eks_memory,
    Provider.GKE: _gke_memory,
    Provider.AKS: _aks_memory,
}

"""Resource quotas, for pods that are not stored yet: which of them admission would refuse.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ and ``pkg/quota/v1/evaluator``
of Kubernetes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kytos.cluster import CPU, MEMORY, Cluster, Pod, Quota
from kytos.language import said
from kytos.rules.wording import amount_written

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
NOT_JUDGED = "not judged: "
"""How a reason begins that is no verdict."""


def quota_refusals(
    cluster: Cluster, pods: Iterable[Pod], *, one_by_one: bool = False
) -> dict[str, str]:
    """Say of new pods which a quota of their namespace refuses, and why.

    Parameters
    ----------
    pods
        In the order they are made; what one is granted counts against the next, unless
        `one_by_one`.
    """
    ledger = QuotaLedger(cluster)
    refusals: dict[str, str] = {}
    for pod in pods:
        why = ledger.refusal(pod)
        if why is not None:
            refusals[pod.id] = why
        elif not one_by_one:
            ledger.grant(pod)
    return refusals


def refused_by_quota(pod: Pod, refusals: Mapping[str, str]) -> Pod:
    """Return the pod with the refusal of a quota, where there is one and nothing refused it yet."""
    why = refusals.get(pod.id)
    return pod if why is None or pod.refused else pod.model_copy(update={"refused": why})


class QuotaLedger:
    """What the quotas of a cluster still allow, while pods are granted one after another."""

    def __init__(self, cluster: Cluster, gone: Iterable[Pod] = ()) -> None:
        """Count what is used; of pods that are `gone` first, it is free again."""
        self._quotas: dict[str, list[_Counted]] = {}
        for quota in cluster.quotas:
            self._quotas.setdefault(quota.namespace, []).append(_Counted(cluster, quota))
        for pod in gone:
            for counted in self._of(pod):
                counted.count(pod, -1)

    def refusal(self, pod: Pod) -> str | None:
        """Say why a pod would be refused now; None where no quota refuses it."""
        return next(filter(None, (counted.refusal(pod) for counted in self._of(pod))), None)

    def grant(self, pod: Pod) -> None:
        """Count a pod as made."""
        for counted in self._of(pod):
            counted.count(pod, 1)

    def _of(self, pod: Pod) -> list[_Counted]:
        return self._quotas.get(pod.namespace, [])


class _Counted:
    """A quota, and what of it is used."""

    def __init__(self, cluster: Cluster, quota: Quota) -> None:
        self.quota = quota
        self.used = Counter(quota.used)
        for name in quota.hard.keys() - self.used.keys():
            self.used[name] = sum(
                _usage(pod).get(name, 0)
                for pod in cluster.pods
                if pod.namespace == quota.namespace and not pod.finished and self._selects(pod)
            )

    def refusal(self, pod: Pod) -> str | None:
        named = f"quota {self.quota.namespace}/{self.quota.name}"
        selects = self._selects(pod)
        if selects is None:
            return said(f"{NOT_JUDGED}{named} has a scope that is not known here")
        if not selects:
            return None
        lacking = sorted(
            name
            for name in self.quota.hard
            if (name if "." in name else f"requests.{name}") in pod.unspecified
            and name.rpartition(".")[2] in _COMPUTE[:2]
        )
        if lacking:
            return said(f"{named} asks that each container specify {', '.join(lacking)}")
        usage = _usage(pod)
        for name, told in self.quota.hard.items():
            asked = usage.get(name, 0)
            if asked > 0 and self.used[name] + asked > told:
                return said(
                    f"{named} is exceeded: {_written(name, self.used[name])} of "
                    f"{_written(name, told)} {name} used, {_written(name, asked)} asked for"
                )
        return None

    def count(self, pod: Pod, sign: int) -> None:
        if not self._selects(pod):
            return
        usage = _usage(pod)
        for name in self.quota.hard:
            self.used[name] += sign * usage.get(name, 0)

    def _selects(self, pod: Pod) -> bool | None:
        best_effort = not pod.requests and not pod.limits
        known = {
            "BestEffort": best_effort,
            "NotBestEffort": not best_effort,
            "NotTerminating": True,
        }
        known["Terminating"] = False
        for scope in self.quota.scopes:
            if scope not in known:
                return None
            if not known[scope]:
                return False
        for requirement in self.quota.scope_selector:
            if requirement.key in known and requirement.operator == "Exists":
                holds = known[requirement.key]
            elif requirement.key == "PriorityClass":
                holds = _matches(requirement.operator, requirement.values, pod.priority_class)
            else:
                return None
            if not holds:
                return False
        return True


def _matches(operator: str, values: tuple[str, ...], name: str) -> bool:
    return {
        "In": name in values,
        "NotIn": name not in values,
        "Exists": bool(name),
        "DoesNotExist": not name,
    }.get(operator, False)


def _usage(pod: Pod) -> Mapping[str, int]:
    """By the names quotas use, in canonical units."""
    usage = {"pods": 1, "count/pods": 1}
    for prefix, amounts in (("requests", pod.requests), ("limits", pod.limits)):
        for name, amount in amounts.items():
            usage[f"{prefix}.{name}"] = amount
            if prefix == "requests":
                usage[name] = amount
    return usage


def _written(name: str, amount: int) -> str:
    resource = name.removeprefix("requests.").removeprefix("limits.")
    if resource in (CPU, MEMORY, "ephemeral-storage"):
        return amount_written(resource, amount, up=True)
    return str(amount)

"""The kind of an object that does not say it: from its shape, else from where its file lay.

Archives that operators write (Insights, support bundles) keep one kind to a folder and leave
``kind`` out of the objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_BY_FOLDER = {
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "hpa": "HorizontalPodAutoscaler",
    "namespace": "Namespace",
    "node": "Node",
    "pdb": "PodDisruptionBudget",
    "persistentvolume": "PersistentVolume",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "pod": "Pod",
    "poddisruptionbudget": "PodDisruptionBudget",
    "priorityclass": "PriorityClass",
    "replicaset": "ReplicaSet",
    "storageclass": "StorageClass",
}
"""Kinds by the singular of the folder or file that holds them."""


def kind_told_otherwise(item: Mapping[str, Any], where: str) -> str:
    """Return the kind of an object without one; empty where that is not certain.

    Parameters
    ----------
    where
        The object's file, folders and all.
    """
    if not isinstance(item.get("metadata"), dict):
        return ""
    shape = _by_shape(item)
    if shape:
        return shape
    told = {
        _BY_FOLDER[word]
        for part in re.split(r"[/\\]", where.lower())
        if (word := _singular(part.split(".", 1)[0])) in _BY_FOLDER
    }
    return told.pop() if len(told) == 1 else ""


def _by_shape(item: Mapping[str, Any]) -> str:
    """The kind that only one kind's fields tell."""
    spec, status = (_object(item, key) for key in ("spec", "status"))
    if isinstance(spec.get("containers"), list):
        return "Pod"
    if isinstance(status.get("nodeInfo"), dict) or "allocatable" in status:
        return "Node"
    if "scaleTargetRef" in spec and "maxReplicas" in spec:
        return "HorizontalPodAutoscaler"
    if "disruptionsAllowed" in status:
        return "PodDisruptionBudget"
    if "persistentVolumeReclaimPolicy" in spec:
        return "PersistentVolume"
    if "accessModes" in spec and "resources" in spec:
        return "PersistentVolumeClaim"
    if "provisioner" in item:
        return "StorageClass"
    return ""


def _object(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inside = item.get(key)
    return inside if isinstance(inside, Mapping) else {}


def _singular(word: str) -> str:
    if word.endswith("classes"):
        return word.removesuffix("es")
    return word.removesuffix("s")

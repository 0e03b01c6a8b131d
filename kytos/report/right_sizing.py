"""Recommended requests as patches of the workloads' templates, and as commands that apply them."""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import yaml

from kytos.questions.parts.right_sizing import RightSize

API_VERSIONS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "CronJob": "batch/v1",
}
"""Of what has a pod template that may be changed."""

SCRIPT = "apply.sh"
KUSTOMIZATION = "kustomization.yaml"

Workload = tuple[str, str, str]
"""Namespace, kind and name."""


def patches(sizes: Sequence[RightSize]) -> dict[Workload, dict[str, Any]]:
    """Return a strategic-merge patch for each workload with a template, in their order.

    Where the recommended request is above the container's limit, the limit is raised to it: the
    API server refuses a request above its limit. Other limits stay as they are.
    """
    by_workload: dict[Workload, list[RightSize]] = defaultdict(list)
    for one in sizes:
        if one.kind in API_VERSIONS:
            by_workload[one.namespace, one.kind, one.workload].append(one)
    return {
        (namespace, kind, name): {
            "apiVersion": API_VERSIONS[kind],
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": _spec(kind, containers),
        }
        for (namespace, kind, name), containers in sorted(by_workload.items())
    }


def patch_files(sizes: Sequence[RightSize]) -> dict[str, str]:
    """Return files by name: a patch for each workload, a script that applies all, a kustomization.

    Each patch is what ``kubectl patch --patch-file`` takes, and what kustomize does: the
    kustomization is a Component, to be named under ``components`` of one's own.
    """
    made = patches(sizes)
    names = _names(list(made))
    files = {
        names[workload]: yaml.safe_dump(patch, sort_keys=False) for workload, patch in made.items()
    }
    commands = [_command(workload, ["--patch-file", names[workload]]) for workload in made]
    files[SCRIPT] = _script(sizes, ['cd "$(dirname "$0")"', *commands])
    component = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "patches": [{"path": names[workload]} for workload in made],
    }
    files[KUSTOMIZATION] = yaml.safe_dump(component, sort_keys=False)
    return files


def patch_zip(sizes: Sequence[RightSize]) -> bytes:
    """Return `patch_files` as an archive; the script may be run as it is unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in patch_files(sizes).items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the same sizes give the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name == SCRIPT else 0o644) << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def patch_script(sizes: Sequence[RightSize]) -> str:
    """Return a shell script of ``kubectl patch``, one command for each workload.

    Each starts its pods anew as its own strategy has it. Containers whose workload has no pod
    template of its own to change are named in comments.
    """
    return _script(
        sizes,
        [
            _command(workload, ["--patch", json.dumps({"spec": patch["spec"]})])
            for workload, patch in patches(sizes).items()
        ],
    )


def _script(sizes: Sequence[RightSize], commands: Sequence[str]) -> str:
    without = sorted({one.service for one in sizes if one.kind not in API_VERSIONS})
    return (
        "\n".join(
            [
                "#!/bin/sh",
                "# Sets what containers request; each command starts pods anew.",
                "set -e",
                *commands,
                *(f"# no template to patch: {json.dumps(service)}" for service in without),
            ]
        )
        + "\n"
    )


def _command(workload: Workload, patch: Sequence[str]) -> str:
    namespace, kind, name = workload
    words = ["kubectl", "patch", kind.lower(), name, "--namespace", namespace]
    return " ".join(shlex.quote(word) for word in (*words, "--type", "strategic", *patch))


def _names(workloads: Sequence[Workload]) -> dict[Workload, str]:
    """A file's name for each; dots tell parts apart, and no two are alike."""
    stems = {workload: "-".join(part.lower() for part in workload) for workload in workloads}
    often = Counter(stems.values())
    return {
        workload: f"{stem if often[stem] == 1 else '.'.join(p.lower() for p in workload)}.yaml"
        for workload, stem in stems.items()
    }


def _spec(kind: str, containers: Sequence[RightSize]) -> dict[str, Any]:
    by_field: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in containers:
        field = "initContainers" if one.sidecar else "containers"
        by_field[field].append({"name": one.container, "resources": _resources(one)})
    template = {"template": {"spec": dict(by_field)}}
    return {"jobTemplate": {"spec": template}} if kind == "CronJob" else template


def _resources(one: RightSize) -> Mapping[str, Mapping[str, str]]:
    resources: dict[str, dict[str, str]] = {"requests": {}}
    for name, amount, limit, unit in (
        ("cpu", one.recommended.cpu, one.limits.cpu, "m"),
        ("memory", one.recommended.memory, one.limits.memory, "Mi"),
    ):
        if amount is None:
            continue
        written = f"{ceil(amount)}{unit}"
        resources["requests"][name] = written
        if limit is not None and ceil(amount) > limit:
            resources.setdefault("limits", {})[name] = written
    return resources

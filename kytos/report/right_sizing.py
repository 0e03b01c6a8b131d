"""Recommended requests as commands that set them."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from typing import Any

from kytos.questions.parts.right_sizing import RightSize

_PATCHED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob")
"""What has a pod template that may be changed."""


def patch_script(sizes: Sequence[RightSize]) -> str:
    """Return a shell script of ``kubectl patch``, one command for each workload.

    Each starts its pods anew as its own strategy has it. Containers whose workload has no pod
    template of its own to change are named in comments.
    """
    by_workload: dict[tuple[str, str, str], list[RightSize]] = defaultdict(list)
    for one in sizes:
        by_workload[one.namespace, one.kind, one.workload].append(one)
    lines = [
        "#!/bin/sh",
        "# Sets what containers request; each command starts pods anew.",
        "set -e",
    ]
    for (namespace, kind, workload), containers in sorted(by_workload.items()):
        if kind not in _PATCHED:
            names = ", ".join(json.dumps(one.service) for one in containers)
            lines.append(f"# no template to patch: {names}")
            continue
        words = ["kubectl", "patch", kind.lower(), workload, "--namespace", namespace]
        words += ["--type", "strategic", "--patch", json.dumps(_patch(kind, containers))]
        lines.append(" ".join(shlex.quote(word) for word in words))
    return "\n".join(lines) + "\n"


def _patch(kind: str, containers: Sequence[RightSize]) -> dict[str, Any]:
    listed = [
        {"name": one.container, "resources": {"requests": _quantities(one)}} for one in containers
    ]
    template = {"template": {"spec": {"containers": listed}}}
    return {"spec": {"jobTemplate": {"spec": template}} if kind == "CronJob" else template}


def _quantities(one: RightSize) -> dict[str, str]:
    written = {}
    if one.recommended.cpu is not None:
        written["cpu"] = f"{ceil(one.recommended.cpu)}m"
    if one.recommended.memory is not None:
        written["memory"] = f"{ceil(one.recommended.memory)}Mi"
    return written

"""Patches that set recommended requests: their shapes, and that kubectl takes them."""

from __future__ import annotations

import io
import json
import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from kytos.questions.parts.right_sizing import Amounts, RightSize
from kytos.report.right_sizing import SCRIPT, patch_files, patch_script, patch_zip

KUBECTL = shutil.which("kubectl")


def size(kind: str, workload: str, container: str = "app", **changes: Any) -> RightSize:
    given: dict[str, Any] = {
        "service": f"shop/{workload}",
        "container": container,
        "namespace": "shop",
        "kind": kind,
        "workload": workload,
        "requests": Amounts(),
        "recommended": Amounts(cpu=40, memory=115),
        "saves": Amounts(),
        "replicas": 1,
        "method": "",
        "window": "",
    }
    return RightSize(**given | changes)


SIZES = (
    size("Deployment", "web", limits=Amounts(cpu=1000, memory=100)),
    size("Deployment", "web", "proxy", sidecar=True, recommended=Amounts(memory=64)),
    size("CronJob", "nightly"),
    size("Job", "once"),
    size("", "alone"),
)


def test_one_patch_for_each_workload_with_a_template() -> None:
    """Containers and sidecars where their template has them; a limit below is raised with it."""
    files = patch_files(SIZES)
    assert set(files) == {
        "shop-deployment-web.yaml",
        "shop-cronjob-nightly.yaml",
        "apply.sh",
        "kustomization.yaml",
    }
    web = yaml.safe_load(files["shop-deployment-web.yaml"])
    assert web["apiVersion"] == "apps/v1"
    assert web["metadata"] == {"name": "web", "namespace": "shop"}
    template = web["spec"]["template"]["spec"]
    assert template["containers"] == [
        {
            "name": "app",
            "resources": {
                "requests": {"cpu": "40m", "memory": "115Mi"},
                "limits": {"memory": "115Mi"},
            },
        }
    ]
    assert template["initContainers"] == [
        {"name": "proxy", "resources": {"requests": {"memory": "64Mi"}}}
    ]
    nightly = yaml.safe_load(files["shop-cronjob-nightly.yaml"])
    assert nightly["apiVersion"] == "batch/v1"
    assert nightly["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    for service in ("shop/once", "shop/alone"):
        assert f'# no template to patch: "{service}"' in files[SCRIPT]


def test_a_script_without_files() -> None:
    """The same patches, each in its command."""
    commands = [line for line in patch_script(SIZES).splitlines() if line.startswith("kubectl")]
    words = [shlex.split(command) for command in commands]
    assert [line[2:4] for line in words] == [["cronjob", "nightly"], ["deployment", "web"]]
    assert "template" in json.loads(words[1][-1])["spec"]


def test_names_that_would_meet_are_told_apart() -> None:
    """`a-b` in one namespace and `b` in another lead to files of their own."""
    sizes = (
        size("Deployment", "web", namespace="a-deployment-b"),
        size("Deployment", "b-deployment-web", namespace="a"),
    )
    assert len([name for name in patch_files(sizes) if "web" in name]) == 2


def test_the_archive_has_the_same_files() -> None:
    """Byte for byte, and its script may be run."""
    with zipfile.ZipFile(io.BytesIO(patch_zip(SIZES))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
        assert archive.getinfo(SCRIPT).external_attr >> 16 & 0o100
    assert files == patch_files(SIZES)


@pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl")
def test_kubectl_and_kustomize_take_them(tmp_path: Path) -> None:
    """A Deployment so patched keeps its image and gets its requests, by either tool."""
    assert KUBECTL is not None
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "web:1",
                            "resources": {"limits": {"cpu": "1", "memory": "100Mi"}},
                        }
                    ]
                },
            },
        },
    }
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(deployment))
    sizes = SIZES[:1]
    (tmp_path / "sizes").mkdir()
    for name, text in patch_files(sizes).items():
        (tmp_path / "sizes" / name).write_text(text)
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump({"resources": ["web.yaml"], "components": ["sizes"]})
    )
    patched = [KUBECTL, "patch", "--local", "-f", "web.yaml", "--type", "strategic",
               "--patch-file", "sizes/shop-deployment-web.yaml", "-o", "yaml"]  # fmt: skip
    for command in (patched, [KUBECTL, "kustomize", "."]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (app,) = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]["containers"]
        assert app["image"] == "web:1"
        assert app["resources"] == {
            "requests": {"cpu": "40m", "memory": "115Mi"},
            "limits": {"cpu": "1", "memory": "115Mi"},
        }

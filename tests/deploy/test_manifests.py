"""The manifests of deploy/: valid against the Kubernetes schemas, and with the least of rights."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from kytos.api import Settings, create_app
from kytos.api.service import GRACE_SECONDS
from kytos.cli import app as cli
from kytos.kube.connection import IN_CLUSTER
from kytos.sources.listings import LISTINGS, USE_LISTINGS

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = "1.36"
FOLDERS = sorted(path.parent for path in DEPLOY.glob("*/kustomization.yaml"))


def manifests() -> list[dict[str, Any]]:
    files = [path for path in DEPLOY.glob("*/*.yaml") if path.name != "kustomization.yaml"]
    texts = (path.read_text(encoding="utf-8") for path in sorted(files))
    return [document for text in texts for document in yaml.safe_load_all(text)]


def named(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def pod_specs() -> Iterator[dict[str, Any]]:
    for manifest in manifests():
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield spec["template"]["spec"]


@pytest.mark.parametrize("manifest", manifests(), ids=named)
def test_manifest_is_valid(manifest: dict[str, Any]) -> None:
    """Each object fits its schema, with no field Kubernetes does not know."""
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("manifest", manifests(), ids=named)
def test_an_invalid_manifest_would_be_found(manifest: dict[str, Any]) -> None:
    """The validator is not blind: in each object it finds an unknown field and a wrong type."""
    (part, held), *_ = [
        (key, value) for key, value in manifest.items() if key not in ("apiVersion", "kind")
    ][::-1]
    mistyped = {part: {"not": "this"} if isinstance(held, list | bool) else ["not this"]}
    for bad in ({"specs": {}}, mistyped):
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(manifest | bad, KUBERNETES, strict=True)


def test_a_fault_deep_in_a_pod_would_be_found() -> None:
    """Not only the top is looked at: a misspelt field of a container's is refused."""
    deployment = next(manifest for manifest in manifests() if manifest["kind"] == "Deployment")
    bad = copy.deepcopy(deployment)
    bad["spec"]["template"]["spec"]["containers"][0]["securityContext"][
        "readOnlyRootFileSystem"
    ] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="readOnlyRootFileSystem"):
        kubernetes_validate.validate(bad, KUBERNETES, strict=True)


def test_the_image_holds_what_it_runs() -> None:
    """What .dockerignore lets in is there, and is all that serving needs; no secrets, no tests."""
    root = DEPLOY.parent
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert [name for name in let_in if not (root / name).exists()] == []
    needed = {"pyproject.toml", "README.md", "LICENSE", "app.py", "pages", "kytos"}
    needed |= {"sample_clusters", ".streamlit/config.toml", "deploy/constraints.txt"}
    assert let_in == needed


def test_the_image_runs_without_root_on_the_python_that_is_asked_for() -> None:
    """The stages share one Python, so that the environment built in one runs in the other."""
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (base,) = bases
    pinned = re.fullmatch(r"python:(\d+\.\d+)\.\d+-slim-[a-z]+", base)
    assert pinned is not None, f"{base} may be another tomorrow"
    assert project["project"]["requires-python"].startswith(f">={pinned[1]},")
    assert (DEPLOY.parent / ".python-version").read_text(encoding="utf-8").strip() == pinned[1]
    assert re.search(r"pip install .* uv==\d+\.\d+\.\d+$", "\n".join(lines), re.MULTILINE)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001"]
    assert {spec["securityContext"]["runAsUser"] for spec in pod_specs()} == {10001}


def test_a_container_begins_with_the_kernels_of_its_image(tmp_path: Path) -> None:
    """They are where Numba looks and may write before the command runs, which gets its words."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    (built,) = re.findall(r"^RUN NUMBA_CACHE_DIR=(\S+)", text, re.MULTILINE)
    shipped, cache = tmp_path / "shipped", tmp_path / "cache"
    shipped.mkdir()
    (shipped / "kernel").write_text("compiled")
    told = tmp_path / "kytos"
    told.write_text('#!/bin/sh\necho "$@"\n')
    told.chmod(0o755)
    command = [word.replace(built, str(shipped)) for word in json.loads(entry)]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "NUMBA_CACHE_DIR": str(cache)}
    for _ in range(2):  # a container that starts again keeps what it compiled since
        run = subprocess.run(
            [*command, "serve", "--host", "a b"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (run.stdout, run.stderr) == ("serve --host a b\n", "")
        assert [path.name for path in cache.iterdir()] == ["kernel"]
        assert (cache / "kernel").read_text() in ("compiled", "its own")
        (cache / "kernel").write_text("its own")
    assert (cache / "kernel").read_text() == "its own"


def test_every_pod_is_guarded_from_callers() -> None:
    """A NetworkPolicy names each: the service's callers are chosen, the CronJob has none."""
    specs = [m["spec"] for m in manifests() if m["kind"] == "NetworkPolicy"]
    guarded = {
        policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"]: policy["ingress"]
        for policy in specs
        if "Ingress" in policy["policyTypes"]
    }
    assert set(guarded) == {"service", "rebalance"}
    assert guarded["rebalance"] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_kustomization_names_every_file(folder: Path) -> None:
    """What lies in a folder is what its kustomization applies."""
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(listed)


def test_no_container_has_more_rights_than_it_needs() -> None:
    """No root, nothing written but to /tmp, no capabilities, memory bounded."""
    specs = list(pod_specs())
    assert len(specs) == 2
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]


def role_of(kind: str, name: str) -> dict[str, Any]:
    return next(m for m in manifests() if (m["kind"], m["metadata"]["name"]) == (kind, name))


def granted_by(role: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_drain_has_a_drains_rights_and_no_more() -> None:
    """To cordon, to evict, and to look whether the replacement is ready."""
    reads = {("", kind, verb) for kind in ("nodes", "pods") for verb in ("get", "list", "watch")}
    writes = {("", "nodes", "patch"), ("", "pods/eviction", "create")}
    assert granted_by(role_of("ClusterRole", "kytos-drain")) == reads | writes


def test_each_role_of_apply_may_write_only_what_it_is_for() -> None:
    """Steering writes no nodes, scaling no policies, and nobody deletes pods or reads Secrets."""
    steer = granted_by(role_of("ClusterRole", "kytos-steer"))
    scale = granted_by(role_of("ClusterRole", "kytos-scale"))
    everything = steer | scale | granted_by(role_of("Role", "kytos-steer"))
    assert {resource for _, resource, verb in steer if verb == "patch"} == {"pods", "pods/status"}
    assert all(
        resource == "pods" or resource.endswith("/scale")
        for _, resource, verb in scale
        if verb not in ("get", "list", "watch")
    )
    assert not {resource for _, resource, _ in everything} & {"*", "secrets", "nodes"}
    assert ("", "pods", "delete") not in everything


def test_roles_that_write_are_bound_to_nobody() -> None:
    """Who may apply is the operator's word alone."""
    bound = {m["roleRef"]["name"] for m in manifests() if m["kind"].endswith("RoleBinding")}
    assert bound == {"kytos-reader"}


def test_the_role_allows_what_is_listed_and_no_more() -> None:
    """It may list exactly what a live cluster is read by: no Secrets, no other verb."""
    role = role_of("ClusterRole", "kytos-reader")
    granted = {
        (group, resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    listed = (*LISTINGS, *USE_LISTINGS)
    assert granted == {(listing.group, listing.resource) for listing in listed}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}
    assert not {resource for _, resource in granted} & {"*", "secrets", "configmaps"}


@pytest.mark.parametrize("spec", list(pod_specs()), ids=lambda spec: spec["containers"][0]["name"])
def test_what_runs_is_a_command_of_kytos(spec: dict[str, Any]) -> None:
    """Its arguments are a command, and options and values that it takes."""
    command, *words = spec["containers"][0]["args"]
    typer.main.get_group(cli).commands[command].make_context(command, words)


def test_the_cronjob_reads_its_own_cluster() -> None:
    """With the account token it is given, once a run."""
    spec = next(spec for spec in pod_specs() if "serviceAccountName" in spec)
    _, *words = spec["containers"][0]["args"]
    assert words[words.index("--context") + 1] == IN_CLUSTER
    assert words[words.index("--times") + 1] == "1"
    assert spec["automountServiceAccountToken"]


def test_calls_under_way_are_answered_before_the_service_ends() -> None:
    """It is not killed while a call may still be answered."""
    spec = next(spec for spec in pod_specs() if "serviceAccountName" not in spec)
    longest = Settings().request_seconds + GRACE_SECONDS
    assert spec["terminationGracePeriodSeconds"] > longest + 10


def test_probes_and_service_lead_to_the_service() -> None:
    """The probes ask for paths the service has, on the port it is told to listen on."""
    spec = next(spec for spec in pod_specs() if "serviceAccountName" not in spec)
    container = spec["containers"][0]
    paths = create_app(Settings()).openapi()["paths"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] in paths
    (port,) = container["ports"]
    arguments = container["args"]
    assert arguments[arguments.index("--port") + 1] == str(port["containerPort"])


def test_variables_are_settings() -> None:
    """A variable set in a manifest is one the service reads."""
    known = {f"KYTOS_{name.upper()}" for name in Settings.model_fields}
    for spec in pod_specs():
        for container in spec["containers"]:
            assert {entry["name"] for entry in container.get("env", [])} <= known

"""The manifests of deploy/: valid against the Kubernetes schemas, and with the least of rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from kytos.api import Settings, create_app

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


def test_an_invalid_manifest_would_be_found() -> None:
    """The validator is not blind: an unknown field and a wrong type are refused."""
    good = next(manifest for manifest in manifests() if manifest["kind"] == "Service")
    for bad in ({"spec": {"prts": []}}, {"spec": {"ports": "http"}}):
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(good | bad, KUBERNETES, strict=True)


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


def test_the_role_only_reads_and_reads_no_secrets() -> None:
    """The role may get and list; Secrets and ConfigMaps are not among what it names."""
    role = next(manifest for manifest in manifests() if manifest["kind"] == "ClusterRole")
    for rule in role["rules"]:
        assert set(rule["verbs"]) <= {"get", "list"}
        assert not set(rule["resources"]) & {"*", "secrets", "configmaps"}


def test_the_role_covers_what_the_cronjob_reads() -> None:
    """Every kind the CronJob's kubectl asks for is in the role."""
    role = next(manifest for manifest in manifests() if manifest["kind"] == "ClusterRole")
    allowed = {resource for rule in role["rules"] for resource in rule["resources"]}
    script = next(spec for spec in pod_specs() if "serviceAccountName" in spec)
    asked = re.search(r"kubectl get (\S+)", script["containers"][0]["args"][0])
    assert asked is not None
    assert set(asked[1].split(",")) <= allowed


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

"""The one admission policy of steering, as Kubernetes' schemas have it."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from kytos.kube.steering import GATED, WANTED, binding, policy


@pytest.mark.parametrize("manifest", [policy("v1"), binding("v1", "kube-system")])
def test_it_fits_its_schema(manifest: dict[str, Any]) -> None:
    """With every field that is required and none that is unknown."""
    kubernetes_validate.validate(manifest, "1.36", strict=True)


def test_nobodys_pods_are_kept_from_being_created() -> None:
    """Whatever fails in it, a pod is let through; a ConfigMap that is gone gates nobody."""
    assert policy("v1")["spec"]["failurePolicy"] == "Ignore"
    assert binding("v1", "x")["spec"]["paramRef"]["parameterNotFoundAction"] == "Allow"


def test_the_gate_is_applied_and_not_patched_in() -> None:
    """A JSONPatch with a typed list makes the API server panic (seen with 1.36.2)."""
    (mutation,) = policy("v1")["spec"]["mutations"]
    assert mutation["patchType"] == "ApplyConfiguration"
    assert "jsonPatch" not in mutation
    for expression in (WANTED, GATED):
        assert all(
            expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]")
        )

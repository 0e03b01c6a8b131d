"""Claims, volumes and storage classes, as the cluster's model has them."""

from __future__ import annotations

from collections.abc import Mapping

from kytos.cluster import Claim, NodeTerm, Requirement, StorageClass, Volume
from kytos.sources.fields import Fields
from kytos.sources.metadata import namespace_of
from kytos.sources.quantities import LARGEST_STORAGE, offered_rounded_up, read_quantities
from kytos.sources.selectors import label_selector, required_node_terms

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BETA_STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"
DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
"""Goes before ``spec.storageClassName`` where a claim or volume still carries it."""


def read_claim(item: Fields) -> Claim:
    """Read a PersistentVolumeClaim.

    To the scheduler a claim is bound once the volume controller has annotated it so. One written
    by hand, without a status, is taken to be bound to the volume it names.
    """
    spec, metadata, status = item.object("spec"), item.object("metadata"), item.object("status")
    annotations = metadata.labels("annotations")
    return Claim(
        name=metadata.text("name"),
        namespace=namespace_of(item),
        uid=metadata.text("uid"),
        access_modes=spec.texts("accessModes"),
        volume=spec.text("volumeName") or None,
        binding_completed=BIND_COMPLETED in annotations or "phase" not in status,
        lost=status.text("phase") == "Lost",
        storage_class=_storage_class(spec, annotations),
        capacity=_storage(spec.object("resources").object("requests")),
        volume_mode=spec.text("volumeMode") or "Filesystem",
        attributes_class=spec.text("volumeAttributesClassName") or None,
        selector=label_selector(spec, "selector"),
        selected_node=annotations.get(SELECTED_NODE),
        terminating="deletionTimestamp" in metadata,
    )


def read_volume(item: Fields) -> Volume:
    """Read a PersistentVolume; one written by hand, without a status, is free."""
    metadata, spec, status = item.object("metadata"), item.object("spec"), item.object("status")
    kept_for = spec.object("claimRef")
    return Volume(
        name=metadata.text("name"),
        labels=metadata.labels("labels"),
        required_node_terms=required_node_terms(spec.object("nodeAffinity"), "required"),
        storage_class=_storage_class(spec, metadata.labels("annotations")),
        access_modes=spec.texts("accessModes"),
        capacity=_storage(spec.object("capacity")),
        volume_mode=spec.text("volumeMode") or "Filesystem",
        attributes_class=spec.text("volumeAttributesClassName") or None,
        claim=f"{kept_for.text('namespace')}/{kept_for.text('name')}" if kept_for.value else None,
        claim_uid=kept_for.text("uid"),
        driver=spec.object("csi").text("driver"),
        handle=spec.object("csi").text("volumeHandle"),
        available=status.text("phase", "Available") == "Available",
        terminating="deletionTimestamp" in metadata,
    )


def _storage_class(spec: Fields, annotations: Mapping[str, str]) -> str | None:
    return annotations.get(BETA_STORAGE_CLASS, spec.text("storageClassName")) or None


def _storage(amounts: Fields) -> int:
    """Bytes of storage."""
    read = read_quantities(amounts.value, amounts.path, LARGEST_STORAGE)
    return offered_rounded_up(read).get("storage", 0)


def read_storage_class(item: Fields) -> StorageClass:
    """Read a StorageClass."""
    annotations = item.object("metadata").labels("annotations")
    return StorageClass(
        name=item.object("metadata").text("name"),
        waits_for_consumer=item.text("volumeBindingMode") == "WaitForFirstConsumer",
        provisioner=item.text("provisioner"),
        default="true" in (annotations.get(name) for name in DEFAULT_CLASS),
        provisions=item.text("provisioner") != "kubernetes.io/no-provisioner",
        allowed_topologies=tuple(
            NodeTerm(
                expressions=tuple(
                    Requirement(key=entry.text("key"), operator="In", values=entry.texts("values"))
                    for entry in topology.objects("matchLabelExpressions")
                )
            )
            for topology in item.objects("allowedTopologies")
        ),
    )

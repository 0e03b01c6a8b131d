"""Objects that only some clusters have: storage drivers, runtime classes, quotas, devices."""

from __future__ import annotations

from kytos.cluster import (
    CsiDriver,
    CsiNode,
    Device,
    DeviceClass,
    DeviceRequest,
    LimitRange,
    LimitRangeItem,
    NodeTerm,
    Quota,
    Requirement,
    ResourceClaim,
    ResourceSlice,
    RuntimeClass,
    StorageCapacity,
    Toleration,
)
from kytos.sources.fields import Fields
from kytos.sources.quantities import LARGEST_STORAGE, read_quantity
from kytos.sources.selectors import label_selector, node_term

EXTENDED_CLAIM = "resource.kubernetes.io/extended-resource-claim"


def read_csi_node(item: Fields) -> CsiNode:
    """Read a CSINode; a driver without a count is not limited."""
    return CsiNode(
        name=item.object("metadata").text("name"),
        limits={
            driver.text("name"): driver.object("allocatable").integer("count")
            for driver in item.object("spec").objects("drivers")
            if "count" in driver.object("allocatable")
        },
    )


def read_csi_driver(item: Fields) -> CsiDriver:
    """Read a CSIDriver."""
    return CsiDriver(
        name=item.object("metadata").text("name"),
        storage_capacity=item.object("spec").flag("storageCapacity"),
    )


def read_storage_capacity(item: Fields) -> StorageCapacity:
    """Read a CSIStorageCapacity."""
    return StorageCapacity(
        storage_class=item.text("storageClassName"),
        capacity=_storage(item, "capacity"),
        largest=_storage(item, "maximumVolumeSize"),
        reaches=label_selector(item, "nodeTopology"),
    )


def _storage(item: Fields, key: str) -> int | None:
    if key not in item:
        return None
    return min(int(read_quantity(item.value[key])), LARGEST_STORAGE)


def read_runtime_class(item: Fields) -> RuntimeClass:
    """Read a RuntimeClass."""
    scheduling = item.object("scheduling")
    return RuntimeClass(
        name=item.object("metadata").text("name"),
        overhead=_quantities(item.object("overhead"), "podFixed"),
        node_selector=scheduling.labels("nodeSelector"),
        tolerations=tuple(
            Toleration(
                key=entry.text("key"),
                operator=entry.text("operator") or "Equal",
                value=entry.text("value"),
                effect=entry.text("effect"),
            )
            for entry in scheduling.objects("tolerations")
        ),
    )


def read_limit_range(item: Fields) -> LimitRange:
    """Read a LimitRange, with the defaults that its API server fills in when it is stored."""
    metadata = item.object("metadata")
    items = []
    for entry in item.object("spec").objects("limits"):
        least, most = _quantities(entry, "min"), _quantities(entry, "max")
        default, asked = _quantities(entry, "default"), _quantities(entry, "defaultRequest")
        of = entry.text("type")
        if of == "Container":
            default = most | default
            asked = least | default | asked
        items.append(
            LimitRangeItem(
                type=of,
                default=default,
                default_request=asked,
                min=least,
                max=most,
                max_ratio=_quantities(entry, "maxLimitRequestRatio"),
            )
        )
    return LimitRange(
        name=metadata.text("name"),
        namespace=metadata.text("namespace") or "default",
        items=tuple(items),
    )


def read_quota(item: Fields) -> Quota:
    """Read a ResourceQuota; without a status what is used is counted from the pods."""
    metadata, spec = item.object("metadata"), item.object("spec")
    return Quota(
        name=metadata.text("name"),
        namespace=metadata.text("namespace") or "default",
        hard=_amounts(spec, "hard"),
        used=_amounts(item.object("status"), "used"),
        scopes=spec.texts("scopes"),
        scope_selector=tuple(
            Requirement(
                key=entry.text("scopeName"),
                operator=entry.text("operator"),
                values=entry.texts("values"),
            )
            for entry in spec.object("scopeSelector").objects("matchExpressions")
        ),
    )


def _amounts(holder: Fields, key: str) -> dict[str, int]:
    """By a quota's names, in canonical units."""
    amounts = {}
    for name, told in _quantities(holder, key).items():
        amount = read_quantity(told)
        in_cores = name.removeprefix("requests.").removeprefix("limits.") == "cpu"
        amounts[name] = int(amount * 1000 if in_cores else amount)
    return amounts


def _quantities(holder: Fields, key: str) -> dict[str, str]:
    """Quantities as text, each readable."""
    quantities = {}
    for name, value in holder.object(key).value.items():
        read_quantity(value)
        quantities[name] = str(value)
    return quantities


def read_device_class(item: Fields) -> DeviceClass:
    """Read a DeviceClass (resource.k8s.io)."""
    spec = item.object("spec")
    return DeviceClass(
        name=item.object("metadata").text("name"),
        selectors=_expressions(spec),
        extended_resource=spec.text("extendedResourceName"),
    )


def read_resource_slice(item: Fields) -> ResourceSlice:
    """Read a ResourceSlice; a device with more to it than attributes and capacity says so."""
    spec = item.object("spec")
    pool = spec.object("pool")
    driver, named = spec.text("driver"), pool.text("name")
    terms = None
    if "nodeSelector" in spec:
        terms = _terms(spec.object("nodeSelector"))
    return ResourceSlice(
        name=item.object("metadata").text("name"),
        driver=driver,
        pool=named,
        generation=pool.integer("generation"),
        node_name=spec.text("nodeName"),
        node_terms=terms,
        all_nodes=spec.flag("allNodes"),
        devices=tuple(_device(entry, driver, named) for entry in spec.objects("devices")),
    )


def _terms(selector: Fields) -> tuple[NodeTerm, ...]:
    return tuple(node_term(term) for term in selector.objects("nodeSelectorTerms"))


def _device(entry: Fields, driver: str, pool: str) -> Device:
    basic = entry.object("basic") if "basic" in entry else entry  # before v1beta2
    beyond = ""
    if basic.objects("consumesCounters"):
        beyond = "shares counters with others"
    elif basic.objects("taints"):
        beyond = "is tainted"
    elif basic.flag("allowMultipleAllocations"):
        beyond = "may be shared"
    return Device(
        name=entry.text("name"),
        driver=driver,
        pool=pool,
        attributes={
            name: _attribute(basic.object("attributes").object(name))
            for name in basic.object("attributes").value
        },
        capacity={
            name: _capacity(basic.object("capacity").value[name])
            for name in basic.object("capacity").value
        },
        beyond=beyond,
    )


def _attribute(value: Fields) -> str | int | bool:
    if "bool" in value:
        return value.flag("bool")
    if "int" in value:
        return value.integer("int")
    return value.text("string") or value.text("version")


def _capacity(value: object) -> int:
    told = value.get("value", 0) if isinstance(value, dict) else value
    return int(read_quantity(told))


def read_resource_claim(item: Fields) -> ResourceClaim:
    """Read a ResourceClaim, and the devices it was given."""
    status = item.object("status")
    allocation = status.object("allocation")
    terms = None
    if "nodeSelector" in allocation:
        terms = _terms(allocation.object("nodeSelector"))
    claim = _claim(item, item.object("spec"))
    return claim.model_copy(
        update={
            "allocated": "allocation" in status,
            "allocated_terms": terms,
            "devices": tuple(
                (given.text("driver"), given.text("pool"), given.text("device"))
                for given in allocation.object("devices").objects("results")
            ),
        }
    )


def read_claim_template(item: Fields) -> ResourceClaim:
    """Read a ResourceClaimTemplate as the claim it makes."""
    return _claim(item, item.object("spec").object("spec"))


def _claim(item: Fields, spec: Fields) -> ResourceClaim:
    metadata, devices = item.object("metadata"), spec.object("devices")
    beyond = "asks that its devices match each other" if devices.objects("constraints") else ""
    return ResourceClaim(
        name=metadata.text("name"),
        namespace=metadata.text("namespace") or "default",
        requests=tuple(_request(entry) for entry in devices.objects("requests")),
        beyond=beyond,
    )


def _request(entry: Fields) -> DeviceRequest:
    exactly = entry.object("exactly") if "exactly" in entry else entry  # before v1beta2
    beyond = ""
    if entry.objects("firstAvailable"):
        beyond = "takes the first of several kinds of device"
    elif exactly.flag("adminAccess"):
        beyond = "asks for administrators' access"
    elif "capacity" in exactly:
        beyond = "asks for a share of a device"
    return DeviceRequest(
        device_class=exactly.text("deviceClassName"),
        selectors=_expressions(exactly),
        count=exactly.integer("count", 1),
        all_devices=exactly.text("allocationMode") == "All",
        beyond=beyond,
    )


def _expressions(holder: Fields) -> tuple[str, ...]:
    return tuple(
        selector.object("cel").text("expression") for selector in holder.objects("selectors")
    )

"""The shipped instance types: complete, consistent, and as their sources print them."""

from __future__ import annotations

import doctest

import pytest

from kytos.errors import SourceError
from kytos.sources.catalogue import reserves, types
from kytos.sources.catalogue.generate import instance_types as read_types
from kytos.sources.catalogue.generate import prices as read_prices
from kytos.sources.catalogue.reserves import Provider, allocatable
from kytos.sources.catalogue.types import currency_of, instance_types, list_prices, regions

BY_HAND = {
    "t3.medium": 0.0416,
    "m5.large": 0.096,
    "m5.4xlarge": 0.768,
    "c5.xlarge": 0.17,
    "c6i.2xlarge": 0.34,
    "r5.4xlarge": 1.008,
    "r6i.large": 0.126,
    "g4dn.12xlarge": 3.912,
    "g5.xlarge": 1.006,
    "p3.16xlarge": 24.48,
}
"""Ten types read by hand in the table of the source named at the top of aws_prices.csv."""


@pytest.mark.parametrize(("name", "price"), BY_HAND.items())
def test_prices_are_the_published_ones(name: str, price: float) -> None:
    """The default region's prices are those of the source."""
    assert list_prices()[name] == price


def test_nearly_every_type_has_a_price() -> None:
    """At least 95 % of the listed types can be bought at a known price."""
    ours = [name for name in instance_types() if "." in name]
    assert len(ours) > 1000
    assert sum(name in list_prices() for name in ours) >= 0.95 * len(ours)


def test_pods_get_less_than_the_machine_has() -> None:
    """Kubelet and system keep something of every type."""
    for one in instance_types().values():
        assert 0 < one.cpu_allocatable_millicores < one.cpu_millicores, one.name
        assert 0 < one.memory_allocatable_mib < one.memory_mib, one.name
        assert one.max_pods > 0


def test_regions_keep_their_currency() -> None:
    """A price in another currency is never taken for dollars."""
    assert regions()[0] == "us-east-1"
    assert {currency_of(region) for region in regions()} == {"USD", "CNY"}
    with pytest.raises(SourceError, match=r"region: no list prices of 'mars-1' .* us-east-1"):
        list_prices("mars-1")


def test_a_gpu_is_an_extended_resource() -> None:
    """Pods ask for GPUs by the device plugin's name."""
    assert instance_types()["g5.12xlarge"].extended == {"nvidia.com/gpu": 4}


@pytest.mark.parametrize(
    ("provider", "cpu", "memory", "pods", "left"),
    [
        # GKE documents 1.93 of 2 cores; 25 % of 4 GiB and 20 % of the next 4.
        (Provider.GKE, 2000, 8192, 110, (1930, 8192 - 1024 - 819.2 - 100)),
        # AKS documents 100 millicores at two cores, and 20 MB a pod and 50 MB.
        (Provider.AKS, 2000, 8192, 30, (1900, 8192 - 650 - 100)),
        (Provider.AKS, 64_000, 262_144, 250, (63_260, 262_144 - 5050 - 100)),
        (Provider.AKS, 2000, 2048, 110, (1900, 2048 - 512 - 100)),
        (Provider.EKS, 4000, 16_384, 58, (3920, 16_384 - 255 - 638 - 100)),
        # "Node resource reservations in AKS", 1.29 and later: 650 MB of 8 GB with 30 pods, and a
        # quarter of 4 GB with 70 pods because 20 MB a pod and 50 MB would be 1,450.
        (Provider.AKS, 4000, 8000, 30, (3860, 8000 - 650 - 100)),
        (Provider.AKS, 1000, 4000, 70, (940, 4000 - 1000 - 100)),
        # "Plan GKE Standard node sizes": 255 MiB below 1 GiB, every step up to 128 GiB and 2 %
        # beyond; 400 millicores more for more than 110 pods.
        (Provider.GKE, 1000, 614, 110, (940, 614 - 255 - 100)),
        (Provider.GKE, 16_000, 65_536, 110, (15_890, 65_536 - 5611.52 - 100)),
        (Provider.GKE, 16_000, 65_536, 256, (15_490, 65_536 - 5611.52 - 100)),
        (Provider.GKE, 96_000, 393_216, 110, (95_690, 393_216 - 9543.68 - 5242.88 - 100)),
        # awslabs/amazon-eks-ami: 600, 100, 50 and 25 ten-thousandths by range of cores, and
        # 11 MiB a pod and 255: m5.large with 29 pods, m5.24xlarge with 737.
        (Provider.EKS, 2000, 8192, 29, (1930, 8192 - 574 - 100)),
        (Provider.EKS, 96_000, 393_216, 737, (95_690, 393_216 - 8362 - 100)),
    ],
)
def test_reserves_follow_the_documented_formulas(
    provider: Provider, cpu: int, memory: int, pods: int, left: tuple[float, float]
) -> None:
    """Worked examples of each provider's page, or computed by hand from its formula."""
    assert allocatable(provider, cpu, memory, pods) == (left[0], int(left[1]))


def test_the_generator_reads_what_it_was_written_for() -> None:
    """A type and a price in the form in which the source prints them."""
    listed = (
        "## m5 Family\n### `m5.large`\n#### Labels\n"
        " |karpenter.k8s.aws/instance-cpu|2|\n |karpenter.k8s.aws/instance-memory|8192|\n"
        " |kubernetes.io/arch|amd64|\n#### Resources\n"
        " |cpu|1930m|\n |memory|6903Mi|\n |nvidia.com/gpu|1|\n |pods|29|\n"
    )
    assert list(read_types(listed)) == [
        {
            "instance_type": "m5.large",
            "arch": "amd64",
            "cpu_millicores": 2000,
            "memory_mib": 8192,
            "cpu_allocatable_millicores": 1930,
            "memory_allocatable_mib": 6903,
            "max_pods": 29,
            "extended": "nvidia.com/gpu=1",
        }
    ]
    priced = '\t"us-east-1": {\n\t\t"m5.large": 0.096000, "m5.metal": 4.608000,\n'
    assert [(row["region"], row["price_per_hour"]) for row in read_prices(priced, "USD")] == [
        ("us-east-1", "0.096"),
        ("us-east-1", "4.608"),
    ]


@pytest.mark.parametrize("module", [reserves, types])
def test_examples_run(module: object) -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]

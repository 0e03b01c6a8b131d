"""Writes the tables of this folder from a checkout of Karpenter's AWS provider.

``uv run python -m kytos.sources.catalogue.generate CHECKOUT`` reads two files that the project
`aws/karpenter-provider-aws` (Apache-2.0) publishes: the list of instance types in its documentation
and its table of on-demand list prices. Only facts are taken: sizes and prices.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kytos.sources.quantities import read_quantity

TYPES = "website/content/en/docs/reference/instance-types.md"
PRICES = {
    "pkg/providers/pricing/zz_generated.pricing_aws.go": "USD",
    "pkg/providers/pricing/zz_generated.pricing_aws_us_gov.go": "USD",
    "pkg/providers/pricing/zz_generated.pricing_aws_cn.go": "CNY",
}
"""Files of prices, and the currency each is in."""

EXTENDED = ("nvidia.com/gpu", "amd.com/gpu", "aws.amazon.com/neuron")
"""Extended resources that pods ask for; the others of the list are AWS' own bookkeeping."""

_LABELS = "karpenter.k8s.aws/instance-"
_ROW = re.compile(r"^ \|(?P<name>[^|]+)\|(?P<value>[^|]+)\|")
_REGION = re.compile(r'^\t"(?P<region>[a-z0-9-]+)": \{')
_PRICE = re.compile(r'"(?P<type>[a-z0-9-]+\.[a-z0-9-]+)": (?P<price>[0-9.]+)')
_GENERATED = re.compile(r"generated at (?P<date>\d{4}-\d\d-\d\d)")
_MIB = 2**20


def instance_types(text: str) -> Iterator[dict[str, object]]:
    """The rows of the list of types, one for each."""
    for section in text.split("\n### `")[1:]:
        rows = [match for line in section.splitlines() if (match := _ROW.match(line))]
        facts = {row["name"]: row["value"] for row in rows}
        yield {
            "instance_type": section.split("`", 1)[0],
            "arch": facts["kubernetes.io/arch"],
            "cpu_millicores": 1000 * int(facts[f"{_LABELS}cpu"]),
            "memory_mib": int(facts[f"{_LABELS}memory"]),
            "cpu_allocatable_millicores": int(1000 * read_quantity(facts["cpu"])),
            "memory_allocatable_mib": int(read_quantity(facts["memory"])) // _MIB,
            "max_pods": int(facts["pods"]),
            "extended": " ".join(f"{name}={facts[name]}" for name in EXTENDED if name in facts),
        }


def prices(text: str, currency: str) -> Iterator[dict[str, object]]:
    """The rows of a table of prices, one for each region and type."""
    region = ""
    for line in text.splitlines():
        if match := _REGION.match(line):
            region = match["region"]
        for match in _PRICE.finditer(line):
            yield {
                "region": region,
                "instance_type": match["type"],
                "currency": currency,
                "price_per_hour": repr(float(match["price"])),
            }


def main() -> None:
    """Read the checkout and write both tables beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="git directory of aws/karpenter-provider-aws")
    checkout = parser.parse_args().checkout
    texts = {path: _text(checkout, path) for path in (TYPES, *PRICES)}
    commit = _git(checkout, "rev-parse", "HEAD").strip()
    listed = _GENERATED.search(texts[next(iter(PRICES))])
    source = (
        f"# From aws/karpenter-provider-aws (Apache-2.0), commit {commit[:12]}; on-demand list "
        f"prices as published on {listed['date'] if listed else 'an unknown day'}.\n"
        "# Written by kytos/sources/catalogue/generate.py; do not edit by hand.\n"
    )
    _write("aws_types.csv", source, list(instance_types(texts[TYPES])))
    rows = [row for path, currency in PRICES.items() for row in prices(texts[path], currency)]
    _write("aws_prices.csv", source, rows)


def _text(checkout: Path, path: str) -> str:
    return _git(checkout, "show", f"HEAD:{path}")


def _git(checkout: Path, *arguments: str) -> str:
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _write(name: str, source: str, rows: list[dict[str, object]]) -> None:
    path = Path(__file__).with_name(name)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(source)
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()

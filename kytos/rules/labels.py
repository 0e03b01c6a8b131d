"""Labels of many objects as columns, so that a selector is matched against all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kytos.cluster import Requirement
from kytos.problem import Bools, Ints

ABSENT = -1
_INT64 = re.compile(r"[+-]?[0-9]+", re.ASCII)
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@dataclass(frozen=True)
class Column:
    """One label key over all objects.

    Attributes
    ----------
    codes
        ``(objects,)`` position in `values`, `ABSENT` where an object lacks the key.
    values
        The distinct values.
    position
        Where each of them is in `values`.
    """

    codes: Ints
    values: tuple[str, ...]
    position: Mapping[str, int]

    @cached_property
    def carriers(self) -> tuple[Ints, Ints]:
        """Objects by their value, and ``(values + 1,)`` where each value's begin.

        Those without the key are left out.
        """
        order = np.argsort(self.codes, kind="stable")
        starts = np.searchsorted(self.codes[order], np.arange(len(self.values) + 1))
        return order, starts

    def carrying(self, wanted: Iterable[str]) -> Ints:
        """Positions, ascending, of the objects whose value is one of `wanted`."""
        order, starts = self.carriers
        codes = [self.position[value] for value in wanted if value in self.position]
        carriers = [order[starts[code] : starts[code + 1]] for code in codes]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *carriers]))

    def among(self, wanted: Iterable[str]) -> Bools:
        """``(objects,)`` whose value is one of `wanted`."""
        holds = np.zeros(len(self.values) + 1, dtype=np.bool_)
        holds[[self.position[value] for value in wanted if value in self.position]] = True
        return np.asarray(holds[self.codes])

    def where(self, holds: Sequence[bool]) -> Bools:
        """``(objects,)`` from what holds for each value; False for objects without the key."""
        return np.array([*holds, False], dtype=np.bool_)[self.codes]


@dataclass(frozen=True)
class LabelTable:
    """The labels of `count` objects by key: for each key who carries it and the column's values.

    Columns are filled in when first asked for. All at once would be as many numbers as there are
    keys times objects, and some keys are carried by one object alone.
    """

    count: int
    by_key: Mapping[str, tuple[Ints, Ints, Mapping[str, int]]]
    _filled: dict[str, Column] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, labels: Sequence[Mapping[str, str]]) -> LabelTable:
        """Build the table of one mapping of labels per object."""
        columns: dict[str, tuple[list[int], list[int], dict[str, int]]] = {}
        for position, own in enumerate(labels):
            for key, value in own.items():
                carriers, codes, values = columns.setdefault(key, ([], [], {}))
                carriers.append(position)
                codes.append(values.setdefault(value, len(values)))
        return cls(
            len(labels),
            {
                key: (np.array(carriers), np.array(codes), values)
                for key, (carriers, codes, values) in columns.items()
            },
        )

    def column(self, key: str) -> Column:
        """The column of `key`; all absent where no object has it."""
        if key not in self._filled:
            self._filled[key] = self._fill(key)
        return self._filled[key]

    def matching(self, requirements: Sequence[Requirement] | None) -> Bools:
        """``(objects,)`` those that meet all requirements; None is met by none, () by all."""
        if requirements is None:
            return np.zeros(self.count, dtype=np.bool_)
        meets = np.ones(self.count, dtype=np.bool_)
        for requirement in requirements:
            meets &= self._meeting(requirement)
        return meets

    def members(self, requirements: Sequence[Requirement] | None) -> Ints:
        """Positions, ascending, of the objects that meet all requirements, as in `matching`.

        A selector that names values looks at no more than those that carry them.
        """
        named = [requirement for requirement in requirements or () if requirement.operator == "In"]
        if requirements is None or not named:
            return np.flatnonzero(self.matching(requirements))
        positions = self.column(named[0].key).carrying(set(named[0].values))
        for requirement in requirements:
            if requirement is not named[0] and len(positions):
                positions = positions[self._meeting(requirement)[positions]]
        return positions

    def _fill(self, key: str) -> Column:
        codes = np.full(self.count, ABSENT, dtype=np.int64)
        if key not in self.by_key:
            return Column(codes, (), {})
        carriers, held, values = self.by_key[key]
        codes[carriers] = held
        return Column(codes, tuple(values), values)

    def _meeting(self, requirement: Requirement) -> Bools:
        """As Kubernetes' ``labels.Requirement.Matches``; a malformed requirement is met by none."""
        column = self.column(requirement.key)
        wanted = set(requirement.values)
        match requirement.operator:
            case "In":
                return column.among(wanted)
            case "NotIn" if wanted:
                return ~column.among(wanted)
            case "Exists":
                return np.not_equal(column.codes, ABSENT)
            case "DoesNotExist":
                return np.equal(column.codes, ABSENT)
            case "Gt" | "Lt" if len(requirement.values) == 1:
                bound = parse_int64(requirement.values[0])
                above = requirement.operator == "Gt"
                return column.where(
                    [_beyond(parse_int64(value), bound, above=above) for value in column.values]
                )
        return np.zeros(self.count, dtype=np.bool_)


def is_readable(requirement: Requirement) -> bool:
    """Whether the scheduler can parse a requirement; a node term with another matches no node.

    So ``NotIn`` and ``Gt`` match nothing when one of their values could not be a label's (``-1``
    begins with a sign). Source: ``NewRequirement`` of Kubernetes' apimachinery labels package.
    """
    values = requirement.values
    match requirement.operator:
        case "In" | "NotIn":
            counted = len(values) > 0
        case "Exists" | "DoesNotExist":
            counted = not values
        case "Gt" | "Lt":
            counted = len(values) == 1 and parse_int64(values[0]) is not None
        case _:
            return False
    return counted and all(_VALUE.fullmatch(value) for value in values)


def parse_int64(text: str) -> int | None:
    """The integer Go's ``strconv.ParseInt(text, 10, 64)`` reads, or None."""
    if not _INT64.fullmatch(text):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def _beyond(value: int | None, bound: int | None, *, above: bool) -> bool:
    if value is None or bound is None:
        return False
    return value > bound if above else value < bound

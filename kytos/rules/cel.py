"""Selectors of devices: the part of CEL that device classes and claims are written in.

Understood: ``device.driver``, ``device.attributes["domain"].name``,
``device.capacity["domain"].name`` with ``compareTo(quantity("10Gi"))``, text, numbers, true and
false, comparisons, ``in`` a list, ``&&``, ``||``, ``!`` and brackets. What is not raises
`NotUnderstoodError`, and whoever asked says that it was not judged.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from kytos.cluster import Device

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>().,\[\]-]))"""
)
_COMPARE = {"==", "!=", "<", "<=", ">", ">="}
_SUFFIXES: dict[str, int | Fraction] = {
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "k": 10**3,
}
_SUFFIXES |= {"M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "m": Fraction(1, 1000), "": 1}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]i|[kMGTPm]?)")


class NotUnderstoodError(Exception):
    """An expression that only a whole CEL could judge."""


def selects(expression: str, device: Device) -> bool:
    """Whether an expression is true of a device.

    Raises
    ------
    NotUnderstoodError
        When it says more than is understood here, or asks for what the device does not have.
    """
    parser = _Parser(expression, device)
    result = parser.either()
    if parser.at < len(parser.tokens) or not isinstance(result, bool):
        raise NotUnderstoodError(expression)
    return result


class _Parser:
    """A recursive descent over the tokens, judging as it reads."""

    def __init__(self, expression: str, device: Device) -> None:
        self.expression, self.device = expression, device
        self.tokens: list[tuple[str, str]] = []
        self.at = position = 0
        text = expression.strip()
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None or token.lastgroup is None:
                raise NotUnderstoodError(expression)
            self.tokens.append((token.lastgroup, token[token.lastgroup]))
            position = token.end()

    def either(self) -> Any:
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = self.boolean(left) or self.boolean(right)
        return left

    def both(self) -> Any:
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            left = self.boolean(left) and self.boolean(right)
        return left

    def compared(self) -> Any:
        left = self.single()
        kind, sign = self.peek()
        if kind == "word" and sign == "in":
            self.at += 1
            return left in self.listed()
        if sign not in _COMPARE or kind != "sign":
            return left
        self.at += 1
        right = self.single()
        if isinstance(left, bool) != isinstance(right, bool) or (
            isinstance(left, str) != isinstance(right, str)
        ):
            raise NotUnderstoodError(self.expression)
        return {
            "==": left == right,
            "!=": left != right,
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[sign]

    def single(self) -> Any:
        if self.take("!"):
            return not self.boolean(self.single())
        if self.take("-"):
            return -self.single()
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        kind, word = self.next()
        if kind == "text":
            return word[1:-1].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
        if kind == "number":
            return Fraction(word)
        if word in ("true", "false"):
            return word == "true"
        if word == "device":
            return self.of_device()
        raise NotUnderstoodError(self.expression)

    def of_device(self) -> Any:
        self.need(".")
        part = self.next()[1]
        if part == "driver":
            return self.device.driver
        if part not in ("attributes", "capacity"):
            raise NotUnderstoodError(self.expression)
        self.need("[")
        domain = self.single()
        self.need("]")
        self.need(".")
        name = self.next()[1]
        held = self.device.attributes if part == "attributes" else self.device.capacity
        for key in (f"{domain}/{name}", *((name,) if domain == self.device.driver else ())):
            if key in held:
                value: Any = held[key]
                break
        else:
            raise NotUnderstoodError(f"{self.expression}: device {self.device.name} has no {name}")
        if part == "attributes":
            return value if isinstance(value, str | bool) else Fraction(value)
        return self.against_quantity(Fraction(value))

    def against_quantity(self, amount: Fraction) -> Fraction:
        self.need(".")
        method = self.next()[1]
        self.need("(")
        if self.next()[1] != "quantity":
            raise NotUnderstoodError(self.expression)
        self.need("(")
        wanted = _QUANTITY.fullmatch(str(self.single()))
        self.need(")")
        self.need(")")
        if wanted is None:
            raise NotUnderstoodError(self.expression)
        least = Fraction(wanted[1]) * _SUFFIXES[wanted[2]]
        sign = Fraction((amount > least) - (amount < least))
        if method == "compareTo":
            return sign
        judged = {"isGreaterThan": sign > 0, "isLessThan": sign < 0}
        if method not in judged:
            raise NotUnderstoodError(self.expression)
        return judged[method]  # type: ignore[return-value]

    def listed(self) -> list[Any]:
        self.need("[")
        items = [self.single()]
        while self.take(","):
            items.append(self.single())
        self.need("]")
        return items

    def boolean(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise NotUnderstoodError(self.expression)
        return value

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def take(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self.at += 1
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise NotUnderstoodError(self.expression)

"""The names that choose a solver: those of the registry, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kytos.contract.registry import REGISTERED, Traits


class _Names(type):
    """Lets the class be read as an enumeration of what is registered at that moment."""

    def __iter__(cls) -> Iterator[SolverName]:
        return (SolverName(name) for name in REGISTERED)

    def __len__(cls) -> int:
        return len(REGISTERED)

    def __contains__(cls, name: object) -> bool:
        return name in REGISTERED

    def __getattr__(cls, attribute: str) -> SolverName:
        """A name in capitals, as in ``SolverName.OPENJIJ_SA``."""
        name = attribute.lower().replace("_", "-")
        if not attribute.isupper() or name not in REGISTERED:
            raise AttributeError(f"no solver {attribute!r} is registered")
        return SolverName(name)


_MADE: dict[str, SolverName] = {}


class SolverName(str, metaclass=_Names):
    """A solver by the name that the HTTP contract has for it.

    It is its own string. Two of one name are the same object, also after pickling.

    Raises
    ------
    ValueError
        When no solver of that name is registered.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> SolverName:
        """Return the one object of a name."""
        if name not in REGISTERED:
            raise ValueError(f"no solver is named {name!r}; there are {', '.join(REGISTERED)}")
        return _MADE.setdefault(str(name), super().__new__(cls, name))

    @property
    def value(self) -> str:
        """The plain string."""
        return str(self)

    @property
    def traits(self) -> Traits:
        """What the solver is."""
        return REGISTERED[self].traits

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take a registered name; any other is told which there are, as of an enumeration."""
        return core_schema.no_info_plain_validator_function(
            cls._checked, serialization=core_schema.to_string_ser_schema(when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it as the enumeration it is."""
        return {"type": "string", "title": "SolverName", "enum": list(REGISTERED)}

    @classmethod
    def _checked(cls, given: object) -> SolverName:
        if isinstance(given, str) and given in REGISTERED:
            return cls(given)
        quoted = [f"'{name}'" for name in REGISTERED]
        expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": expected})

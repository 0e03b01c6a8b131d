"""An instance of the challenge, read from its two files: the model and the first assignment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (
    Path(__file__).parent.parent / "data" / "roadef2012",
    Path(__file__).parents[3] / "shared" / "benchmarks" / "roadef2012",
)
"""Where instances lie: what the repository has, and the whole set beside it."""

Row = tuple[int, ...]


@dataclass(frozen=True)
class Machine:
    """A machine: where it stands, and by resource its capacity and safety capacity."""

    neighbourhood: int
    location: int
    capacity: Row
    safety: Row
    move_cost: Row
    """To each machine."""


@dataclass(frozen=True)
class Service:
    """A service: how many locations it needs, and whose neighbourhoods its processes want."""

    least_locations: int
    needs: Row


@dataclass(frozen=True)
class Process:
    """A process: its service, what it requires by resource, and what moving it costs."""

    service: int
    requirement: Row
    move_cost: int


@dataclass(frozen=True)
class BalanceCost:
    """So many units of the second resource should stay free for each of the first."""

    first: int
    second: int
    target: int
    weight: int


@dataclass(frozen=True)
class Instance:
    """Everything of the two files, in their order and units."""

    name: str
    transient: tuple[bool, ...]
    load_weight: Row
    machines: tuple[Machine, ...]
    services: tuple[Service, ...]
    processes: tuple[Process, ...]
    balances: tuple[BalanceCost, ...]
    process_move_weight: int
    service_move_weight: int
    machine_move_weight: int
    start: Row
    """Machine of each process."""


def path_of(name: str, kind: str) -> Path | None:
    """Return where the ``model`` or ``assignment`` of an instance lies, None where nowhere."""
    paths = [folder / f"{kind}_{name}.txt" for folder in FOLDERS]
    return next((path for path in paths if path.exists()), None)


def names() -> list[str]:
    """Return the instances that are here."""
    files = {path.stem for folder in FOLDERS for path in folder.glob("model_*.txt")}
    return sorted(stem.removeprefix("model_") for stem in files)


def load(name: str) -> Instance:
    """Return an instance by name, such as ``a1_1``.

    Raises
    ------
    FileNotFoundError
        When its files are not here.
    """
    model, start = path_of(name, "model"), path_of(name, "assignment")
    if model is None or start is None:
        raise FileNotFoundError(f"{name}: expected its two files in one of {FOLDERS}")
    return read(name, model.read_text(encoding="ascii"), start.read_text(encoding="ascii"))


def read(name: str, model: str, assignment: str) -> Instance:
    """Read the text of the two files.

    Raises
    ------
    ValueError
        When a file is cut off, goes on after its end, or is no list of whole numbers.
    """
    values = iter(int(word) for word in model.split())
    resources = list(_several(values, 2, _one(values)))
    width, count = len(resources), _one(values)
    machines = tuple(
        Machine(place[0], place[1], _row(values, width), _row(values, width), _row(values, count))
        for place in (_row(values, 2) for _ in range(count))
    )
    services = tuple(
        Service(least, _row(values, needs))
        for least, needs in (_row(values, 2) for _ in range(_one(values)))
    )
    processes = tuple(
        Process(_one(values), _row(values, width), _one(values)) for _ in range(_one(values))
    )
    balances = tuple(BalanceCost(*_row(values, 4)) for _ in range(_one(values)))
    weights = _row(values, 3)
    start = tuple(int(word) for word in assignment.split())
    if next(values, None) is not None or len(start) != len(processes):
        raise ValueError(f"{name}: the files do not end where they should")
    return Instance(
        name,
        tuple(bool(transient) for transient, _ in resources),
        tuple(weight for _, weight in resources),
        machines,
        services,
        processes,
        balances,
        *weights,
        start=start,
    )


def _several(values: Iterator[int], width: int, count: int) -> Iterator[Row]:
    for _ in range(count):
        yield _row(values, width)


def _one(values: Iterator[int]) -> int:
    return _row(values, 1)[0]


def _row(values: Iterator[int], width: int) -> Row:
    row = tuple(value for _, value in zip(range(width), values, strict=False))
    if len(row) < width:
        raise ValueError("the model file ends too early")
    return row

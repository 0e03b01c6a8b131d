"""What the dashboard keeps of uploads and answers: one SQLite file, or memory alone.

Clusters are kept once, by their digest. An upload or an answer belongs to a history, and each has a
name of 128 random bits: whoever has the name may read it, and nothing lists the names.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from kytos.settings import StoreSettings

MEMORY = "memory"
_DAY_S = 86_400.0
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")
_log = logging.getLogger(__name__)
TROUBLES = (OSError, SQLAlchemyError)
"""What a store raises that cannot read or write its file: a full disk, one that is read-only."""

_tables = sql.MetaData()
_clusters = sql.Table(
    "clusters",
    _tables,
    sql.Column("digest", sql.String, primary_key=True),
    sql.Column("name", sql.String, nullable=False),
    sql.Column("content", sql.LargeBinary, nullable=False),
)
_uploads = sql.Table(
    "uploads",
    _tables,
    sql.Column("history", sql.String, primary_key=True),
    sql.Column("digest", sql.String, primary_key=True),
    sql.Column("made_at", sql.Float, nullable=False, index=True),
)
_answers = sql.Table(
    "answers",
    _tables,
    sql.Column("id", sql.String, primary_key=True),
    sql.Column("history", sql.String, nullable=False, index=True),
    sql.Column("digest", sql.String, nullable=False),
    sql.Column("question", sql.String, nullable=False),
    sql.Column("headline", sql.String, nullable=False),
    sql.Column("content", sql.LargeBinary, nullable=False),
    sql.Column("made_at", sql.Float, nullable=False, index=True),
)


@dataclass(frozen=True)
class KeptAnswer:
    """One line of a history.

    Attributes
    ----------
    id
        Names the answer in a link.
    cluster
        The name of the cluster it is about.
    made_at
        Seconds since 1970.
    """

    id: str
    digest: str
    question: str
    cluster: str
    headline: str
    made_at: float


@dataclass(frozen=True)
class KeptCluster:
    """One upload of a history."""

    digest: str
    name: str
    made_at: float


def new_name() -> str:
    """Return a name that nobody guesses: 128 random bits."""
    return secrets.token_urlsafe(16)


def is_name(text: str) -> bool:
    """Say whether a text has the form of such a name."""
    return _NAME.fullmatch(text) is not None


class Store:
    """Uploads and answers, within a size and an age.

    Parameters
    ----------
    path
        The database's file; None keeps all in memory.
    days
        What is older goes.
    mib
        What is oldest goes, once all is larger.
    """

    def __init__(self, path: Path | None, days: float, mib: float) -> None:
        """Open the database, made where there is none.

        Raises
        ------
        OSError, sqlalchemy.exc.SQLAlchemyError
            When it cannot be. Those are `TROUBLES`: every other method may raise them too, for a
            disk fills and files go while a server runs.
        """
        self._lock = threading.Lock()
        self._seconds, self._bytes = days * _DAY_S, int(mib * 2**20)
        self.in_memory = path is None
        if path is None:
            self._engine = sql.create_engine(
                "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # clusters name what runs
            self._engine = sql.create_engine(
                sql.URL.create("sqlite", database=str(path)), connect_args={"timeout": 10}
            )
        sql.event.listen(self._engine, "connect", _overwrite_what_goes)
        with self._changing() as database:
            _tables.create_all(database)

    def keep_cluster(self, history: str, digest: str, name: str, content: Any) -> None:
        """Keep an upload, unless it is too large alone; the same again only becomes the latest."""
        packed = _squeezed(content)
        if len(packed) > self._bytes:
            return
        with self._changing() as database:
            _add_cluster(database, digest, name, packed)
            row = {"history": history, "digest": digest, "made_at": time.time()}
            upload = insert(_uploads).values(row)
            database.execute(
                upload.on_conflict_do_update(
                    index_elements=["history", "digest"], set_={"made_at": row["made_at"]}
                )
            )
            self._prune(database)

    def keep_answer(self, answer: KeptAnswer, history: str, cluster: Any, content: Any) -> bool:
        """Keep an answer with its cluster; say whether it is kept, and not too large alone."""
        packed_cluster, packed = _squeezed(cluster), _squeezed(content)
        if len(packed_cluster) + len(packed) > self._bytes:
            return False
        with self._changing() as database:
            _add_cluster(database, answer.digest, answer.cluster, packed_cluster)
            database.execute(
                sql.insert(_answers).values(
                    id=answer.id,
                    history=history,
                    digest=answer.digest,
                    question=answer.question,
                    headline=answer.headline,
                    content=packed,
                    made_at=answer.made_at,
                )
            )
            self._prune(database)
        return True

    def cluster(self, digest: str, history: str) -> Any | None:
        """Return an upload of a history, None where it has none of that digest."""
        with self._changing() as database:
            row = database.execute(
                sql.select(_clusters.c.content)
                .join(_uploads, _uploads.c.digest == _clusters.c.digest)
                .where(_uploads.c.history == history, _uploads.c.digest == digest)
            ).first()
        return None if row is None else _opened(row.content)

    def answer(self, name: str) -> tuple[KeptAnswer, Any, Any] | None:
        """Return an answer by its name with its cluster's and its own content, None if none is."""
        with self._changing() as database:
            row = database.execute(
                sql.select(
                    _answers, _clusters.c.name.label("cluster"), _clusters.c.content.label("all")
                )
                .join(_clusters, _clusters.c.digest == _answers.c.digest)
                .where(_answers.c.id == name)
            ).first()
        return None if row is None else (_line(row), _opened(row.all), _opened(row.content))

    def answers(self, history: str) -> list[KeptAnswer]:
        """Return the answers of a history, the latest first."""
        with self._changing() as database:
            rows = database.execute(
                sql.select(_answers, _clusters.c.name.label("cluster"))
                .join(_clusters, _clusters.c.digest == _answers.c.digest)
                .where(_answers.c.history == history)
                .order_by(_answers.c.made_at.desc())
            ).all()
        return [_line(row) for row in rows]

    def uploads(self, history: str) -> list[KeptCluster]:
        """Return the uploads of a history, the latest first."""
        with self._changing() as database:
            rows = database.execute(
                sql.select(_uploads.c.digest, _clusters.c.name, _uploads.c.made_at)
                .join(_clusters, _clusters.c.digest == _uploads.c.digest)
                .where(_uploads.c.history == history)
                .order_by(_uploads.c.made_at.desc())
            ).all()
        return [KeptCluster(*row) for row in rows]

    def forget(self, history: str) -> None:
        """Drop all of a history, and the clusters that no other has."""
        with self._changing() as database:
            for table in (_answers, _uploads):
                database.execute(sql.delete(table).where(table.c.history == history))
            self._prune(database)

    @contextmanager
    def _changing(self) -> Iterator[sql.Connection]:
        # One at a time: in memory all threads share one connection, and so one transaction.
        with self._lock, self._engine.begin() as database:
            yield database

    def _prune(self, database: sql.Connection) -> None:
        """Drop what is too old; then what is oldest, until the rest is small enough."""
        oldest = time.time() - self._seconds
        for table in (_answers, _uploads):
            database.execute(sql.delete(table).where(table.c.made_at < oldest))
        _drop_unused(database)
        while _size(database) > self._bytes:
            ages = {
                table: database.scalar(sql.select(sql.func.min(table.c.made_at)))
                for table in (_answers, _uploads)
            }
            known = {table: age for table, age in ages.items() if age is not None}
            if not known:
                return
            table = min(known, key=lambda one: known[one])
            database.execute(sql.delete(table).where(table.c.made_at <= known[table]))
            _drop_unused(database)


def open_store(settings: StoreSettings) -> Store:
    """Return the store that an operator set; one that cannot be opened is one in memory, logged."""
    if settings.store == MEMORY:
        return Store(None, settings.store_days, settings.store_mib)
    path = None
    try:
        path = Path(settings.store) if settings.store else usual_path()
        return Store(path, settings.store_days, settings.store_mib)
    except (*TROUBLES, RuntimeError) as error:  # that: a user without a home
        _log.warning("uploads and answers are kept in memory only: %s: %s", path, error)
        return Store(None, settings.store_days, settings.store_mib)


def usual_path() -> Path:
    """Return where the file lies where nobody says otherwise: the user's folder for state (XDG)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if state else Path.home() / ".local" / "state"
    return folder / "kytos" / "dashboard.sqlite"


def _overwrite_what_goes(connection: Any, _: object) -> None:
    connection.execute("PRAGMA secure_delete = ON")


def _add_cluster(database: sql.Connection, digest: str, name: str, packed: bytes) -> None:
    row = {"digest": digest, "name": name, "content": packed}
    database.execute(insert(_clusters).values(row).on_conflict_do_nothing())


def _size(database: sql.Connection) -> int:
    sizes = [
        database.scalar(sql.select(sql.func.coalesce(sql.func.sum(sql.func.length(column)), 0)))
        for column in (_clusters.c.content, _answers.c.content)
    ]
    return sum(int(size or 0) for size in sizes)


def _drop_unused(database: sql.Connection) -> None:
    used = sql.union(sql.select(_answers.c.digest), sql.select(_uploads.c.digest))
    database.execute(sql.delete(_clusters).where(_clusters.c.digest.not_in(used)))


def _line(row: Any) -> KeptAnswer:
    return KeptAnswer(row.id, row.digest, row.question, row.cluster, row.headline, row.made_at)


def _squeezed(content: Any) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 6)


def _opened(content: bytes) -> Any:
    return json.loads(zlib.decompress(content))

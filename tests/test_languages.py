"""Every text that people read is there in every language, whole, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from docs import catalogue
from kytos.errors import SourceError
from kytos.language import (
    CATALOGUES,
    ENGLISH,
    LANGUAGES,
    SAID,
    _,
    closest,
    language,
    moment,
    number,
    plural,
    retold,
    use,
)
from kytos.report import units
from kytos.sources.usage.attach import read_with_usage

ROOT = Path(__file__).parents[1]
OTHERS = sorted(set(LANGUAGES) - {ENGLISH})
MARKS = {"_", "N_", "plural"}
FIELD = re.compile(r"%\{[^}]*\}|\{[^{}]*\}")
VALUE = re.compile(r"\{(\w+)(:[^{}]+)?\}")
TAG = re.compile(r"<[^<>]*>")
KEYED = {"chart", "behind", "lazy_tabs", "hold", "count", "Usage", "names_chosen", "getLogger"}
KEYED |= {"_boxes", "_scale", "_measure_switch", "_resource_switch", "Thread", "get_option"}
KEYED |= {
    "get",
    "pop",
    "setdefault",
    "TypeVar",
    "require",
    "TypeError",
    "ValueError",
    "SourceError",
    "pods_of_manifests",
    "Markup",
}
"""What takes names of things, or says what goes wrong in a program's own words."""
NOT_READ = {"key", "icon", "shortcut", "mime", "config", "file_name"}
FILES_OF_TOOLS = ("node_groups.py", "right_sizing.py", "store.py", "shipped.py", "serve.py")
"""These write what machines read: manifests, scripts and tables of a database."""
MACHINES = re.compile(
    r"<|#!|:material/[a-z_]+: ?$|rgb|[A-Za-z0-9_\-./]*\.(json|yaml|py|csv|sh|html)$"
    r"|kubectl |apiVersion|pool=|PRAGMA"
)
NAMES = {
    *("CPU", "GiB", "ROOM", "TIGHT", "DaemonSet ", "it is a static pod", "Handout"),
    *("Cividis", "RdBu_r", "OrRd", "+100 points", "bottom right", "top left", "top right"),
    *("Rebalance", "Recovery", "Placement", "Autoscale", "Compare", "Fleet", "History", "Demo"),
    *("displayModeBar", "server.maxUploadSize", ", such as {}"),
}
"""Words of libraries, of Kubernetes and of files' names, and parts of reasons and of errors."""


@cache
def catalogue_of(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / "kytos.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def messages() -> frozenset[object]:
    return frozenset(catalogue.messages())


def read_by_people() -> list[Path]:
    """The files whose texts people read on a page, in a figure or on a handout."""
    rooms = [*ROOT.glob("kytos/ui/**/*.py"), *ROOT.glob("kytos/report/**/*.py")]
    return sorted(path for path in rooms if path.name not in FILES_OF_TOOLS)


def unmarked(path: Path) -> Iterator[str]:
    """Texts of a file that look like words for people and are not marked for translation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parent = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr) and not (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            continue
        text = written(node)
        if not for_people(text) or excused(node, parent):
            continue
        yield f"line {node.lineno}: {text!r}"


def written(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return str(getattr(node, "value", ""))


def for_people(text: str) -> bool:
    """Whether a text is words: several of them, or one that begins with a capital."""
    words = re.findall(r"[A-Za-z]{2,}", TAG.sub(" ", FIELD.sub(" ", text)))
    if not words or text in NAMES or MACHINES.match(text):
        return False
    return (len(words) > 1 and " " in text.strip()) or bool(re.match(r"\W*[A-Z][a-z]", text))


def excused(node: ast.expr, parent: dict[ast.AST, ast.AST]) -> bool:
    """Whether a text is marked, or is a key, a comparison, an annotation or a docstring."""
    at: ast.AST = node
    while at in parent:
        above = parent[at]
        if isinstance(above, ast.Call):
            name = getattr(above.func, "id", getattr(above.func, "attr", ""))
            if name in MARKS or (name in KEYED and not isinstance(at, ast.keyword)):
                return True
        if isinstance(above, ast.keyword) and above.arg in NOT_READ:
            return True
        if isinstance(above, (ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Expr)):
            return True
        if isinstance(above, ast.Subscript) and above.slice is at:
            return not written(node)[:1].isupper()  # a key; else the label of a tab
        if isinstance(above, ast.Assign) and isinstance(parent[above], (ast.Module, ast.ClassDef)):
            # A name in the session: lower case, no sentence.
            text = written(node)
            return text == text.lower() and not re.search(r"[.,;?!]", text)
        if isinstance(above, (ast.FunctionDef, ast.Module)):
            return False
        at = above
    return False


def test_every_text_that_people_read_is_marked() -> None:
    """``_("...")`` where it is drawn, ``N_("...")`` where it is only named."""
    told = {path.relative_to(ROOT).as_posix(): list(unmarked(path)) for path in read_by_people()}
    assert {path: texts for path, texts in told.items() if texts} == {}


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing(code: str) -> None:
    """`just catalogue` brings a new text into the catalogue; somebody has to translate it."""
    known = {_key(message.id): message for message in catalogue_of(code) if message.id}
    assert messages() - set(known) == set(), "run `just catalogue` and translate these"
    empty = [key for key, message in known.items() if not _strings(message.string)]
    assert empty == []
    assert [key for key, message in known.items() if message.fuzzy] == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_dead_text_is_kept(code: str) -> None:
    """What the code no longer says is not translated either: `just catalogue` drops it."""
    known = {_key(message.id) for message in catalogue_of(code) if message.id}
    assert known - messages() == set()
    assert not catalogue_of(code).obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_every_placeholder_is_in_every_translation(code: str) -> None:
    """A value that a sentence lacks is a number nobody reads; one it invents ends the page."""
    for message in catalogue_of(code):
        key = _key(message.id)
        if not key:
            continue
        for text in _strings(message.string):
            english = key if isinstance(key, str) else key[1]
            assert sorted(FIELD.findall(text)) == sorted(FIELD.findall(english)), key


def test_what_is_marked_is_a_literal() -> None:
    """An f-string that is translated is found in no catalogue."""
    for path in read_by_people():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
                assert not any(isinstance(text, ast.JoinedStr) for text in node.args), path


def test_whatever_is_counted_has_its_words() -> None:
    """`units.count` takes no noun that is not in its table."""
    for path in read_by_people():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name == "count" and len(node.args) == 2:
                noun = node.args[1]
                assert not isinstance(noun, ast.Constant) or noun.value in units.COUNTED


@pytest.mark.parametrize("code", OTHERS)
def test_what_lower_rooms_say_is_found_again(code: str) -> None:
    """A sentence composed in a worker, filled with any values, is told in the reader's language."""
    names = (f"shop-{place:04d}" for place in range(100_000))
    with use(code):
        for message in catalogue_of(code):
            if SAID not in message.auto_comments or not isinstance(message.id, str):
                continue
            values = {
                name: "12" if form else next(names) for name, form in VALUE.findall(message.id)
            }
            english, told = (_given(text, values) for text in (message.id, str(message.string)))
            assert retold(english) == told, message.id
    assert retold("makes room for another move") == "makes room for another move"


def _given(text: str, values: dict[str, str]) -> str:
    return VALUE.sub(lambda field: values[field[1]], text)


def test_sentences_side_by_side_are_told_one_by_one() -> None:
    """Counts, lists and asides are put together in English; names in them stay as they are."""
    told = "0 of 20 nodes: 15 node affinity not matched, 5 insufficient nvidia.com/gpu"
    with use("ja"):
        assert retold(told) == (
            "ノード 20 台中 0 台: 15 ノードアフィニティ不一致、5 nvidia.com/gpu 不足"
        )
        assert (
            retold("shop/db-0 stays: it is being deleted") == "shop/db-0 は動きません: 削除中です"
        )
        assert retold("nobody's words, at all") == "nobody's words, at all"


def test_rules_and_runbooks_say_what_they_say_in_marked_words() -> None:
    """A reason that is not marked would stand in English on everybody's page."""
    rooms = [*ROOT.glob("kytos/rules/*.py"), *(ROOT / "kytos" / "runbook").glob("[lmsw]*.py")]
    for path in rooms:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr):
                assert not for_people(written(node.value)), f"{path}: line {node.lineno}"


def test_english_is_what_the_code_says() -> None:
    """Nobody's reader is known here: the command line, the service and the library are English."""
    assert language() == ENGLISH
    assert _("Price per hour") == "Price per hour"
    assert _("{bits} bits", bits=3) == "3 bits"
    assert units.count(1, "node") == "1 node"
    assert units.count(1200, "node") == "1,200 nodes"


def test_japanese_has_its_own_words_numbers_and_dates() -> None:
    """One form for any number; thousands and decimals as Japan writes them; the year first."""
    with use("ja"):
        assert _("Price per hour") == "1 時間あたりの料金"
        assert plural("{number:,} node", "{number:,} nodes", 1200) == "ノード 1,200 台"
        assert units.price_per_month(2.0) == "$1,460/月"
        assert units.amount("cpu", 1500) == "1.5 コア"
        assert number(1234.5, ",.1f") == "1,234.5"
        assert moment(datetime(2026, 11, 30, 9, 5, tzinfo=UTC)) == "2026/11/30 9:05 UTC"
        assert _("a text that no catalogue has, {x}", x=1) == "a text that no catalogue has, 1"
    assert language() == ENGLISH


def test_a_browser_gets_the_language_it_asks_for() -> None:
    """By its first part; what is not there is English."""
    assert closest(["ja-JP"]) == "ja"
    assert closest(["de-DE", "JA"]) == "ja"
    assert closest(["fr"]) == closest([]) == closest([""]) == ENGLISH


def _key(text: object) -> object:
    return tuple(text) if isinstance(text, (tuple, list)) else text


def _strings(text: object) -> list[str]:
    texts = list(text) if isinstance(text, (tuple, list)) else [str(text or "")]
    return texts if all(texts) else []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{no json}", "正しい JSON ではありません: 1 行 2 列で "),
        (b"nodes: [", "JSON でも正しい YAML でもありません: "),
        (b"  ", "空です。JSON か YAML のクラスターが必要です"),
        (b"{}\0", "NUL 文字が含まれています"),
        (b'{"nodes": [{"id": "n"}], "pods": []}', "nodes[0].cpu_capacity: ありません。必ず"),
        (
            b'{"nodes": [{"id": "n", "cpu_capacity": -1, "mem_capacity": 1}], "pods": []}',
            "nodes[0].cpu_capacity: 0 以上が必要ですが、-1 でした",
        ),
        (
            b'{"nodes": [{"id": "n", "cpu_capacity": 1, "mem_capacity": 1, "x": 1}], "pods": []}',
            "nodes[0].x: そのような項目はありません",
        ),
        (
            b'{"nodes": [{"id": "n", "cpu_capacity": 1, "mem_capacity": 1}], "pods": ['
            b'{"id": "p", "cpu_request": 1, "mem_request": 1, "current_node": "m"}]}',
            "ノードの中に 'm' がありません。追加するか",
        ),
        (
            b'{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n"}, "status": '
            b'{"allocatable": {"cpu": "4cores", "memory": "1Gi"}}}',
            "'250m' や '2Gi' のような量が必要ですが、'4cores' でした",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_japanese(content: bytes, told: str) -> None:
    """The place stays as it is, with a colon and a semicolon around it or not."""
    with pytest.raises(SourceError) as refused:
        read_with_usage([("mine.json", content)])
    with use("ja"):
        assert told in retold(str(refused.value))

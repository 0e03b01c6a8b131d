"""Brings the catalogues of translations up to date with the code: ``just catalogue``.

New texts come in without a translation, those that are gone go; a test holds that none is missing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from kytos import errors
from kytos.calls.scenario import read_scenario
from kytos.contract.params import SolverName, SolverParams
from kytos.language import CATALOGUES, ENGLISH, JOINTS, LANGUAGES, SAID
from kytos.rules.beyond_the_scheduler import BEYOND
from kytos.rules.verdicts import RULES

ROOT = Path(__file__).parents[1]
SHOWN_SETTINGS = (
    *("num_reads", "num_sweeps", "refine_proposals", "max_variables", "seed"),
    *("time_limit_s", "proof_work"),
)
"""Parameters of a solver that a page has a control for, with their descriptions as help."""
ROOMS = ("app.py", "pages", "kytos")

Message = str | tuple[str, str]


def marked() -> dict[Message, list[str]]:
    """Return every text that is marked in code and templates, and the files it stands in."""
    found: dict[Message, list[str]] = {}
    for room in ROOMS:
        paths = [ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.*"))
        for path in paths:
            if path.name == "language.py" or path.suffix not in (".py", ".j2") or not _marks(path):
                continue
            name = path.relative_to(ROOT).as_posix()
            for message in _of_code(path) if path.suffix == ".py" else _of_template(path):
                places = found.setdefault(message, [])
                if name not in places:
                    places.append(name)
    # Pairs that a table holds are marked one by one; they are one message of the catalogue.
    for one, many in pairs():
        for text in (one, many):
            found.pop(text, None)
        found[one, many] = ["kytos"]
    return found


def _of_code(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            mark = getattr(node.func, "id", "")
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if mark == "plural" and len(texts) == 2:
                yield str(texts[0]), str(texts[1])
            elif mark in ("_", "N_") and texts:
                yield str(texts[0])
            elif mark == SAID:
                yield from map(template, _sentences(node))


def said() -> dict[Message, list[str]]:
    """Return the sentences of rooms that answer before a reader is known, with their files."""
    told: dict[Message, list[str]] = {}
    for path in filter(_marks, sorted((ROOT / "kytos").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == SAID:
                for sentence in _sentences(node):
                    told.setdefault(template(sentence), []).append(
                        path.relative_to(ROOT).as_posix()
                    )
    for rule in (*RULES, *BEYOND):
        told[rule.name] = told[rule.summary] = ["kytos/rules"]
    expected = (f"{text}; found {{found}}" for text in errors.EXPECTED.values())
    for text in (*expected, *errors.PLAINER.values(), errors.EMPTY, *errors.KINDS):
        told[text] = ["kytos/errors.py"]
    return told


def _sentences(call: ast.Call) -> Iterator[ast.expr]:
    """The texts that a mark is about: one, or one of two."""
    waiting = list(call.args)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.IfExp):
            waiting += (node.body, node.orelse)
        elif isinstance(node, (ast.JoinedStr, ast.Constant)):
            yield node


def template(sentence: ast.expr) -> str:
    """Return an f-string as the catalogue has it: each value by its name, with its format."""
    if not isinstance(sentence, ast.JoinedStr):
        return str(getattr(sentence, "value", ""))
    text, names = "", []
    for part in sentence.values:
        if isinstance(part, ast.FormattedValue):
            name = _called(part.value).strip("_").lower()
            names.append(name)
            known = names.count(name)
            text += f"{{{name}{known if known > 1 else ''}{_format(part.format_spec)}}}"
        else:
            text += str(getattr(part, "value", ""))
    return text


def _called(value: ast.expr) -> str:
    """What a value is called: the last name of how it is come by."""
    while isinstance(value, (ast.Call, ast.Subscript, ast.Attribute, ast.BinOp, ast.IfExp)):
        if isinstance(value, ast.Attribute):
            return value.attr
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if value.func.attr != "join":
                return value.func.attr
            value = value.args[0]
        elif isinstance(value, ast.Call):
            plain = getattr(value.func, "id", "") in dir(builtins) and value.args
            value = value.args[-1] if plain else value.func
        elif isinstance(value, ast.Subscript):
            value = value.value
        elif isinstance(value, ast.BinOp):
            value = value.right if isinstance(value.left, ast.Constant) else value.left
        else:
            value = value.body
    return value.id if isinstance(value, ast.Name) else "value"


def _format(spec: ast.expr | None) -> str:
    """The format of a value where the code says it outright."""
    plain = isinstance(spec, ast.JoinedStr) and all(
        isinstance(part, ast.Constant) for part in spec.values
    )
    return f":{ast.literal_eval(spec.values[0])}" if plain else ""  # type: ignore[union-attr]


def _of_template(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        for _line, message, _comments, _context in extract("jinja2.ext:babel_extract", file):
            yield str(message)


def pairs() -> Iterator[tuple[str, str]]:
    """Find what is marked side by side for one thing and for many."""
    for path in filter(_marks, sorted((ROOT / "kytos").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple):
                texts = [_marked(one) for one in node.elts]
                for one, many in pairwise(texts):
                    if one and many and one.startswith("{") and many.startswith("{"):
                        yield one, many


def gathered() -> dict[Message, list[str]]:
    """Return the texts that pages show and other rooms or files own."""
    found: dict[Message, list[str]] = {}
    for name in SolverName:
        found[name.traits.description] = ["kytos/contract"]
    for field in SHOWN_SETTINGS:
        text = SolverParams.model_fields[field].description or ""
        found[text[:1].upper() + text[1:] + "."] = ["kytos/contract/params.py"]
    for path in sorted((ROOT / "sample_clusters" / "scenarios").glob("*.json")):
        found[read_scenario(path.read_bytes()).title] = ["sample_clusters/scenarios"]
    stories = yaml.safe_load((ROOT / "sample_clusters" / "stories.yaml").read_text("utf-8"))
    for text in stories.values():
        found[str(text)] = ["sample_clusters/stories.yaml"]
    found |= {joint: ["kytos/language.py"] for joint in JOINTS}
    return {message: places for message, places in found.items() if message}


def messages() -> dict[Message, list[str]]:
    """Return every text there is to translate, and where it stands."""
    return gathered() | said() | marked()


def update(code: str) -> int:
    """Bring one catalogue up to date; return how many of its texts have no translation."""
    path = CATALOGUES / code / "LC_MESSAGES" / "kytos.po"
    known = Catalog(locale=code)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=code)
    told = {_key(one.id): one.string for one in known if one.id}
    catalogue = Catalog(
        locale=code,
        project="Kytos",
        version="",
        msgid_bugs_address="",
        header_comment="# The texts of Kytos in another language; see docs/languages.md.",
        last_translator="The Kytos maintainers",
        language_team="The Kytos maintainers",
        creation_date=known.creation_date if path.exists() else None,
        revision_date=None,
        fuzzy=False,
    )
    empty, composed = 0, said()
    for message, places in sorted(messages().items(), key=lambda item: (item[1], str(item[0]))):
        string = told.get(message, "")
        empty += not string or not all(string if isinstance(string, tuple) else (string,))
        catalogue.add(
            message,
            string,
            locations=[(place, None) for place in places[:3]],
            auto_comments=[SAID] if message in composed else [],
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=False, include_lineno=False)
    return empty


def _marks(path: Path) -> bool:
    """Whether a file marks anything: most do not, and reading them all takes its time."""
    return path.suffix == ".j2" or "kytos.language" in path.read_text(encoding="utf-8")


def _key(message: object) -> Message:
    return tuple(message) if isinstance(message, (tuple, list)) else str(message)  # type: ignore[return-value]


def _marked(node: ast.expr) -> str:
    if (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "N_"
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value)
    return ""


if __name__ == "__main__":
    for language in LANGUAGES:
        if language != ENGLISH:
            print(f"{language}: {update(language)} texts without a translation")

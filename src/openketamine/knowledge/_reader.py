"""Read the knowledge files, and refuse those that a clinician could not check.

A file is refused for: a missing header field, a duplicate key, a value without source or evidence
tag, a source that is not in sources.yaml, a threshold without an example on each side, an id that
is not its file name. There is no expression language: each kind has one evaluator, in core.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from openketamine.knowledge._threshold import check_threshold

ROOT = Path(__file__).parent
HEADER = ("id", "title", "since", "last_checked", "reviewed_by")
EVIDENCE = ("R", "B", "P")


class KnowledgeError(ValueError):
    """A knowledge file that may not be used; the text names the file, the place and the fault."""


@dataclass(frozen=True)
class Document:
    """One knowledge file.

    `body` is the parsed YAML without the header; `since` is when the content last changed,
    `last_checked` when somebody last held it against its sources.
    """

    kind: str
    id: str
    title: str
    since: date
    last_checked: date
    reviewed_by: str | None
    body: Mapping[str, Any]
    path: Path


@cache
def sources() -> Mapping[str, Mapping[str, Any]]:
    """Every citable source by id: title, locator, evidence."""
    loaded = load(ROOT / "sources.yaml")
    return dict(loaded["sources"])


@cache
def kinds() -> tuple[str, ...]:
    """Every kind of document: a folder of knowledge/, or a folder in one (`a/b`)."""
    folders = {path.parent for path in ROOT.rglob("*.yaml")} - {ROOT}
    return tuple(sorted(folder.relative_to(ROOT).as_posix() for folder in folders))


@cache
def documents(kind: str) -> tuple[Document, ...]:
    """All documents of one kind (a folder of knowledge/), in the order of their ids."""
    folder = ROOT / kind
    if not folder.is_dir():
        raise KnowledgeError(f"knowledge: there is no kind {kind!r}")
    return tuple(read(path) for path in sorted(folder.glob("*.yaml")))


@cache
def names(kind: str) -> tuple[str, ...]:
    """The ids of one kind, in order, without reading the files."""
    return tuple(sorted(path.stem for path in (ROOT / kind).glob("*.yaml")))


@cache
def document(kind: str, name: str) -> Document:
    """One document by kind and id; KnowledgeError, naming what exists, where there is none."""
    path = ROOT / kind / f"{name}.yaml"
    if name not in names(kind):
        known = ", ".join(names(kind))
        raise KnowledgeError(f"{kind}: there is no {name!r}; there are {known}")
    return read(path)


@cache
def digest() -> str:
    """`sha256:…` over every knowledge file: what a decision was taken with."""
    import hashlib

    total = hashlib.sha256()
    for path in sorted(ROOT.rglob("*.yaml")):
        total.update(path.relative_to(ROOT).as_posix().encode())
        total.update(b"\0")
        total.update(path.read_bytes())
    return f"sha256:{total.hexdigest()}"


def read(path: Path) -> Document:
    """One checked document. Raises KnowledgeError."""
    raw = load(path)
    missing = [field for field in HEADER if field not in raw]
    if missing:
        raise KnowledgeError(f"{path.name}: the header lacks {', '.join(missing)}")
    if raw["id"] != path.stem:
        raise KnowledgeError(f"{path.name}: id: expected {path.stem!r}, got {raw['id']!r}")
    for field in ("since", "last_checked"):
        if not isinstance(raw[field], date):
            raise KnowledgeError(f"{path.name}: {field}: expected a date such as 2026-11-22")
    body = {key: value for key, value in raw.items() if key not in HEADER}
    _check_values(path, body)
    return Document(kind=path.parent.name, path=path, body=body, **{k: raw[k] for k in HEADER})


def load(path: Path) -> dict[str, Any]:
    """A mapping from a YAML file, duplicate keys refused. Raises KnowledgeError."""
    # Here, because it takes longer to load than all of ours and not everybody reads a file.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    # libyaml splits the text (seven times faster); what a word means stays YAML 1.2, by ruamel.
    yaml = YAML(typ="safe", pure=False)
    yaml.allow_duplicate_keys = False
    text = path.read_text(encoding="utf-8")
    try:
        raw = yaml.load(text)
    except (YAMLError, ValueError) as error:  # a thirteenth month is no fault of YAML
        raise KnowledgeError(f"{path.name}: not readable as YAML: {error}") from error
    if not isinstance(raw, dict):
        raise KnowledgeError(f"{path.name}: expected a mapping at the top")
    return raw


def _check_values(path: Path, body: Mapping[str, Any]) -> None:
    """Every node that holds a `value` or a `rule` says on whose word, and how sure we are."""
    for place, node in _nodes(body, ""):
        if "value" in node or "rule" in node:
            _check_source(path, place, node)
        if "compare" in node:
            for fault in check_threshold(node):
                raise KnowledgeError(f"{path.name}: {place}: {fault}")


def _check_source(path: Path, place: str, node: Mapping[str, Any]) -> None:
    cited = node.get("sources")
    if not isinstance(cited, list) or not cited:
        raise KnowledgeError(f"{path.name}: {place}: a value without a source")
    for source in cited:
        if not isinstance(source, dict):
            raise KnowledgeError(f"{path.name}: {place}: a source is {{id: ..., where: ...}}")
        if source.get("id") not in sources():
            raise KnowledgeError(f"{path.name}: {place}: unknown source {source.get('id')!r}")
    if node.get("evidence") not in EVIDENCE:
        raise KnowledgeError(f"{path.name}: {place}: evidence: expected one of R, B, P")


def _nodes(node: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, dict):
        yield place or "top", node
        for key, value in node.items():
            yield from _nodes(value, f"{place}.{key}" if place else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, f"{place}[{index}]")

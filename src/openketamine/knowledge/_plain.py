"""YAML as our files are written (mappings, lists, words), in a quarter of the time.

libyaml splits the text, as before. ruamel then builds a tree of nodes, and asks for the meaning of
each word anew; here the mappings are built at once and each word is looked up once. What a word
means is still asked of ruamel: there is one opinion about YAML 1.2 in this house.
"""

from functools import cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # libyaml, no types
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import implicit_resolvers

_CAREFUL = YAML(typ="safe", pure=True)
_SPECIAL = frozenset(
    first for versions, _, _, firsts in implicit_resolvers if (1, 2) in versions for first in firsts
)


class NotPlain(Exception):
    """Something rare: a tag, a merge, a directive, a key that is there twice. Not decided here."""


def read_yaml(text: str) -> Any:
    """The one value that `text` holds, duplicate keys refused. Raises YAMLError, and ValueError
    for a word that looks like a date or number and is none."""
    try:
        return plainly(text)
    except (NotPlain, YAMLError, RecursionError):
        return carefully(text)  # or it says, with line and column, why not


def carefully(text: str) -> Any:
    """By ruamel alone; the yardstick for the other way."""
    yaml = YAML(typ="safe", pure=False)
    yaml.allow_duplicate_keys = False
    return yaml.load(text)


def plainly(text: str) -> Any:
    """From libyaml's events. Raises NotPlain, and YAMLError where libyaml stops."""
    return _Reading(text).whole()


class _Reading:
    """One text, read from its first event to its last."""

    def __init__(self, text: str) -> None:
        self._next = CParser(text).get_event
        self._named: dict[str, Any] = {}

    def whole(self) -> Any:
        self._expect(StreamStartEvent)
        begin = self._expect(DocumentStartEvent)
        if begin.version or begin.tags:
            raise NotPlain
        value = self._value(self._next())
        self._expect(DocumentEndEvent)
        self._expect(StreamEndEvent)
        return value

    def _expect(self, kind: type) -> Any:
        event = self._next()
        if type(event) is not kind:
            raise NotPlain
        return event

    def _value(self, event: Any) -> Any:
        """What begins with `event`; under its name too, if it has one (`&name`)."""
        kind = type(event)
        if kind is ScalarEvent:
            value: Any = _scalar(event)
        elif kind is AliasEvent and event.anchor in self._named:
            return self._named[event.anchor]
        elif kind is MappingStartEvent and event.implicit:
            value = self._mapping()
        elif kind is SequenceStartEvent and event.implicit:
            value = self._sequence()
        else:
            raise NotPlain
        if event.anchor is not None:
            self._named[event.anchor] = value
        return value

    def _mapping(self) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        while type(event := self._next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor is not None:
                raise NotPlain
            key = _scalar(event)
            if key in built:
                raise NotPlain
            built[key] = self._value(self._next())
        return built

    def _sequence(self) -> list[Any]:
        built = []
        while type(event := self._next()) is not SequenceEndEvent:
            built.append(self._value(event))
        return built


def _scalar(event: Any) -> Any:
    """A quoted word is itself; a bare one may be a number, a date, nothing, true or false."""
    bare, quoted = event.implicit
    if not (bare or quoted):
        raise NotPlain  # a tag says what it is
    word = event.value
    return _meaning(word) if bare and word[:1] in _SPECIAL else word


@cache
def _meaning(word: str) -> Any:
    tag = _CAREFUL.resolver.resolve(ScalarNode, word, (True, False))
    try:
        return _CAREFUL.constructor.construct_non_recursive_object(ScalarNode(tag, word))
    except (ConstructorError, ValueError) as error:
        raise NotPlain from error  # a merge, or a thirteenth month

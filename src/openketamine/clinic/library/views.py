"""The knowledge pages: what the house knows, from where, and who checked it when."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from openketamine.clinic.library.tree import tree, words
from openketamine.clinic.staff.access import allowed
from openketamine.knowledge import Document, KnowledgeError, digest, document, documents
from openketamine.knowledge._reader import ROOT, sources

KIND_TITLES = {
    "protocols": ("Protocols", "What is given, to whom, how fast, and what is watched."),
    "contraindications": ("Contraindications", "What speaks against treatment, and how strongly."),
    "interactions": ("Interactions", "Medicines that change what ketamine does, or what it risks."),
    "override-reasons": (
        "Override reasons",
        "Why a prescriber goes on in spite of a rule, and what the words must then say.",
    ),
    "alarms": ("Alarms", "When a reading raises a finding, how long it must last, what to do."),
    "checklists": ("Checklists", "What is asked before a dose and before going home."),
    "instruments": ("Instruments", "Questionnaires and scales, their scoring and bands."),
    "instrument-words": (
        "Instruments in other languages",
        "Their words as published, where they may be shown; none is translated by us.",
    ),
    "drugs": ("Drugs", "Products, concentrations, limits."),
    "claims": ("Claims", "What is often said about ketamine, and what is known."),
    "cohorts": (
        "Published cohorts",
        "What others reported, of how many, and what it may not stand beside.",
    ),
    "courses": ("Courses", "Mood and pain as two axes, and how long until the next session."),
    "relapse": (
        "Relapse",
        "What studies called a relapse, side by side, and how long groups kept.",
    ),
    "exposure": ("Exposure", "How often and how much is too much over weeks and months."),
    "tolerability": (
        "Tolerability",
        "What lowers the next dose, what only holds it, and which rating answers a question.",
    ),
    "long-term-checks": (
        "Long-term checks",
        "Bladder, liver, cognition, misuse: when each is due.",
    ),
    "tasks": ("Tasks", "Who must act on what a course shows, and by when."),
    "pharmacokinetics": (
        "Pharmacokinetic models",
        "Published models, their parameters and for whom they hold.",
    ),
}

_ABOUT = ("summary", "about")


@dataclass(frozen=True)
class Shelf:
    """One kind of knowledge and its documents."""

    kind: str
    title: str
    about: str
    documents: tuple[Document, ...]


@allowed("knowledge.read")
def knowledge(request: HttpRequest) -> HttpResponse:
    """Every document, by kind."""
    order = list(KIND_TITLES)
    shelves = sorted(
        _shelves(),
        key=lambda shelf: order.index(shelf.kind) if shelf.kind in order else len(order),
    )
    return render(request, "library/knowledge.html", {"shelves": shelves, "digest": digest()})


@allowed("knowledge.read")
def page(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """One document, readable."""
    if kind not in _kinds():
        raise Http404(f"knowledge: there is no kind {kind!r}")
    try:
        found = document(kind, name)
    except KnowledgeError as error:
        raise Http404(str(error)) from error
    summary = next((str(found.body[key]) for key in _ABOUT if found.body.get(key)), "")
    shown = {key: value for key, value in found.body.items() if key not in _ABOUT}
    context = {
        "document": found,
        "kind": kind,
        "kind_title": _title(kind)[0],
        "summary": summary,
        "nodes": tree(shown),
    }
    return render(request, "library/page.html", context)


@allowed("knowledge.read")
def source(request: HttpRequest, name: str) -> HttpResponse:
    """One source, and every document that rests on it."""
    if name not in sources():
        raise Http404(f"sources: there is no {name!r}")
    shelves = [
        replace(shelf, documents=tuple(doc for doc in shelf.documents if _cites(doc.body, name)))
        for shelf in _shelves()
    ]
    context = {
        "id": name,
        "source": sources()[name],
        "shelves": [shelf for shelf in shelves if shelf.documents],
    }
    return render(request, "library/source.html", context)


def _kinds() -> list[str]:
    """Every folder that holds documents; a folder inside another is a kind of its own."""
    folders = {path.parent.relative_to(ROOT) for path in ROOT.rglob("*/*.yaml")}
    return sorted(folder.as_posix() for folder in folders)


def _shelves() -> list[Shelf]:
    return [Shelf(kind, *_title(kind), documents(kind)) for kind in _kinds()]


def _title(kind: str) -> tuple[str, str]:
    return KIND_TITLES.get(kind, (words(kind.replace("/", ", ")), ""))


def _cites(node: Any, name: str) -> bool:
    if isinstance(node, dict):
        cited = node.get("sources")
        here = isinstance(cited, list) and any(
            isinstance(one, dict) and one.get("id") == name for one in cited
        )
        return here or any(_cites(value, name) for value in node.values())
    return isinstance(node, list) and any(_cites(value, name) for value in node)

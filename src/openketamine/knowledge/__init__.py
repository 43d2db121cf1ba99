"""What we know, as dated and sourced YAML. Values live here; verbs live in core."""

from openketamine.knowledge._reader import (
    Document,
    KnowledgeError,
    digest,
    document,
    documents,
    kinds,
    load,
    names,
    read,
    sources,
)
from openketamine.knowledge._threshold import Threshold, read_threshold

__all__ = [
    "Document",
    "KnowledgeError",
    "Threshold",
    "digest",
    "document",
    "documents",
    "kinds",
    "load",
    "names",
    "read",
    "read_threshold",
    "sources",
]

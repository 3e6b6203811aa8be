"""Kubernetes objects as plain data, and what is read of every kind in the same way."""

from typing import Any, cast

from aifactory.conventions import OWNER_ANNOTATION, SIMULATED_ANNOTATION

Document = dict[str, Any]
"""One Kubernetes object, or an answer of the API server, as plain data."""


def name_of(item: Document) -> str:
    """Return an object's name."""
    return str(item["metadata"]["name"])


def namespace_of(item: Document) -> str:
    """Return an object's namespace; empty for kinds that have none."""
    return str(item["metadata"].get("namespace", ""))


def labels_of(item: Document) -> dict[str, str]:
    """Return an object's labels."""
    return mapping(item, "metadata", "labels")


def owner_of(item: Document) -> str:
    """Return whose an object is (`OWNER_ANNOTATION`); empty when it says nothing of it."""
    return str(mapping(item, "metadata", "annotations").get(OWNER_ANNOTATION, ""))


def is_simulated(item: Document) -> bool:
    """Whether an object, or its status, says that nothing real is behind it."""
    return mapping(item, "metadata", "annotations").get(SIMULATED_ANNOTATION) == "true"


def spec_of(item: Document) -> Document:
    """Return an object's spec; empty when it has none."""
    return mapping(item, "spec")


def status_of(item: Document) -> Document:
    """Return an object's status; empty before anybody has set one."""
    return mapping(item, "status")


def mapping(document: Document, *keys: str) -> Document:
    """Return the mapping that lies below some keys; empty when one of them is missing or null."""
    for key in keys:
        document = cast("Document | None", document.get(key)) or {}
    return document


def condition(status: Document, kind: str) -> Document:
    """Return the condition of a type among those of a status; empty when it is not among them."""
    found = cast("list[Document] | None", status.get("conditions")) or []
    none: Document = {}
    return next((one for one in found if one.get("type") == kind), none)


def words(one: Document) -> str:
    """Return what a condition says: its message, else its reason."""
    return str(one.get("message") or one.get("reason") or "").strip()

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
    return cast("dict[str, str] | None", item["metadata"].get("labels")) or {}


def owner_of(item: Document) -> str:
    """Return whose an object is (`OWNER_ANNOTATION`); empty when it says nothing of it."""
    return _annotations(item).get(OWNER_ANNOTATION, "")


def is_simulated(item: Document) -> bool:
    """Whether an object, or its status, says that nothing real is behind it."""
    return _annotations(item).get(SIMULATED_ANNOTATION) == "true"


def spec_of(item: Document) -> Document:
    """Return an object's spec; empty when it has none."""
    return cast("Document | None", item.get("spec")) or {}


def status_of(item: Document) -> Document:
    """Return an object's status; empty before anybody has set one."""
    return cast("Document | None", item.get("status")) or {}


def condition(status: Document, kind: str) -> Document:
    """Return the condition of a type among those of a status; empty when it is not among them."""
    found = cast("list[Document] | None", status.get("conditions")) or []
    none: Document = {}
    return next((one for one in found if one.get("type") == kind), none)


def words(one: Document) -> str:
    """Return what a condition says: its message, else its reason."""
    return str(one.get("message") or one.get("reason") or "").strip()


def _annotations(item: Document) -> dict[str, str]:
    return cast("dict[str, str] | None", item["metadata"].get("annotations")) or {}

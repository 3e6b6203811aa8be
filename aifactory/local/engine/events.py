"""The engine's event stream (``pulumi up --json``): what changes, what went wrong, how it ended."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

QUIET: Final = frozenset({"same", "read", "read-discard", "discard-replaced"})
"""Operations that change nothing outside the state; not worth a word while they go on."""

_MARKUP: Final = re.compile(r"<\{%[^%]*%\}>")
"""Colour directives that the engine leaves in messages."""


@dataclass(frozen=True, slots=True)
class Change:
    """One operation of the engine on one resource.

    Attributes:
        op: ``create``, ``update``, ``delete``, ``replace``, ``create-replacement``, ``delete-replaced``, ...
        urn: of the resource.
        type: its type token.
        replaces: the properties that force a replacement; empty otherwise.
        diffs: the properties that differ.
    """

    op: str
    urn: str
    type: str
    replaces: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the resource, the last part of its URN."""
        return self.urn.rpartition("::")[2]


@dataclass(slots=True)
class Report:
    """What a run has told so far; fed line by line.

    Attributes:
        changes: operations that were begun or planned, without those that change nothing.
        counts: number of resources by operation, ``same`` included; from the engine's own summary.
        errors, warnings: its diagnostics, without colour, with the resource that they are about.
        words: lines that are no events, such as what the CLI says before the engine starts.
        result: ``succeeded``, ``failed`` or ``in-progress``, as the summary says; empty when there was none.
    """

    changes: list[Change] = field(default_factory=list[Change])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    errors: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    words: list[str] = field(default_factory=list[str])
    result: str = ""

    def feed(self, line: str, news: Callable[[str], None]) -> str:
        """Take one line of output; return it as a line of a log, empty for what nobody wants to read there."""
        event = _event(line)
        if event is None:
            if line.strip():
                self.words.append(line)
            return line
        for kind, handle in (
            ("resourcePreEvent", self._begun),
            ("diagnosticEvent", self._said),
            ("policyEvent", self._judged),
            ("summaryEvent", self._ended),
        ):
            if isinstance(event.get(kind), Mapping):
                return handle(cast("Mapping[str, Any]", event[kind]), news)
        return ""

    def _begun(self, event: Mapping[str, Any], news: Callable[[str], None]) -> str:
        metadata = cast("Mapping[str, Any]", event.get("metadata") or {})
        change = Change(
            op=str(metadata.get("op", "")),
            urn=str(metadata.get("urn", "")),
            type=str(metadata.get("type", "")),
            replaces=_names(metadata.get("keys")),
            diffs=_names(metadata.get("diffs")),
        )
        if change.op in QUIET:
            return ""
        self.changes.append(change)
        text = f"{change.op} {change.type} {change.name}"
        news(text)
        return text

    def _said(self, event: Mapping[str, Any], news: Callable[[str], None]) -> str:
        message = _MARKUP.sub("", str(event.get("message", ""))).strip()
        severity = str(event.get("severity", ""))
        if severity == "debug" or not message:
            return ""
        name = str(event.get("urn", "")).rpartition("::")[2]
        text = f"{name}: {message}" if name else message
        if event.get("ephemeral"):
            news(text)
            return ""
        if severity in ("error", "warning"):
            (self.errors if severity == "error" else self.warnings).append(text)
        return f"{severity}: {text}"

    def _judged(self, event: Mapping[str, Any], _news: Callable[[str], None]) -> str:
        name = str(event.get("resourceUrn", "")).rpartition("::")[2]
        message = _MARKUP.sub("", str(event.get("message", ""))).strip()
        text = f"{name}: policy {event.get('policyName', '')}: {message}"
        mandatory = event.get("enforcementLevel") == "mandatory"
        (self.errors if mandatory else self.warnings).append(text)
        return text

    def _ended(self, event: Mapping[str, Any], _news: Callable[[str], None]) -> str:
        found = cast("Mapping[str, Any]", event.get("resourceChanges") or {})
        self.counts = {str(op): int(count) for op, count in found.items() if count}
        self.result = str(event.get("result", ""))
        return f"{self.result}: {', '.join(f'{count} {op}' for op, count in sorted(self.counts.items()))}"


def _event(line: str) -> Mapping[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) and "sequence" in found else None


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in cast("list[object]", value)) if isinstance(value, list) else ()

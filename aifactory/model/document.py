"""YAML with line numbers: what a user wrote, and where."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from aifactory.errors import Problem, SpecError

Path = tuple[str | int, ...]
"""Place of a value in a document: keys of mappings and indexes of lists."""

MAX_CHARACTERS = 2_000_000
"""Largest document read. A factory of 200 regions is near 200 kB; more is a mistake, or meant to hurt."""

MAX_DEPTH = 40
"""Deepest nesting read; a spec nests to eight."""


@dataclass(slots=True)
class Document:
    """A parsed document.

    Attributes:
        data: plain values.
        lines: line (1-based) of each value, by its place.
        problems: what was wrong with the YAML itself, such as a key that stands twice.
    """

    data: Any
    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    problems: list[Problem] = field(default_factory=list[Problem])

    def line(self, place: Path) -> int | None:
        """Return the line of a value, or of the nearest value around it when it is missing."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return None


def dotted(place: Path) -> str:
    """Write a place as people do: ``regions.local.databases[0].name``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def parse(text: str, source: str) -> Document:
    """Parse YAML of one document; only plain values, no anchors.

    Raises:
        SpecError: it is no YAML, holds aliases, is too large, too deep, or no mapping.
    """
    if len(text) > MAX_CHARACTERS:
        raise SpecError(
            source,
            [Problem("file", f"{len(text)} characters", f"must be at most {MAX_CHARACTERS} characters")],
        )
    try:
        _refuse_aliases(text, source)
        root = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.CSafeLoader))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        raise SpecError(source, [_syntax_problem(error)]) from None
    if not isinstance(root, yaml.MappingNode):
        raise SpecError(source, [Problem("file", "", "must be a mapping with version, name and regions")])
    document = Document(None)
    document.data = _build(root, (), document)
    return document


def _refuse_aliases(text: str, source: str) -> None:
    """Refuse aliases before composing: nested ones expand to gigabytes, and a reviewer cannot see what they hold."""
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.AliasEvent):
            raise SpecError(
                source,
                [
                    Problem(
                        "file",
                        f"*{event.anchor}",
                        "aliases are not taken; write the value out",
                        line=_line(event),
                    )
                ],
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise SpecError(source, [Problem("file", "", f"nested deeper than {MAX_DEPTH}", line=_line(event))])


def _events(text: str) -> Iterator[yaml.Event]:
    return cast("Iterator[yaml.Event]", yaml.parse(text, Loader=yaml.CSafeLoader))  # pyright: ignore[reportUnknownMemberType]


def _line(event: yaml.Event) -> int | None:
    mark = cast("yaml.Mark | None", event.start_mark)
    return None if mark is None else mark.line + 1


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    return Problem("file", "", f"is not YAML: {what}", line=None if mark is None else mark.line + 1)


_CONSTRUCT = yaml.CSafeLoader("")


def _build(node: yaml.Node, place: Path, document: Document) -> Any:  # noqa: ANN401 - YAML holds any plain value
    document.lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*place, index), document) for index, child in enumerate(node.value)]
    try:
        return cast("Any", _CONSTRUCT.construct_object(node))  # pyright: ignore[reportUnknownMemberType]
    except (yaml.YAMLError, ValueError):
        document.problems.append(
            Problem(dotted(place), str(node.value)[:60], "is no plain value", line=node.start_mark.line + 1)
        )
        return None


def _build_mapping(node: yaml.MappingNode, place: Path, document: Document) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(dotted(place) or "file", "", "a key must be a plain word", line=line))
            continue
        # Keys stay the text that was written: in YAML 1.1 the bare word `no` (Norway) would become False.
        key = str(key_node.value)
        if key in built:
            rule = "stands twice; the first one would be lost without a word"
            document.problems.append(Problem(dotted((*place, key)), "", rule, line=line))
            continue
        built[key] = _build(value_node, (*place, key), document)
        document.lines[*place, key] = line
    return built

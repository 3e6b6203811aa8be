"""A plan, as `pulumi preview --json` writes it: which resources change and how; never a value that may be secret."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from aifactory.errors import Problem, SpecError
from aifactory.policy.resource import Resource
from aifactory.policy.values import MARKS, UNKNOWN

SECRET: Final = "[secret]"  # noqa: S105 - what Pulumi prints in a secret's place
PROVIDER: Final = "pulumi:providers:"

REPLACES: Final = frozenset({"replace", "create-replacement", "delete-replaced"})
DELETES: Final = frozenset({"delete", "discard", "delete-replaced", "discard-replaced"})

_LONGEST: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """What is planned for one resource.

    Attributes:
        op: Pulumi's word: create, update, delete, replace, same, ...
        urn: identity of the resource.
        before: the resource as it is; None when it is not there.
        after: the resource as it will be; None when it goes.
        replaced_for: properties that replace it; empty when nothing does.
        protect: whether it is protected.
    """

    op: str
    urn: str
    before: Resource | None = None
    after: Resource | None = None
    replaced_for: tuple[str, ...] = ()
    protect: bool = False

    @property
    def name(self) -> str:
        """Type and name, as people write them."""
        kind, _, name = self.urn.rpartition("::")
        return f"{kind.rpartition('::')[2].rpartition('$')[2]} {name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a preview plans for one stack.

    Attributes:
        stack: its name; empty when the plan changes nothing and so names nobody.
        project: name of its project.
        steps: what changes, in Pulumi's order.
    """

    stack: str
    project: str
    steps: tuple[Step, ...] = field(default_factory=tuple)

    def counts(self) -> dict[str, int]:
        """Return how many steps there are of each operation, sorted by its word."""
        return dict(sorted(Counter(step.op for step in self.steps).items()))

    @property
    def replaced(self) -> tuple[Step, ...]:
        """Resources that are replaced, each once."""
        found = {step.urn: step for step in self.steps if step.op in REPLACES}
        return tuple(found.values())

    @property
    def deleted(self) -> tuple[Step, ...]:
        """Resources that go for good."""
        gone = {step.urn for step in self.replaced}
        return tuple(step for step in self.steps if step.op in DELETES and step.urn not in gone)


def read_plan(path: Path) -> Plan:
    """Read a plan from a file.

    Raises:
        SpecError: it cannot be read, or is no output of ``pulumi preview --json``; nothing of it is in the message.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _wrong(str(path), f"cannot be read: {error.strerror}") from None
    return parse_plan(data, str(path))


def parse_plan(data: bytes, source: str) -> Plan:
    """Read a plan from bytes.

    Raises:
        SpecError: as `read_plan`.
    """
    if len(data) > _LONGEST:
        raise _wrong(source, f"is larger than {_LONGEST} bytes")
    try:
        document = json.loads(data)
    except (ValueError, UnicodeDecodeError, RecursionError):
        raise _wrong(source, "is no JSON; `pulumi preview --json` writes one") from None
    rows = _mapping(document).get("steps")
    if rows is None and "changeSummary" in _mapping(document):
        rows = []
    if not isinstance(rows, list):
        raise _wrong(source, "is no plan; `pulumi preview --json` writes one")
    steps = [_mapping(row) for row in cast("list[Any]", rows)]
    providers = _providers(steps)
    found = tuple(_step(step, providers) for step in steps)
    stack, project = _names(found)
    return Plan(stack, project, found)


def _wrong(source: str, rule: str) -> SpecError:
    return SpecError(source, [Problem("file", "", rule)])


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _names(steps: tuple[Step, ...]) -> tuple[str, str]:
    for step in steps:
        parts = step.urn.removeprefix("urn:pulumi:").split("::")
        if len(parts) > 1:
            return parts[0], parts[1]
    return "", ""


def _providers(steps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is known of the stack's providers, by URN: those that the plan shows."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        for state in (_mapping(step.get("oldState")), _mapping(step.get("newState"))):
            if str(state.get("type", "")).startswith(PROVIDER):
                found[str(state.get("urn"))] = _mapping(state.get("inputs"))
    return found


def _step(step: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> Step:
    op, old, new = str(step.get("op", "")), _mapping(step.get("oldState")), _mapping(step.get("newState"))
    state = new or old
    return Step(
        op=op,
        urn=str(step.get("urn") or state.get("urn") or ""),
        before=_resource(old, providers) if old and op not in {"create", "create-replacement"} else None,
        after=_resource(new, providers) if new and op not in DELETES else None,
        replaced_for=tuple(str(key) for key in cast("list[Any]", step.get("replaceReasons") or [])),
        protect=bool(state.get("protect")),
    )


def _resource(state: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> Resource:
    urn = str(state.get("urn", ""))
    provider = str(state.get("provider") or "").rpartition("::")[0]
    return Resource(
        type=str(state.get("type", "")),
        name=urn.rpartition("::")[2],
        urn=urn,
        properties=_plain(_mapping(state.get("inputs"))),
        provider=_plain(providers.get(provider, {})),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain values of any shape
    """Return a value without what is secret or not known yet: both are values that nobody knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return UNKNOWN if isinstance(value, str) and (value == SECRET or value in MARKS) else value

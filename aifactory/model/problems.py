"""Pydantic's errors in the words of a person who wrote a YAML file."""

import re
from collections.abc import Mapping
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aifactory.errors import Problem
from aifactory.model.document import Document, Path, dotted
from aifactory.model.nearest import nearest

MAX_SHOWN = 60
"""Characters of a wrong value that are shown; the rest says nothing new and may be long."""

LONGEST_PATTERN = 40
"""Characters of a regular expression that a person may be expected to read; for longer ones the field's meaning is shown."""

_SECRET_WORDS = ("password", "passphrase", "token", "secret", "private_key", "api_key")


def problems_of(error: ValidationError, spec: type[BaseModel], document: Document | None = None) -> list[Problem]:
    """Turn a validation error into problems, in the order of the file."""
    errors = error.errors(include_url=False)
    wrong_inside = {details["loc"][:-1] for details in errors}
    # That an item of a list is wrong is said; pydantic also says that too few are left, of a list that is not short.
    found = [
        _problem(details, spec, document)
        for details in errors
        if not (details["type"] == "too_short" and details["loc"] in wrong_inside)
    ]
    return sorted(found, key=lambda problem: (problem.line or 0, problem.where))


def show(place: Path, value: object) -> str:
    """Write a wrong value for a message: short, and masked when its field sounds like a secret."""
    if isinstance(value, dict | list | BaseModel):
        return ""
    if any(word in str(part).lower() for part in place for word in _SECRET_WORDS):
        return "[hidden]"
    text = "null" if value is None else _without_credentials(str(value))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


_USER = re.compile(r"//[^/@\s]+@")
_QUERY = re.compile(r"[?#].*$", re.DOTALL)


def _without_credentials(text: str) -> str:
    """Mask what an address may hold beside the address: user and password, a signed query."""
    if "://" not in text:
        return text
    return _QUERY.sub("?[hidden]", _USER.sub("//[hidden]@", text))


def _problem(details: ErrorDetails, spec: type[BaseModel], document: Document | None) -> Problem:
    place = _place(details["loc"])
    rule, hint = _words(details, place, spec)
    value = "" if details["type"] == "missing" else show(place, details["input"])
    return Problem(dotted(place) or "file", value, rule, hint, document.line(place) if document else None)


def _place(loc: tuple[int | str, ...]) -> Path:
    """Drop what pydantic adds to a place (`[key]` after a wrong key) and no person wrote."""
    return tuple(part for part in loc if part != "[key]")


def _words(details: ErrorDetails, place: Path, spec: type[BaseModel]) -> tuple[str, str]:
    """Return the rule that was broken and the nearest value that would do."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        fields = fields_at(spec, place[:-1])
        return f"no such field; there are {', '.join(sorted(fields))}", nearest(str(place[-1]), fields, among=1)
    if kind == "missing":
        return f"is required: {_meaning(spec, place)}", ""
    if kind in {"enum", "literal_error"}:
        allowed = [word.strip(" '") for word in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return f"must be one of {', '.join(allowed)}", nearest(str(details["input"]), allowed)
    if kind == "value_error":
        return str(context.get("error", details["msg"])), ""
    if (
        kind == "string_pattern_mismatch"
        and len(str(context["pattern"])) > LONGEST_PATTERN
        and (form := _meaning(spec, place))
    ):
        return f"has no form that is known: {form}", ""
    return _range_words(kind, cast("Mapping[str, Any]", context)) or (_lower_first(details["msg"]), "")


def _range_words(kind: str, context: Mapping[str, Any]) -> tuple[str, str] | None:
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}", str(context["ge"])
    if kind == "less_than_equal":
        return f"must be at most {context['le']}", str(context["le"])
    if kind == "greater_than":
        return f"must be more than {context['gt']}", ""
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}", ""
    if kind in {"too_short", "string_too_short"}:
        return f"must hold at least {context['min_length']}", ""
    if kind in {"too_long", "string_too_long"}:
        return f"must hold at most {context['max_length']}", ""
    return None


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def fields_at(spec: type[BaseModel], place: Path) -> dict[str, str]:
    """Return the fields, with their meanings, that may stand at a place of a spec."""
    model = _model_at(spec, place)
    return {name: _first_sentence(info.description or "") for name, info in model.model_fields.items()} if model else {}


def _meaning(spec: type[BaseModel], place: Path) -> str:
    return fields_at(spec, place[:-1]).get(str(place[-1]), "") if place else ""


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split())
    return flat.split(". ")[0].rstrip(".")


def _model_at(spec: type[BaseModel], place: Path) -> type[BaseModel] | None:
    """Follow a place through the annotations of a spec; `dict[str, Model]` and `Model | None` are seen through."""
    current: object = spec
    for part in place:
        model = _as_model(current)
        if model is not None:
            info = model.model_fields.get(str(part))
            if info is None:
                return None
            current = info.annotation
        else:
            arguments = cast("tuple[object, ...]", get_args(current))
            if not arguments:
                return None
            current = arguments[-1] if arguments[-1] is not Ellipsis else arguments[0]
    return _as_model(current)


def _as_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {dict, tuple, list}:
        return None
    arguments = cast("tuple[object, ...]", get_args(annotation))
    return next((found for found in map(_as_model, arguments) if found is not None), None)

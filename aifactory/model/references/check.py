"""All checks over a factory, on what its file says."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from aifactory.errors import Problem
from aifactory.model.document import Document, Path, dotted
from aifactory.model.references import parts, sums
from aifactory.model.references.names import check_factory_names, check_names
from aifactory.model.region import RegionSpec


def check_references(data: object, document: Document | None = None) -> list[Problem]:
    """Return every broken name and every sum that does not fit, over all regions.

    Args:
        data: the factory as plain values, right or not.
        document: where they stand in the file; None when there is none.
    """
    factory = _mapping(data)
    found = list(check_factory_names(factory))
    for name, region in _mapping(factory.get("regions")).items():
        found += _region(_mapping(region), factory, ("regions", name))
    return [_at(problem, place, document) for place, problem in found]


def _region(data: Mapping[str, Any], factory: Mapping[str, Any], root: Path) -> Iterator[tuple[Path, Problem]]:
    yield from check_names(data, factory, root)
    sections = dict(_right_sections(data))
    region = RegionSpec.model_construct(**sections)
    for rule in (*parts.RULES, *sums.RULES):
        if all(section in sections for section in rule.reads):
            yield from (((*root, *place), problem) for place, problem in rule.check(region))


def _right_sections(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the sections of a region that are right by themselves, those that are left out with their defaults."""
    for name, field in RegionSpec.model_fields.items():
        if name not in data:
            if not field.is_required():
                yield name, field.get_default(call_default_factory=True)
            continue
        try:
            yield name, _adapter(name).validate_python(data[name])
        except ValidationError:
            continue


_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(name: str) -> TypeAdapter[Any]:
    if name not in _ADAPTERS:
        _ADAPTERS[name] = TypeAdapter(cast("Any", RegionSpec.model_fields[name].annotation))
    return _ADAPTERS[name]


def _at(problem: Problem, place: Path, document: Document | None) -> Problem:
    line = document.line(place) if document else None
    return Problem(dotted(place), problem.value, problem.rule, problem.nearest, line)


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

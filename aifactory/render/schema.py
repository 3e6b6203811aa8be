"""Every field of every rendered object, held against the schema of its kind before anything is sent.

An API server drops a field that it does not know with a warning at most, and at the preview of a cluster that is not there
yet nothing is asked at all. The schemas are reductions of the operators' own definitions (`aifactory.catalog.kinds`).
Neither they nor the library that compares is loaded before the first check.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from aifactory.catalog.kinds import known_kinds, object_schema
from aifactory.errors import Problem, SpecError
from aifactory.model.nearest import nearest
from aifactory.render.manifest import Manifest
from aifactory.render.words import LIST_KEYS, Subject, words_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator


def check_objects(source: str, manifests: Iterable[Manifest]) -> None:
    """Refuse objects with fields that their kinds do not have, or that these would not take.

    Args:
        source: whose objects these are, for errors, such as ``Postgres billing``.
        manifests: the objects.

    Raises:
        SpecError: every problem of all objects.
    """
    problems = [problem for manifest in manifests for problem in problems_of(manifest)]
    if problems:
        raise SpecError(source, problems)


def problems_of(manifest: Manifest) -> list[Problem]:
    """Return everything that the schema of its kind has against an object, in the order of its places."""
    subject = Subject(manifest)
    if nameless := [field for field in ("apiVersion", "kind") if not isinstance(manifest.get(field), str)]:
        return [subject.problem((field,), "is required: without it nobody knows what the object is") for field in nameless]
    api_version, kind = str(manifest.get("apiVersion")), str(manifest.get("kind"))
    validator = _validator(api_version, kind)
    if validator is None:
        return [_unknown_kind(subject, api_version, kind)]
    # One place that lacks two fields is two findings, each of which names both: hence once each.
    found = {problem for error in _telling(list(validator.iter_errors(manifest))) for problem in words_of(error, subject)}
    return sorted(found, key=lambda problem: (problem.where, problem.rule))


def _telling(errors: "list[ValidationError]") -> "Iterator[ValidationError]":
    """Give the findings without those that only follow from a wrong type: it breaks the bounds of the right one as well."""
    wrong_type = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
    return (error for error in errors if error.validator == "type" or tuple(error.absolute_path) not in wrong_type)


def _unknown_kind(subject: Subject, api_version: str, kind: str) -> Problem:
    known = known_kinds()
    group = api_version.rpartition("/")[0]
    versions = [version for version, name in known if name == kind]
    if versions:
        rule = f"there is no {kind} in {api_version}, so nobody checked it; there is one in {', '.join(versions)}"
        return subject.problem(("apiVersion",), rule, nearest(api_version, versions), value=api_version, shown=True)
    kinds = [name for version, name in known if version.rpartition("/")[0] == group]
    if kinds:
        rule = (
            f"nobody checked it: no schema of this kind is known in {api_version}; there are {', '.join(sorted(set(kinds)))}"
        )
        return subject.problem(("kind",), rule, nearest(kind, kinds, among=1), value=kind, shown=True)
    groups = {version.rpartition("/")[0] for version, _ in known} - {""}
    rule = (
        f"nobody checked it: no schema of {api_version} {kind} is known, and its unknown fields would be dropped in silence"
    )
    return subject.problem(("apiVersion",), rule, nearest(group, groups, among=1), value=api_version, shown=True)


@cache
def _validator(api_version: str, kind: str) -> "Validator | None":
    schema = object_schema(api_version, kind)
    return None if schema is None else _validator_class()(schema)


@cache
def _validator_class() -> "type[Validator]":
    """Return the library's class with what Kubernetes means otherwise: patterns of Go, and lists that are maps by keys."""
    from jsonschema import validators

    library = cast("Any", validators)  # its functions have no types
    standard = library.Draft202012Validator
    types = standard.TYPE_CHECKER.redefine("array", _is_list)
    return library.extend(standard, {"pattern": _pattern, LIST_KEYS: _distinct_keys}, type_checker=types)


def _is_list(checker: object, value: object) -> bool:
    """Say whether a value is a list to Pulumi, which takes tuples for lists."""
    del checker
    return isinstance(value, list | tuple)


def _pattern(validator: "Validator", pattern: str, value: object, schema: object) -> "Iterator[ValidationError]":
    from jsonschema.exceptions import ValidationError

    del validator, schema
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError("pattern")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern with `$` as Go has it: the end of the text, and not also before a last line break."""
    tokens = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\$")
    return re.compile(tokens.sub(lambda match: r"\Z" if match[0] == "$" else match[0], pattern))


def _distinct_keys(validator: "Validator", keys: list[str], value: object, schema: object) -> "Iterator[ValidationError]":
    from jsonschema.exceptions import ValidationError

    del validator, schema
    if not isinstance(value, list | tuple):
        return
    items = [cast("Mapping[str, Any]", item) for item in cast("list[object]", value) if isinstance(item, dict)]
    names = [tuple(repr(item.get(key)) for key in keys) for item in items]
    if len(set(names)) < len(names):
        yield ValidationError("keys")

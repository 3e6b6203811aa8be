"""factory.yaml -> FactorySpec, with every problem of the file at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model import document
from aifactory.model.factory import FactorySpec, WaiversFile
from aifactory.model.problems import problems_of
from aifactory.model.references import check_references

_Model = TypeVar("_Model", bound=BaseModel)


WAIVERS_FILE = "waivers.yaml"
"""Name of the file beside factory.yaml that holds the waivers."""


def load_factory(path: Path) -> FactorySpec:
    """Read a factory from a YAML file, and its waivers from ``waivers.yaml`` beside it where there is one.

    Raises:
        SpecError: a file is missing, is no YAML, or breaks a rule; all problems are listed, with their lines.
    """
    waivers = path.with_name(WAIVERS_FILE)
    factory, problems = _parsed(_text(path), str(path), FactorySpec, refused=("waivers",))
    excepted, more = _parsed(_text(waivers), str(waivers), WaiversFile) if waivers.exists() else (None, [])
    if factory is None or problems or more:
        named = [replace(problem, where=f"{WAIVERS_FILE}: {problem.where}") for problem in more]
        raise SpecError(str(path), [*problems, *named])
    return factory.model_copy(update={"waivers": excepted.waivers}) if excepted else factory


def parse_factory(text: str, source: str = "factory.yaml") -> FactorySpec:
    """Read a factory from YAML text; `source` names it in errors.

    Raises:
        SpecError: as `load_factory`.
    """
    factory, problems = _parsed(text, source, FactorySpec, refused=("waivers",))
    if factory is None or problems:
        raise SpecError(source, problems)
    return factory


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(
            str(path), [Problem("file", "", "is not there; `stacks/factory.yaml` describes the factory")]
        ) from None
    except UnicodeDecodeError as error:
        raise SpecError(str(path), [Problem("file", "", f"is not UTF-8: {error.reason} at byte {error.start}")]) from None
    except OSError as error:
        raise SpecError(str(path), [Problem("file", "", f"cannot be read: {error.strerror}")]) from None


def _parsed(
    text: str, source: str, spec: type[_Model], *, refused: tuple[str, ...] = ()
) -> tuple[_Model | None, list[Problem]]:
    """Return the spec, None when its shape is wrong, and every problem, in the order of the file."""
    parsed = document.parse(text, source)
    problems = list(parsed.problems)
    for key in refused:
        if key in parsed.data:
            rule = f"stands in {WAIVERS_FILE} beside this file, which can have code owners of its own"
            problems.append(Problem(key, "", rule, WAIVERS_FILE, parsed.line((key,))))
    model: _Model | None = None
    try:
        model = spec.model_validate(parsed.data)
    except ValidationError as error:
        problems += problems_of(error, spec, parsed)
    if spec is FactorySpec:
        problems += check_references(parsed.data, parsed)
    return model, sorted(problems, key=lambda problem: problem.line or 0)


def validate(spec: type[_Model], values: dict[str, Any], source: str) -> _Model:
    """Make a spec from plain values, as a component does with its args.

    Raises:
        SpecError: with every problem of the values; `source` says whose they are, such as ``Postgres billing``.
    """
    try:
        return spec.model_validate(values)
    except ValidationError as error:
        raise SpecError(source, problems_of(error, spec)) from None

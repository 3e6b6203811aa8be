"""factory.yaml <-> FactorySpec, with every problem of the file at once."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model import document
from aifactory.model.factory import FactorySpec
from aifactory.model.problems import problems_of
from aifactory.model.references import check_references

_Model = TypeVar("_Model", bound=BaseModel)


def load_factory(path: Path) -> FactorySpec:
    """Read a factory from a YAML file.

    Raises:
        SpecError: the file is missing, is no YAML, or breaks a rule; all problems are listed, with their lines.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(
            str(path), [Problem("file", "", "is not there; `stacks/factory.yaml` describes the factory")]
        ) from None
    except UnicodeDecodeError as error:
        raise SpecError(str(path), [Problem("file", "", f"is not UTF-8: {error.reason} at byte {error.start}")]) from None
    except OSError as error:
        raise SpecError(str(path), [Problem("file", "", f"cannot be read: {error.strerror}")]) from None
    return parse_factory(text, source=str(path))


def parse_factory(text: str, source: str = "factory.yaml") -> FactorySpec:
    """Read a factory from YAML text; `source` names it in errors.

    Raises:
        SpecError: as `load_factory`.
    """
    parsed = document.parse(text, source)
    problems = list(parsed.problems)
    try:
        factory = FactorySpec.model_validate(parsed.data)
    except ValidationError as error:
        problems += problems_of(error, FactorySpec, parsed)
        raise SpecError(source, problems) from None
    problems += check_references(factory, parsed)
    if problems:
        raise SpecError(source, problems)
    return factory


def validate(spec: type[_Model], values: dict[str, Any], source: str) -> _Model:
    """Make a spec from plain values, as a component does with its args.

    Raises:
        SpecError: with every problem of the values; `source` says whose they are, such as ``Postgres billing``.
    """
    try:
        return spec.model_validate(values)
    except ValidationError as error:
        raise SpecError(source, problems_of(error, spec)) from None

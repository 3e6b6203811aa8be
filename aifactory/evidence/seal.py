"""SEAL self-assessment after the Commission's Cloud Sovereignty Framework: what facts rule out, and what people answered.

Facts never prove a level: they cap it. What no person answered stays not answered, and so does the whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Self, cast

import yaml
from pydantic import Field, model_validator

from aifactory.errors import Problem, SpecError
from aifactory.evidence.case import Case
from aifactory.evidence.seal_caps import CAPS, Cap
from aifactory.model.base import Spec
from aifactory.model.load import validate
from aifactory.model.statement import Sentence

LEVELS: Final = (
    "SEAL-0 (no sovereignty)",
    "SEAL-1 (jurisdictional sovereignty)",
    "SEAL-2 (data sovereignty)",
    "SEAL-3 (digital resilience)",
    "SEAL-4 (full digital sovereignty)",
)
TOP: Final = len(LEVELS) - 1

Name = Annotated[str, Field(pattern=r"^SOV-[1-8]$")]


class Objective(Spec):
    """One objective of the framework."""

    title: Annotated[str, Field(min_length=3, max_length=100)]
    """Its name."""
    weight: Annotated[int, Field(ge=0, le=100)]
    """Its weight in the score, in per cent."""


class Answer(Spec):
    """What a person says of an objective."""

    level: Annotated[int, Field(ge=0, le=4)]
    """The level, 0 to 4; facts may cap it."""
    reason: Sentence
    """Why."""
    reference: Annotated[str, Field(min_length=3, max_length=300)]
    """Where that is written down."""


class SealFile(Spec):
    """Weights of one's own, and answers to what no fact tells."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    """Version of these weights and answers, shown beside the result."""
    source: Annotated[str, Field(min_length=3, max_length=500)] = "the owner of the factory"
    """Where the weights are from."""
    objectives: dict[Name, Objective] = Field(default_factory=dict)
    """All eight objectives; empty: those of the framework."""
    answers: dict[Name, Answer] = Field(default_factory=dict)
    """Answers by objective."""

    @model_validator(mode="after")
    def _weights_are_whole(self) -> Self:
        if self.objectives and (len(self.objectives) != 8 or sum(one.weight for one in self.objectives.values()) != 100):
            raise ValueError("objectives must be all eight, SOV-1 to SOV-8, with weights that make 100")
        return self


@dataclass(frozen=True, slots=True)
class Result:
    """One objective.

    Attributes:
        name: ``SOV-1`` to ``SOV-8``.
        title: its name for people.
        weight: in per cent.
        at_most: highest level that the facts leave.
        level: the level: what was answered, as far as the facts leave it; None when nobody answered.
        caps: the facts that cap it, the lowest first.
        answer: what was answered; None when nobody did.
    """

    name: str
    title: str
    weight: int
    at_most: int
    level: int | None
    caps: tuple[Cap, ...]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Seal:
    """The self-assessment.

    Attributes:
        version: version of the framework, and of one's own weights where there are any.
        source: where the weights are from.
        results: the objectives.
    """

    version: str
    source: str
    results: tuple[Result, ...]

    @property
    def at_most(self) -> int:
        """Highest level that the facts leave: the minimum over all objectives."""
        return min(result.at_most for result in self.results)

    @property
    def overall(self) -> int | None:
        """The level: the minimum over all objectives; None while one is not answered, unless another reaches nothing."""
        levels = [result.level for result in self.results]
        return None if None in levels and 0 not in levels else min(level for level in levels if level is not None)

    @property
    def score(self) -> float | None:
        """The weighted score, 0 to 100; None as long as an objective is not answered."""
        if any(result.level is None for result in self.results):
            return None
        return round(sum(result.weight * (result.level or 0) / TOP for result in self.results), 1)

    @property
    def verdict(self) -> str:
        """What it comes to, in words."""
        if self.overall is not None:
            return LEVELS[self.overall]
        missing = ", ".join(result.name for result in self.results if result.level is None)
        return f"not answered ({missing}); by the facts at most {LEVELS[self.at_most]}"

    def values(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "framework": "Cloud Sovereignty Framework of the European Commission",
            "version": self.version,
            "source": self.source,
            "kind": "self-assessment; which facts cap a level is a reading of aifactory, and no certificate",
            "overall": "not answered" if self.overall is None else f"SEAL-{self.overall}",
            "at_most": f"SEAL-{self.at_most}",
            "verdict": self.verdict,
            "score": "not answered" if self.score is None else self.score,
            "objectives": [_values(result) for result in self.results],
        }


def _values(result: Result) -> dict[str, Any]:
    answer = result.answer
    return {
        "objective": result.name,
        "title": result.title,
        "weight": result.weight,
        "level": "not answered" if result.level is None else f"SEAL-{result.level}",
        "at_most": f"SEAL-{result.at_most}",
        "because": [{"at_most": f"SEAL-{cap.level}", "fact": cap.why, "source": cap.source} for cap in result.caps],
        "answer": answer.model_dump(mode="json") if answer else "not answered",
    }


@cache
def framework() -> SealFile:
    """Return the framework's own objectives and weights."""
    text = files("aifactory.evidence").joinpath("seal.yaml").read_text(encoding="utf-8")
    return SealFile.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))


def read_seal(path: Path) -> SealFile:
    """Read weights and answers of one's own.

    Raises:
        SpecError: the file is not there, is no YAML, or is wrong.
    """
    try:
        found: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise SpecError(str(path), [Problem("--seal", path.name, f"cannot be read: {error.strerror}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SpecError(str(path), [Problem("--seal", path.name, "is no YAML")]) from None
    if not isinstance(found, dict):
        raise SpecError(str(path), [Problem("--seal", path.name, "must be a mapping with version and answers")])
    return validate(SealFile, cast("dict[str, Any]", found), str(path))


def assess_seal(case: Case, own: SealFile | None = None) -> Seal:
    """Return the self-assessment of a region.

    Args:
        case: the region.
        own: weights and answers of the owner's; None: the framework's weights, and no answers.
    """
    base = framework()
    objectives = own.objectives if own and own.objectives else base.objectives
    answers: Mapping[str, Answer] = own.answers if own else {}
    version = f"{base.version}; weights and answers {own.version}" if own else base.version
    results = (_result(name, objectives[name], CAPS[name](case), answers.get(name)) for name in sorted(objectives))
    source = own.source if own and own.objectives else base.source
    return Seal(version, source, tuple(results))


def _result(name: str, objective: Objective, caps: Iterable[Cap], answer: Answer | None) -> Result:
    found = tuple(sorted(caps, key=lambda cap: (cap.level, cap.why)))
    at_most = min((cap.level for cap in found), default=TOP)
    level = None if answer is None else min(answer.level, at_most)
    # A region that reaches nothing needs nobody's answer.
    if at_most == 0:
        level = 0
    return Result(name, objective.title, objective.weight, at_most, level, found, answer)

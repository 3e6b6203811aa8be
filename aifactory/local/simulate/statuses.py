"""The table of statuses that are simulated: one YAML file per operator below `operators/`, read and checked here."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aifactory.local.crds.documents import load_yaml


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Row):
    """One entry of ``status.conditions``."""

    type: str
    status: Literal["True", "False"] = "True"
    reason: str | None = None
    """Left out when None: some operators set no reason for a condition that is true."""
    message: str | None = None


class SimulatedKind(_Row):
    """What is set on the objects of one kind, as its operator would set it; `operators/README.md` explains each key."""

    operator: str
    """The operator that is stood in for."""
    version: str
    """Its version, whose statuses these are."""
    api_version: str
    kind: str
    variant: str | None = None
    sets: str
    """What is set, in words."""
    missing: str = ""
    """What the operator would also do and the simulation does not, in words."""
    source: str
    """Where the fields and words of the status were read."""
    when: str | None = None
    settled: str | None = None
    conditions: tuple[Condition, ...] = ()
    timed: bool = True
    observed: bool = False
    status: str = ""
    objects: tuple[str, ...] = ()
    status_subresource: bool = True

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Name of the stage, unique among all."""
        words = [self.kind, *([self.variant] if self.variant else []), self.group or "core"]
        return ".".join(words).lower()


class _Operator(_Row):
    operator: str
    version: str
    kinds: tuple[dict[str, object], ...] = Field(min_length=1)


def _read() -> Iterator[SimulatedKind]:
    directory = files("aifactory.local.simulate") / "operators"
    for file in sorted(directory.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        for document in load_yaml(file.read_text(encoding="utf-8")):
            operator = _Operator.model_validate(document)
            for row in operator.kinds:
                common = {"operator": operator.operator, "version": operator.version}
                yield SimulatedKind.model_validate(common | row)


@cache
def simulated_kinds() -> tuple[SimulatedKind, ...]:
    """Return every kind whose status is simulated, with the operator that would set it and where that was read."""
    return tuple(_read())

"""The case corpus of tests/cases: one small file for each thing that a rule must get right, named by its outcome.

``<topic>.<outcome>.<why>.yaml``: the topic is a rule or a part of the engine, the outcome what the case is there to show.

    as_of: 2026-07-08                    the day of the judgement
    base: on-prem                        the factory that it changes, of tests/cases/bases; it passes as it is
    factory: {...}                       change of the factory; null takes a key out
    region: {...}                        change of its only region
    house: {places: {...}}               change of the statements of its profile `house`
    waivers: {linz: {...}}               rule, subject, approved, expires; the rest is in bases/waiver.yaml
    expect: [{rule, subject, ...}]       findings that there must be; see `tests.unit.cases.expected`
    absent: [{rule, subject}]            findings that there must not be
    also: [transfer]                     rules that stop the region besides those of `expect`, exactly these
    warnings: [...]                      a phrase of each warning, in their order; every warning is named
    error: [...]                         phrases of the error that refuses the file
    hidden: [...]                        words that must not be in it
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aifactory.model import FactorySpec, load_factory

CASES = Path(__file__).parents[2] / "cases"
OUTCOMES = ("ok", "deny", "unknown", "waived", "error")
KEYS = frozenset(
    ("as_of", "base", "factory", "region", "house", "waivers", "expect", "absent", "also", "warnings", "error", "hidden")
)


class _Plain(yaml.SafeDumper):
    """Writes every value out, as people do: the model refuses aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@dataclass(frozen=True)
class Case:
    """One file of the corpus."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".yaml")

    @property
    def topic(self) -> str:
        return self.name.split(".")[0]

    @property
    def outcome(self) -> str:
        return self.name.split(".")[1]

    @property
    def why(self) -> str:
        return self.name.split(".", 2)[2]

    @property
    def said(self) -> dict[str, Any]:
        return _read(self.path)

    @property
    def on(self) -> date:
        return self.said["as_of"]

    def values(self) -> dict[str, Any]:
        """Return the factory as plain values: the base with the change of the case."""
        found = deepcopy(_read(CASES / "bases" / f"{self.said.get('base', 'on-prem')}.yaml"))
        (region,) = found["regions"].values()
        change(region, self.said.get("region", {}))
        change(found["profiles"]["house"]["statements"], self.said.get("house", {}))
        return change(found, self.said.get("factory", {}))

    def waivers(self) -> dict[str, Any]:
        usual = _read(CASES / "bases" / "waiver.yaml")
        return {name: usual | given for name, given in self.said.get("waivers", {}).items()}

    def load(self, folder: Path) -> FactorySpec:
        """Write the factory, and its waivers beside it, as people do, and read them."""
        path = folder / "factory.yaml"
        path.write_text(text_of(self.values()), encoding="utf-8")
        if "waivers" in self.said:
            waivers = text_of({"version": 1, "waivers": self.waivers()})
            (folder / "waivers.yaml").write_text(waivers, encoding="utf-8")
        return load_factory(path)


def text_of(values: dict[str, Any]) -> str:
    return yaml.dump(values, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def change(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Change plain values in place, mapping by mapping; null takes a key out. Returns them."""
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        elif isinstance(value, dict) and isinstance(values.get(key), dict):
            change(values[key], value)
        else:
            values[key] = deepcopy(value)
    return values


@cache
def corpus() -> tuple[Case, ...]:
    return tuple(Case(path) for path in sorted(CASES.glob("*.yaml")))


@cache
def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))

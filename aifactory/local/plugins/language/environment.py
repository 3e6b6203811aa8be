"""What is installed where a program runs, and what follows from what (the closure of requirements)."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from aifactory.errors import EngineError
from aifactory.local.plugins.language import probe

PROBE_TIMEOUT_SECONDS: Final = 60.0
"""An interpreter that lists its packages no faster than this is stuck; a cold disk needs a few seconds."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed Python distribution.

    Attributes:
        name: as it calls itself; compare by `packaging.utils.canonicalize_name`.
        version: as it is installed.
        requires: its requirements, of all extras.
        modules: the top-level modules that it brings.
        plugin: content of its pulumi-plugin.json; None when it is no Pulumi SDK.
    """

    name: str
    version: str
    requires: tuple[Requirement, ...]
    modules: tuple[str, ...]
    plugin: Mapping[str, Any] | None


class Environment:
    """The distributions of one interpreter."""

    def __init__(self, distributions: Iterable[Distribution], markers: Mapping[str, str]) -> None:
        self._by_name = {str(canonicalize_name(item.name)): item for item in distributions}
        self._markers = dict(markers)

    @classmethod
    def of(cls, interpreter: Path) -> "Environment":
        """Ask an interpreter what is installed in it; without a process when it is the present one.

        Raises:
            EngineError: it cannot be run, or does not answer.
        """
        if str(interpreter) == sys.executable:
            return cls.parse(probe.probe())
        try:
            answer = subprocess.run(
                [str(interpreter), "-I", str(Path(probe.__file__).resolve())],
                check=True,
                capture_output=True,
                timeout=PROBE_TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(
                f"{interpreter} does not say what is installed in it: {error}",
                why="the plugins that a program needs follow from the SDKs in its environment",
                fix="remove the environment and run `pulumi install`",
            ) from error
        return cls.parse(json.loads(answer.stdout))

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> "Environment":
        """Make an environment of what `probe` said."""
        distributions = (
            Distribution(
                name=item["name"],
                version=item["version"],
                requires=tuple(_requirements(item["requires"])),
                modules=tuple(item["modules"]),
                plugin=item["plugin"],
            )
            for item in answer["distributions"]
        )
        return cls(distributions, answer["markers"])

    @property
    def distributions(self) -> list[Distribution]:
        """All of them, by name."""
        return sorted(self._by_name.values(), key=lambda item: canonicalize_name(item.name))

    def get(self, name: str) -> Distribution | None:
        """Return the distribution of that name, written in any way."""
        return self._by_name.get(str(canonicalize_name(name)))

    def providing(self, modules: Iterable[str]) -> list[Distribution]:
        """Return the distributions that bring any of these top-level modules."""
        wanted = set(modules)
        return [item for item in self.distributions if wanted.intersection(item.modules)]

    def unmet(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        """Return those requirements that are not installed, or at a version that they do not allow."""
        return [item for item in requirements if self._applies(item, ()) and not self._is_met(item)]

    def closure(self, roots: Iterable[Requirement]) -> list[Distribution]:
        """Return the installed distributions that `roots` need, directly or not, themselves included.

        An extra counts only where it is asked for, as pip does it: that aifactory *can* use a cloud SDK that
        happens to be installed is no reason to fetch its plugin.
        """
        found: dict[str, Distribution] = {}
        done: set[tuple[str, frozenset[str]]] = set()
        queue = [(root, ()) for root in roots]
        while queue:
            requirement, asked = queue.pop()
            item = self.get(requirement.name)
            extras = frozenset(requirement.extras)
            if item is None or not self._applies(requirement, asked):
                continue
            key = (str(canonicalize_name(item.name)), extras)
            if key in done:
                continue
            done.add(key)
            found[key[0]] = item
            queue += [(needed, tuple(extras)) for needed in item.requires]
        return sorted(found.values(), key=lambda item: canonicalize_name(item.name))

    def _applies(self, requirement: Requirement, extras: Iterable[str]) -> bool:
        marker = requirement.marker
        return marker is None or any(marker.evaluate({**self._markers, "extra": extra}) for extra in ("", *extras))

    def _is_met(self, requirement: Requirement) -> bool:
        item = self.get(requirement.name)
        if item is None:
            return False
        try:
            return requirement.specifier.contains(Version(item.version), prereleases=True)
        except InvalidVersion:
            return True


def _requirements(lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            # Old packages have lines that no tool accepts any more; nothing can follow from them.
            continue

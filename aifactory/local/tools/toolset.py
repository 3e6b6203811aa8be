"""The programs that were found or built, with where each came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aifactory.errors import ToolError
from aifactory.local.tools.catalog import ToolName

Origin = Literal["PATH", "KUBEBUILDER_ASSETS", "built"]
"""Where a program comes from: found on PATH, in the directory that KUBEBUILDER_ASSETS names, or built into the
cache."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One program that can be run.

    Attributes:
        name: what it is called.
        version: ``major.minor.patch``, as it says itself or as it was pinned when it was built.
        path: absolute path of the executable.
        origin: where it comes from.
    """

    name: ToolName
    version: str
    path: Path
    origin: Origin


@dataclass(frozen=True, slots=True)
class Toolset:
    """Programs by name.

    Attributes:
        entries: every program that was asked for.
    """

    entries: Mapping[ToolName, Tool]

    def path(self, name: ToolName) -> Path:
        """Return the path of a program.

        Raises:
            ToolError: the program was not asked for when the set was made.
        """
        if name not in self.entries:
            raise ToolError(
                f"{name} is not among the tools at hand ({', '.join(sorted(self.entries)) or 'none'})",
                fix=f"name {name!r} when calling aifactory.local.tools.ensure",
            )
        return self.entries[name].path

"""What `prepare` returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class PluginChoice:
    """One plugin that the engine will use.

    Attributes:
        name: ``python`` (the language host) or the name of a resource plugin.
        version: of the plugin; for a stand-in the version that it stands in for.
        origin: ``official`` or ``stand-in``.
        path: the executable that the engine starts.
        reason: why this one, in words for a person.
    """

    name: str
    version: str
    origin: Literal["official", "stand-in"]
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Engine:
    """A Pulumi CLI with everything it needs, private to one local region.

    Attributes:
        pulumi: the CLI.
        home: its PULUMI_HOME.
        backend: directory of the file backend, where the state lies.
        kubeconfig: cluster that programs work on.
        logs: directory of the region's log files.
        environment: variables to set on top of the process's own; no value is a secret.
        plugins: which plugins are official and which are stand-ins.
    """

    pulumi: Path
    home: Path
    backend: Path
    kubeconfig: Path
    logs: Path
    environment: Mapping[str, str]
    plugins: tuple[PluginChoice, ...]

    @property
    def bin(self) -> Path:
        """Directory that goes first on PATH: the CLI, the tools, and stand-ins that must hide an official one."""
        return self.home / "bin"

"""Where a local region keeps what it builds, fetches and runs: a cache per user, a directory per instance."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from aifactory.errors import Problem, SpecError

CACHE_VARIABLE: Final = "AIFACTORY_CACHE"
"""Environment variable that moves the cache, for machines whose home is small, shared or read-only."""

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
_NAME_RULE: Final = "must be a DNS label of at most 40 lower-case letters, digits and inner hyphens"


@dataclass(frozen=True, slots=True)
class Instance:
    """The directories and files of one local control plane and of its Pulumi engine.

    Two instances share nothing but the built tools, so that tests and people do not meet.

    Attributes:
        name: a DNS label of at most 40 characters; it becomes part of the kubeconfig context's name.
        root: the directory that holds everything of this instance, readable by its owner alone.
    """

    name: str
    root: Path

    @property
    def data(self) -> Path:
        """Directory of etcd: every object of the cluster."""
        return self.root / "etcd"

    @property
    def pki(self) -> Path:
        """Certificate authorities, certificates, private keys, and the key that encrypts Secrets at rest."""
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        """One log file per part of the control plane, and the API server's audit log."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What is running: process records, chosen ports, generated configuration."""
        return self.root / "run"

    @property
    def kubeconfig(self) -> Path:
        """Kubeconfig of an administrator, mode 0600, with its client certificate inside."""
        return self.root / "kubeconfig"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME of this instance; the user's own ``~/.pulumi`` is never written."""
        return self.root / "pulumi"

    @property
    def backend(self) -> Path:
        """Directory of the file backend that holds the stacks' state."""
        return self.root / "state"

    @property
    def passphrase_file(self) -> Path:
        """Passphrase of the stacks' secrets provider, mode 0600."""
        return self.root / "passphrase"

    @property
    def lock(self) -> Path:
        """Lock of the instance; beside the root and not in it, so that it outlives a purge."""
        return self.root.parent / f".{self.name}.lock"

    def create(self) -> None:
        """Make the directories, each with mode 0700; what exists is kept and its mode is set again."""
        for directory in (self.root, self.data, self.pki, self.logs, self.run):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.chmod(0o700)


@dataclass(frozen=True, slots=True)
class Paths:
    """The user's cache. Everything in it can be made again; deleting it loses only local regions.

    Attributes:
        cache: the whole of it.
        tools: built binaries, one directory per module, version and pin.
        crds: custom resource definitions that were fetched.
        instances: local regions, one directory each.
    """

    cache: Path
    tools: Path
    crds: Path
    instances: Path

    @classmethod
    def at(cls, cache: Path) -> "Paths":
        """Return the layout under `cache`, which need not exist yet."""
        return cls(cache=cache, tools=cache / "tools", crds=cache / "crds", instances=cache / "local")

    @classmethod
    def default(cls, environment: Mapping[str, str] | None = None) -> "Paths":
        """Return the layout under ``$AIFACTORY_CACHE``, else under the user's cache directory (XDG on Linux).

        Args:
            environment: variables to read instead of the process's own.
        """
        variables = os.environ if environment is None else environment
        chosen = variables.get(CACHE_VARIABLE, "")
        if not chosen:
            return cls.at(platformdirs.user_cache_path("aifactory"))
        return cls.at(Path(chosen).expanduser().absolute())

    def instance(self, name: str) -> Instance:
        """Return the directories of instance `name`; nothing is created.

        Raises:
            SpecError: the name is no DNS label: it would leave the cache, or Kubernetes would refuse it.
        """
        if not _NAME.fullmatch(name):
            nearest = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")
            raise SpecError("local instance", [Problem("name", repr(name), _NAME_RULE, nearest=nearest)])
        return Instance(name=name, root=self.instances / name)

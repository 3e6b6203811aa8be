"""Running Helm itself: fixed arguments, values and credentials in private files, answers read as JSON.

Nothing secret is on a command line: any user of the machine can read those. Values, the kubeconfig and
repository passwords go into files of mode 0600 in a directory that is removed when the command has ended.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.errors import AifactoryError, ToolError
from aifactory.local.plugins.kubernetes.client import CancelledError
from aifactory.local.plugins.kubernetes.objects import Object
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.settings import HelmSettings, Kubeconfig

HELM_VARIABLE: Final = "AIFACTORY_HELM"
"""Path of the Helm program; without it ``helm`` on PATH is run."""

REPOSITORY: Final = "aifactory"
"""Name under which a repository that wants a password is known in a private repository file."""

POLL_SECONDS: Final = 0.2
STOP_SECONDS: Final = 20.0
"""How long Helm may take to note an interruption in its release before it is killed."""

_NOT_FOUND: Final = "release: not found"


class HelmError(AifactoryError):
    """Helm failed; its own words, free of secrets, are the message."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a chart comes from; all empty for a local directory or an OCI reference.

    Attributes:
        url: address of a chart repository.
        username, password: credentials; never on a command line.
        ca_file, cert_file, key_file: paths for TLS.
    """

    url: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> "Repository":
        """Return the repository in a Release's ``repositoryOpts``, secrets revealed."""
        names = {"url": "repo", "ca_file": "caFile", "cert_file": "certFile", "key_file": "keyFile"}
        fields = {key: str(options.get(names.get(key, key)) or "") for key in cls.__slots__}
        return cls(**fields)

    @property
    def arguments(self) -> list[str]:
        """What a command line may say of it."""
        given = {"--ca-file": self.ca_file, "--cert-file": self.cert_file, "--key-file": self.key_file}
        if not self.is_private:
            given["--repo"] = self.url
        return [part for flag, value in given.items() if value for part in (flag, value)]

    @property
    def is_private(self) -> bool:
        """Whether it wants credentials."""
        return bool(self.url and (self.username or self.password))


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm for one cluster.

    Attributes:
        kubeconfig: the kubeconfig in use.
        context: its context in use.
        settings: the provider's ``helmReleaseSettings``.
        stop: set when the engine wants everything to end.
    """

    kubeconfig: Kubeconfig
    context: str
    settings: HelmSettings
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        arguments: Sequence[str],
        *,
        values: Mapping[str, Any] | None = None,
        repository: Repository | None = None,
        redact: Redactor | None = None,
    ) -> str:
        """Run Helm and return its standard output.

        Args:
            arguments: the command and its arguments, none of them secret.
            values: chart values; handed over in a private file.
            repository: where the chart comes from.
            redact: cuts secrets out of Helm's words.

        Raises:
            HelmError: Helm failed.
            ToolError: there is no Helm.
            CancelledError: the engine wants to stop; Helm was told so first.
        """
        with self._private_directory() as directory:
            command = [program(), *arguments, *self._files(directory, values)]
            environment = self._environment(directory)
            if repository is not None:
                command += repository.arguments
                if repository.is_private:
                    self._log_in(directory, environment, repository, redact or Redactor())
                    command += ["--repository-config", str(directory / "repositories.yaml")]
            return self._execute(command, environment, redact or Redactor())

    def find(self, arguments: Sequence[str]) -> Object | None:
        """Run a reading command and return its JSON, or None when there is no such release."""
        try:
            return cast("Object", json.loads(self.run([*arguments, "--output", "json"])))
        except HelmError as error:
            if _NOT_FOUND in error.message:
                return None
            raise

    @contextmanager
    def _private_directory(self) -> Generator[Path]:
        with tempfile.TemporaryDirectory(prefix="aifactory-helm-") as name:
            yield Path(name)

    def _files(self, directory: Path, values: Mapping[str, Any] | None) -> list[str]:
        arguments = ["--kube-context", self.context] if self.context else []
        if self.kubeconfig.path is None:
            write_private(directory / "kubeconfig", json.dumps(self.kubeconfig.document))
        if values is not None:
            write_private(directory / "values.json", json.dumps(values))
            arguments += ["--values", str(directory / "values.json")]
        return arguments

    def _environment(self, directory: Path) -> dict[str, str]:
        given = {
            "KUBECONFIG": str(self.kubeconfig.path or directory / "kubeconfig"),
            "HELM_DRIVER": self.settings.driver,
            "HELM_PLUGINS": self.settings.plugins_path,
            "HELM_REGISTRY_CONFIG": self.settings.registry_config_path,
            "HELM_REPOSITORY_CACHE": self.settings.repository_cache,
            "HELM_REPOSITORY_CONFIG": self.settings.repository_config_path,
        }
        return {**os.environ, **{key: value for key, value in given.items() if value}}

    def _log_in(self, directory: Path, environment: dict[str, str], repository: Repository, redact: Redactor) -> None:
        entry = {
            "name": REPOSITORY,
            "url": repository.url,
            "username": repository.username,
            "password": repository.password,
            "caFile": repository.ca_file,
            "certFile": repository.cert_file,
            "keyFile": repository.key_file,
        }
        file = directory / "repositories.yaml"
        write_private(file, yaml.safe_dump({"apiVersion": "", "repositories": [entry]}))
        self._execute([program(), "repo", "update", "--repository-config", str(file)], environment, redact)

    def _execute(self, command: list[str], environment: dict[str, str], redact: Redactor) -> str:
        # Its own session: a Ctrl-C at the terminal reaches the engine, which tells us, and we tell Helm once.
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            output, errors = self._communicate(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.stop.is_set():
            raise CancelledError(f"helm {command[1]} was running")
        if process.returncode != 0:
            raise HelmError(f"helm {command[1]}: {redact(last_words(errors))}")
        return output

    def _communicate(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        while True:
            try:
                return process.communicate(timeout=POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if self.stop.is_set():
                    process.terminate()
                    return process.communicate(timeout=STOP_SECONDS)


def program() -> str:
    """Return the path of Helm.

    Raises:
        ToolError: there is none.
    """
    found = os.environ.get(HELM_VARIABLE) or shutil.which("helm")
    if not found:
        raise ToolError(
            "there is no helm program",
            why="a helm.sh/v3:Release is made by running Helm",
            fix=f"`aifactory local up` builds one; or install Helm 3 and set {HELM_VARIABLE} to its path",
        )
    return found


def write_private(path: Path, contents: str) -> None:
    """Write a new file that only its owner may read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(contents)


def last_words(errors: str) -> str:
    """Return what Helm says went wrong: from its ``Error:`` line on, warnings and notes left out."""
    lines = [line for line in errors.strip().splitlines() if not line.startswith(("WARNING:", "walk.go"))]
    starts = [position for position, line in enumerate(lines) if line.startswith("Error:")]
    return "\n".join(lines[starts[-1] :] if starts else lines).removeprefix("Error: ") or "no words"

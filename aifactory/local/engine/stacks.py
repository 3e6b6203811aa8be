"""Stacks of the instance: made once, configured apart from the checkout, read as JSON, mended after a kill.

`pulumi stack init` writes the salt of the secrets provider into ``Pulumi.<stack>.yaml`` of the project. In a
checkout that would be a change after every first `up`, and a second instance, with a passphrase of its own, would find a
salt that does not fit. So each stack is made from a project file of the same name in the private home, and its
configuration stays there.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.errors import EngineError
from aifactory.local.engine.process import capture
from aifactory.local.engine.types import Engine
from aifactory.stack_settings import KEYS_OF_PULUMI, is_secret

NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}")
"""What the file backend takes for a stack's or project's name, without a leading dot or hyphen: one would leave the
directory, the other would be an option."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack of a project.

    Attributes:
        name: of the stack.
        project: name of the project, as Pulumi.yaml says.
        directory: private directory whose Pulumi.yaml has that name; commands that need no program run here.
        config_file: its configuration, given to the CLI with ``--config-file``.
    """

    name: str
    project: str
    directory: Path
    config_file: Path


def stack_init(engine: Engine, project: Path, stack: str) -> Stack:
    """Make a stack if it is not there; bring the plain configuration of the project's own file over.

    Secrets that were set in the private file (``pulumi config set --secret --config-file``) are kept.

    Args:
        engine: what `prepare` returned.
        project: directory of Pulumi.yaml.
        stack: name of the stack.

    Raises:
        EngineError: there is no project, the name is none, or the project's file for this stack holds secrets:
            they are encrypted with a key that the instance does not have.
    """
    if not NAME.fullmatch(stack):
        raise EngineError(f"{stack!r} is no stack name", fix="letters, digits, hyphens; at most 100")
    content = _yaml(project / "Pulumi.yaml", "Pulumi.yaml")
    name = str(content.get("name", ""))
    if not NAME.fullmatch(name):
        raise EngineError(f"{name!r} in Pulumi.yaml is no project name", fix="letters, digits, hyphens; at most 100")
    directory = engine.home / "projects" / name
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}), encoding="utf-8")
    made = Stack(stack, name, directory, directory / f"Pulumi.{stack}.yaml")
    if not _state_file(engine, made).exists():
        # A salt without state is left of a stack that was removed; a new stack gets a new one.
        made.config_file.unlink(missing_ok=True)
        arguments = ["stack", "init", stack, "--secrets-provider", "passphrase", "--non-interactive", "--no-select"]
        capture(engine, arguments, cwd=directory)
    _copy_configuration(project / str(content.get("stackConfigDir") or "."), made)
    return made


def outputs(engine: Engine, stack: Stack) -> dict[str, Any]:
    """Return the outputs of a stack; a secret one is the word ``[secret]``."""
    text = capture(engine, ["stack", "output", "--json", "--stack", stack.name], cwd=stack.directory)
    return cast("dict[str, Any]", json.loads(text))


def pending(engine: Engine, stack: Stack) -> list[str]:
    """Return the URNs of operations that were begun and whose end nobody has recorded."""
    try:
        content = json.loads(_state_file(engine, stack).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    latest = cast("Mapping[str, Any]", content.get("checkpoint", {}).get("latest") or {})
    return [str(operation["resource"]["urn"]) for operation in latest.get("pending_operations") or ()]


def repair(engine: Engine, stack: Stack) -> list[str]:
    """Drop pending operations from the state, so that the next run does them again; return their URNs.

    An engine that was killed while it created a resource cannot say whether it exists. Every object of aifactory
    has a fixed name and is applied, not created, so doing it again finds what is there; nothing comes twice.
    Exporting and importing the state is the engine's own way to do this; secrets stay encrypted in it.
    """
    found = pending(engine, stack)
    if found:
        draft = stack.directory / f".state.{os.getpid()}.json"
        try:
            capture(engine, ["stack", "export", "--stack", stack.name, "--file", str(draft)], cwd=stack.directory)
            capture(engine, ["stack", "import", "--stack", stack.name, "--file", str(draft)], cwd=stack.directory)
        finally:
            draft.unlink(missing_ok=True)
    return found


def _state_file(engine: Engine, stack: Stack) -> Path:
    return engine.backend / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"


def _copy_configuration(directory: Path, stack: Stack) -> None:
    own = directory / f"Pulumi.{stack.name}.yaml"
    theirs = _yaml(own, own.name) if own.exists() else {}
    values = cast("dict[str, Any]", theirs.get("config") or {})
    secret = sorted(key for key, value in values.items() if is_secret(value))
    if secret:
        raise EngineError(
            f"{own} holds secrets: {', '.join(secret)}",
            why="a local region has a passphrase of its own and cannot decrypt them",
            fix="leave them out of the local stack's file; the local region needs none",
        )
    ours = _yaml(stack.config_file, stack.config_file.name)
    private = cast("dict[str, Any]", ours.get("config") or {})
    values = {key: value for key, value in private.items() if is_secret(value)} | values
    merged = {key: value for key, value in ours.items() if key in KEYS_OF_PULUMI} | ({"config": values} if values else {})
    if merged != ours:
        draft = stack.config_file.with_suffix(f".{os.getpid()}")
        draft.write_text(yaml.safe_dump(merged), encoding="utf-8")
        draft.replace(stack.config_file)


def _yaml(path: Path, what: str) -> dict[str, Any]:
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EngineError(f"{what} cannot be read: {error}", fix=f"check {path}") from error
    if not isinstance(content, dict):
        raise EngineError(f"{what} is no mapping", fix=f"check {path}")
    return cast("dict[str, Any]", content)

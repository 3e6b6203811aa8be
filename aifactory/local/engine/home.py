"""Make the private home of an instance: directories, passphrase, start scripts, and the choice of plugins."""

import contextlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aifactory.errors import EngineError
from aifactory.local.engine import plugins
from aifactory.local.engine.environment import variables
from aifactory.local.engine.plugins import KUBERNETES_PLUGIN, LANGUAGE_HOST, STAND_IN_MARK, Found, Official, Refusals
from aifactory.local.engine.types import Engine, PluginChoice
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from aifactory.local.tools.find import LINKS_MARKER

LANGUAGE_MODULE: Final = "aifactory.local.plugins.language"
KUBERNETES_MODULE: Final = "aifactory.local.plugins.kubernetes"

SCRIPT: Final = """#!/bin/sh
{mark}: {what}; the official one is used where it can be had.
AIFACTORY_PLUGIN_PARENT=$PPID
export AIFACTORY_PLUGIN_PARENT
exec {python} -P -m {module} "$@"
"""
"""`$PPID` is the engine, which the stand-in watches; `-P` keeps modules of the working directory, which is the
program's, from being taken for those of the stand-in."""


def prepare(
    instance: Instance,
    tools: Toolset,
    reporter: Reporter,
    *,
    official: Official = "auto",
    kube_context: str | None = None,
    retry: bool = False,
) -> Engine:
    """Make everything that the CLI needs to work for `instance`; run again, it changes only what differs.

    Args:
        instance: the local region.
        tools: must hold ``pulumi``; all of it goes first on the PATH of programs and plugins.
        reporter: is told which plugins are stand-ins, and of a download.
        official: ``auto`` uses official plugins where they are installed or can be fetched, ``never`` always
            stand-ins, ``require`` fails where an official one cannot be had.
        kube_context: context of a cluster that was there already; the kubernetes stand-in may then leave loopback.
        retry: try to fetch an official plugin again though that failed before.

    Raises:
        EngineError: an official plugin is required and cannot be had.
    """
    instance.create()
    home = instance.pulumi_home
    for directory in (home, home / "bin", home / "plugins", instance.backend):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    write_passphrase(instance.passphrase_file)
    (home / "bin" / LINKS_MARKER).touch(mode=0o600)
    for name, tool in tools.entries.items():
        _link(home / "bin" / name, tool.path)
    place = _Place(home, tools.path("pulumi"), dict(os.environ), official, retry=retry)
    choices = (
        _language(place, tools.entries["pulumi"].version),
        _kubernetes(place, plugins.kubernetes_version(), instance, reporter),
    )
    stand_ins = [choice.name for choice in choices if choice.origin == "stand-in"]
    if stand_ins:
        # Every `up` says it, so it is short; each reason stands in the choice, which `--format json` shows.
        reporter.note(f"Stand-ins for official Pulumi plugins: {', '.join(stand_ins)} (--format json: why)")
    return Engine(
        pulumi=tools.path("pulumi"),
        home=home,
        backend=instance.backend,
        kubeconfig=instance.kubeconfig,
        logs=instance.logs,
        environment=variables(instance, os.environ, kube_context=kube_context),
        plugins=choices,
    )


def write_passphrase(path: Path) -> None:
    """Make the passphrase of the stacks' secrets, once; 256 bits, readable by the owner alone.

    The file appears with its content or not at all: an empty one would pass for a passphrase, and one written
    twice would lock the stacks that the first has encrypted.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first: its passphrase counts
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    path.chmod(0o600)


def link_plugin(engine: Engine, kind: str, name: str, version: str, executable: Path) -> Path:
    """Put a plugin into the private home, where the engine finds it at exactly this version.

    Args:
        engine: what `prepare` returned.
        kind: ``resource``, ``language`` or ``analyzer``.
        name: of the plugin, such as ``yaml``.
        version: ``major.minor.patch``.
        executable: what to start; linked, not copied.
    """
    directory = engine.home / "plugins" / f"{kind}-{name}-v{version}"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"pulumi-{kind}-{name}"
    _link(path, executable)
    return path


@dataclass(frozen=True, slots=True)
class _Place:
    """Where plugins are chosen for."""

    home: Path
    pulumi: Path
    base: Mapping[str, str]
    official: Official
    retry: bool


def _language(place: _Place, version: str) -> PluginChoice:
    found = plugins.find_language_host(place.pulumi, place.home, place.base)
    directory = place.home / "plugins" / f"language-python-v{version}"
    script = _script("Python language host", LANGUAGE_MODULE)
    if place.official == "never" or isinstance(found, str):
        if place.official == "require":
            raise _required("Python language host", str(found), "install Pulumi's own release and put it on PATH")
        hidden = found if isinstance(found, Found) else None
        path = _stand_in(place.home, directory, LANGUAGE_HOST, script, hidden)
        return PluginChoice("python", version, "stand-in", path, _why(found))
    _remove_stand_ins(place.home, directory, LANGUAGE_HOST)
    if found.where == "cache":
        _link(place.home / "plugins" / found.path.parent.name, found.path.parent)
    return PluginChoice("python", version, "official", found.path, found.reason)


def _kubernetes(place: _Place, version: str, instance: Instance, reporter: Reporter) -> PluginChoice:
    found = plugins.find_kubernetes(version, place.home, place.base)
    if isinstance(found, str) and place.official != "never":
        found = _fetch(place, version, instance, reporter, found)
    directory = place.home / "plugins" / plugins.kubernetes_directory(version)
    if place.official == "never" or isinstance(found, str):
        if place.official == "require":
            fix = f"pulumi plugin install resource kubernetes v{version}"
            raise _required("kubernetes plugin", str(found), fix)
        hidden = found if isinstance(found, Found) else None
        script = _script(f"kubernetes plugin {version}", KUBERNETES_MODULE)
        path = _stand_in(place.home, directory, KUBERNETES_PLUGIN, script, hidden)
        return PluginChoice("kubernetes", version, "stand-in", path, _why(found))
    if found.where == "cache" and found.path.parent != directory:
        _remove_stand_ins(place.home, directory, KUBERNETES_PLUGIN)
        _link(directory, found.path.parent)
    (place.home / "bin" / KUBERNETES_PLUGIN).unlink(missing_ok=True)
    return PluginChoice("kubernetes", version, "official", found.path, found.reason)


def _fetch(place: _Place, version: str, instance: Instance, reporter: Reporter, why: str) -> Found | str:
    """Try once to fetch the official kubernetes plugin into the private home; remember a refusal."""
    refusals, key = Refusals(place.home), plugins.kubernetes_directory(version)
    known = None if place.retry else refusals.reason(key)
    if known is not None:
        return f"{why}, and it could not be fetched: {known}"
    _remove_stand_ins(place.home, place.home / "plugins" / key, KUBERNETES_PLUGIN)
    command = [str(place.pulumi), "plugin", "install", "resource", "kubernetes", f"v{version}"]
    environment = {**place.base, **variables(instance, place.base)}
    limit = plugins.INSTALL_TIMEOUT_SECONDS
    with reporter.step(f"Fetching the official kubernetes plugin {version}", estimate_seconds=limit):
        try:
            result = subprocess.run(
                command, env=environment, capture_output=True, timeout=limit, check=False, stdin=subprocess.DEVNULL
            )
            words = result.stderr.decode("utf-8", "replace").strip().splitlines()
            reason = None if result.returncode == 0 else (words[-1] if words else f"exit code {result.returncode}")
        except subprocess.TimeoutExpired:
            reason = f"not there after {limit:.0f} s"
        except OSError as error:
            reason = str(error)
    found = plugins.find_kubernetes(version, place.home, place.base) if reason is None else reason
    if isinstance(found, Found):
        refusals.forget(key)
        return found
    # What a cut-off download left behind would be taken for the plugin.
    shutil.rmtree(place.home / "plugins" / key, ignore_errors=True)
    Path(place.home / "plugins" / f"{key}.partial").unlink(missing_ok=True)
    refusals.remember(key, found)
    return f"{why}, and it could not be fetched: {found}"


def _stand_in(home: Path, directory: Path, name: str, script: str, hidden: Found | None) -> Path:
    """Write a start script where the engine will find it.

    That is the plugin directory; what lies on PATH draws a warning from the engine at every run. But an official
    plugin that is to be hidden wins over the plugin directory, and only PATH wins over that.
    """
    ours = home / "bin" / name
    fetched = directory.is_dir() and not directory.is_symlink()
    taken = hidden is not None and (hidden.where == "ambient" or (hidden.path.parent == directory and fetched))
    if not taken:
        ours.unlink(missing_ok=True)
        if directory.is_symlink():
            directory.unlink()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = directory / name
    _replace(ours, lambda draft: _write_executable(draft, script))
    return ours


def _remove_stand_ins(home: Path, directory: Path, name: str) -> None:
    (home / "bin" / name).unlink(missing_ok=True)
    if directory.is_symlink():
        directory.unlink()
    elif (directory / name).exists() and not plugins.is_official(directory / name):
        shutil.rmtree(directory)


def _script(what: str, module: str) -> str:
    return SCRIPT.format(mark=STAND_IN_MARK.decode(), what=what, python=shlex.quote(sys.executable), module=module)


def _why(found: Found | str) -> str:
    return found if isinstance(found, str) else f"official plugins are switched off, though there is one {found.reason}"


def _required(what: str, why: str, fix: str) -> EngineError:
    return EngineError(f"the official {what} is required and cannot be had: {why}", fix=fix)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    _replace(path, lambda draft: draft.symlink_to(target))


def _write_executable(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)


def _replace(path: Path, make: Callable[[Path], None]) -> None:
    """Put something at `path` in one step: an engine that is running never finds half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        make(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

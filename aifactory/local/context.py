"""One context of the user's kubeconfig, by itself, so that nothing here can reach another cluster by accident."""

import os
import re
from pathlib import Path
from typing import Any, cast

import yaml
from lightkube.config.kubeconfig import KubeConfig

from aifactory.errors import PreflightError
from aifactory.local.paths import Instance, Paths
from aifactory.model import nearest


def extract_context(context: str, paths: Paths) -> tuple[Instance, str]:
    """Write a kubeconfig that knows this one context, into an instance of its own, and return both.

    Args:
        context: name of a context in the files that ``KUBECONFIG`` names, else in ``~/.kube/config``.
        paths: the user's cache.

    Returns:
        The instance, and the address of the cluster's API server.

    Raises:
        PreflightError: there is no kubeconfig, or it has no such context.
    """
    files = _files()
    merged = _merge(files)
    found = _by_name(merged["contexts"]).get(context)
    if found is None:
        known = sorted(_by_name(merged["contexts"]))
        raise PreflightError(
            f"no context {context} in {', '.join(map(str, files)) or 'any kubeconfig'}",
            why="the region would come up on whatever cluster kubectl happens to point at",
            fix=nearest(context, known) or f"one of {', '.join(known) or 'none: there is no kubeconfig'}",
        )
    cluster = _by_name(merged["clusters"]).get(str(found["context"]["cluster"]))
    user = _by_name(merged["users"]).get(str(found["context"].get("user", "")))
    if cluster is None:
        raise PreflightError(
            f"context {context} names cluster {found['context']['cluster']}, which is not in the kubeconfig"
        )
    instance = paths.instance(_instance_name(context))
    instance.create()
    config = {"apiVersion": "v1", "kind": "Config", "current-context": context, "contexts": [found], "clusters": [cluster]}
    _write_private(instance.kubeconfig, yaml.safe_dump(config | {"users": [user] if user else []}))
    return instance, str(cluster["cluster"]["server"])


def _instance_name(context: str) -> str:
    """Return a name for the instance; contexts may hold characters that a name may not, such as ``user@host:6443``."""
    return f"at-{re.sub(r'[^a-z0-9]+', '-', context.lower()).strip('-')}"[:40].rstrip("-")


def _files() -> list[Path]:
    named = os.environ.get("KUBECONFIG", "")
    candidates = [Path(part) for part in named.split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    return [file for file in candidates if file.is_file()]


Entries = list[dict[str, Any]]


def _merge(files: list[Path]) -> dict[str, Entries]:
    """Join the files as kubectl does: what stands in an earlier file wins."""
    merged: dict[str, Entries] = {"contexts": [], "clusters": [], "users": []}
    for file in files:
        try:
            config = cast("dict[str, Entries | None]", yaml.safe_load(file.read_text(encoding="utf-8")) or {})
            KubeConfig.from_dict(config, str(file))  # pyright: ignore[reportUnknownMemberType] - theirs is half typed
        except (yaml.YAMLError, OSError, KeyError, TypeError, AttributeError) as error:
            raise PreflightError(f"{file} is no kubeconfig that can be read: {type(error).__name__}") from None
        for key, entries in merged.items():
            entries += [_absolute(entry, file.parent) for entry in config.get(key) or []]
    return merged


_PATH_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def _absolute(entry: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Make relative paths absolute: the new file lies elsewhere."""
    copied: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            copied[key] = {k: str(directory / v) if k in _PATH_KEYS and v else v for k, v in inner.items()}
        else:
            copied[key] = value
    return copied


def _by_name(entries: Entries) -> dict[str, dict[str, Any]]:
    return {str(entry["name"]): entry for entry in reversed(entries)}


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, from the first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)

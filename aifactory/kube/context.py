"""One context of the user's kubeconfig, by itself, so that nothing here can reach another cluster by accident."""

import os
from pathlib import Path
from typing import Any, cast

import yaml
from lightkube.config.kubeconfig import KubeConfig

from aifactory.errors import PreflightError
from aifactory.kube.objects import Document
from aifactory.model import nearest


def select_context(context: str) -> tuple[Document, str]:
    """Return a kubeconfig that knows this one context and no other, and the address of its cluster's API server.

    Args:
        context: name of a context in the files that ``KUBECONFIG`` names, else in ``~/.kube/config``.

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
            why="what was meant for that cluster would go to whatever cluster kubectl happens to point at",
            fix=nearest(context, known) or f"one of {', '.join(known) or 'none: there is no kubeconfig'}",
        )
    cluster = _by_name(merged["clusters"]).get(str(found["context"]["cluster"]))
    user = _by_name(merged["users"]).get(str(found["context"].get("user", "")))
    if cluster is None:
        raise PreflightError(
            f"context {context} names cluster {found['context']['cluster']}, which is not in the kubeconfig"
        )
    config = {"apiVersion": "v1", "kind": "Config", "current-context": context, "contexts": [found], "clusters": [cluster]}
    return config | {"users": [user] if user else []}, str(cluster["cluster"]["server"])


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
    """Make relative paths absolute: they are read from elsewhere."""
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

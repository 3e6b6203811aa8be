"""A cluster that is there already, as an instance of its own: reached by one context, and by no other."""

import os
import re
from pathlib import Path

import yaml

from aifactory.kube.context import select_context
from aifactory.local.paths import Instance, Paths


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
    config, server = select_context(context)
    instance = paths.instance(_instance_name(context))
    instance.create()
    _write_private(instance.kubeconfig, yaml.safe_dump(config))
    return instance, server


def _instance_name(context: str) -> str:
    """Return a name for the instance; contexts may hold characters that a name may not, such as ``user@host:6443``."""
    return f"at-{re.sub(r'[^a-z0-9]+', '-', context.lower()).strip('-')}"[:40].rstrip("-")


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, from the first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)

"""Where the stand-in may be used: on a local region, and nowhere else.

It is a small program written for trying things and for tests. Production clusters get the official plugin,
so the stand-in refuses whatever does not look like the local region that started it.
"""

import ipaddress
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from lightkube.config.kubeconfig import SingleConfig

from aifactory.errors import AifactoryError

INSTANCE_VARIABLE: Final = "AIFACTORY_LOCAL_INSTANCE"
"""Set by the engine's environment of a local region; its value is the region's instance name."""

CONTEXT_VARIABLE: Final = "AIFACTORY_KUBE_CONTEXT"
"""A kubeconfig context that the user named for a local region on a cluster that was there (``make up
KUBE_CONTEXT=``)."""


class NotLocalError(AifactoryError):
    """The stand-in was asked to work on something that is not a local region."""


def require_local(config: SingleConfig, environment: Mapping[str, str] | None = None) -> str:
    """Return the instance name of the local region, or refuse.

    Raises:
        NotLocalError: no local region started this engine, or the cluster is neither on loopback nor the
            named one.
    """
    where = os.environ if environment is None else environment
    instance = where.get(INSTANCE_VARIABLE, "")
    if not instance:
        raise NotLocalError(
            "the aifactory stand-in for the kubernetes plugin only serves local regions",
            why=f"{INSTANCE_VARIABLE} is not set, so no local region started this engine",
            fix="install the official plugin (`pulumi plugin install resource kubernetes`), or use `aifactory local up`",
        )
    if is_loopback(config.cluster.server) or config.context_name == where.get(CONTEXT_VARIABLE):
        return instance
    raise NotLocalError(
        f"the aifactory stand-in for the kubernetes plugin refuses {config.cluster.server}",
        why=f"it is not on this machine, and its context {config.context_name!r} is not the one named for the region",
        fix=f"install the official plugin, or name the context: make up KUBE_CONTEXT={config.context_name}",
    )


def is_loopback(server: str) -> bool:
    """Whether a server's URL is on this machine; of host names only ``localhost`` is taken for it."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

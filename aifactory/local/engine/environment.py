"""The environment variables that make any `pulumi` use the private home."""

import os
import shlex
from collections.abc import Mapping
from typing import Final

from aifactory.local.engine.types import Engine
from aifactory.local.paths import Instance

INSTANCE_VARIABLE: Final = "AIFACTORY_LOCAL_INSTANCE"
"""Name of the local region; stand-ins refuse to work without it."""

CONTEXT_VARIABLE: Final = "AIFACTORY_KUBE_CONTEXT"
"""Context of a cluster that was there already and may be used though it is not on loopback."""

UNWANTED: Final = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "PULUMI_STACK")
"""Variables of a user's own shell that would win over those of `variables`: another passphrase, another
backend, another stack."""

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "grpc_proxy", "all_proxy", "ALL_PROXY")


def variables(instance: Instance, base: Mapping[str, str], *, kube_context: str | None = None) -> dict[str, str]:
    """Return what has to be set on top of `base` for the engine of `instance`.

    Args:
        instance: the local region.
        base: the environment that the result will be laid over.
        kube_context: context of a cluster that is not on this machine; None for the region's own.
    """
    found = {
        INSTANCE_VARIABLE: instance.name,
        "PULUMI_HOME": str(instance.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{instance.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(instance.passphrase_file),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "KUBECONFIG": str(instance.kubeconfig),
        "PATH": os.pathsep.join([str(instance.pulumi_home / "bin"), *filter(None, [base.get("PATH")])]),
    }
    if kube_context is not None:
        found[CONTEXT_VARIABLE] = kube_context
    if any(base.get(name) for name in _PROXIES):
        # Engine and plugins speak on loopback, and Python's gRPC would go through the proxy even there.
        for name in ("NO_PROXY", "no_proxy"):
            found[name] = ",".join([*filter(None, [base.get(name)]), "127.0.0.1", "localhost"])
    return found


def process_environment(engine: Engine, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a process that runs the CLI.

    Every ``PULUMI_*`` of the caller is left out: a passphrase or an access token of the user's own would win
    over the instance's file, and debugging switches may write secrets to disk.
    """
    inherited = os.environ if base is None else base
    return {name: value for name, value in inherited.items() if not name.startswith("PULUMI_")} | dict(engine.environment)


def shell_exports(engine: Engine) -> str:
    """Return lines for ``eval "$(aifactory local env)"``; paths and names only, no secret value."""
    lines = [f"unset {name}" for name in UNWANTED]
    for name, value in sorted(engine.environment.items()):
        if name == "PATH":
            # The shell's own PATH, as it will be when the line is read.
            lines.append(f"export PATH={shlex.quote(str(engine.bin))}:$PATH")
        else:
            lines.append(f"export {name}={shlex.quote(value)}")
    return "\n".join(lines)

"""Which Pulumi plugins a program needs, by the SDKs in its environment that it uses.

The official host reports every SDK that is installed, used or not, and the engine then fetches the plugin of
each (pulumi/pulumi#5787): on-premises users would fetch the plugins of clouds that they do not have. Here an
SDK counts when the program's project declares it, or a module that the program imports needs it, extras only
where they are asked for. Erring on the side of too few is safe: the engine finds the plugin of whatever is
registered at that time, by the version that the SDK sends along.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from packaging.requirements import Requirement

from aifactory.local.plugins.language.declared import Declared
from aifactory.local.plugins.language.environment import Distribution, Environment
from aifactory.local.plugins.language.imported import imported_modules


@dataclass(frozen=True, slots=True)
class Parameterization:
    """A package made by a parameter of a plugin: its own name, version and the parameter's value."""

    name: str
    version: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Plugin:
    """A resource plugin that a program needs.

    Attributes:
        name: of the plugin, such as ``kubernetes``.
        version: exactly that which the SDK was made for.
        server: where to fetch it; empty for Pulumi's own place.
        parameterization, extension: see pulumirpc.PackageDependency; None for an ordinary plugin.
    """

    name: str
    version: str
    server: str = ""
    parameterization: Parameterization | None = None
    extension: Parameterization | None = None


def roots(environment: Environment, declared: Declared, entry: Path) -> list[Requirement]:
    """Return what a program needs directly: what it declares, and the distributions that it imports from."""
    imported = environment.providing(imported_modules(entry))
    return [*declared.requirements, *(Requirement(item.name) for item in imported)]


def required_plugins(environment: Environment, declared: Declared, entry: Path) -> list[Plugin]:
    """Return the plugins of the SDKs that the program uses, by name."""
    used = environment.closure(roots(environment, declared, entry))
    return sorted(_plugins(used), key=lambda plugin: (plugin.name, plugin.version))


def _plugins(distributions: Iterable[Distribution]) -> Iterable[Plugin]:
    for item in distributions:
        # "resource": false marks an SDK without a plugin, such as pulumi-policy.
        if item.plugin is not None and item.plugin.get("resource", True):
            yield plugin_of(item, item.plugin)


def plugin_of(item: Distribution, content: Mapping[str, Any]) -> Plugin:
    """Return the plugin that an SDK's pulumi-plugin.json names; what it leaves out follows from the SDK."""
    name = content.get("name") or item.name.lower().replace("_", "-").removeprefix("pulumi-")
    return Plugin(
        name=str(name),
        version=str(content.get("version") or item.version),
        server=str(content.get("server") or ""),
        parameterization=_parameterization(content.get("parameterization")),
        extension=_parameterization(content.get("extensionParameterization")),
    )


def _parameterization(content: object) -> Parameterization | None:
    if not isinstance(content, Mapping):
        return None
    fields = cast("Mapping[str, Any]", content)
    try:
        # Go writes bytes as base64.
        value = base64.b64decode(str(fields.get("value") or ""), validate=True)
    except binascii.Error:
        return None
    return Parameterization(str(fields.get("name", "")), str(fields.get("version", "")), value)

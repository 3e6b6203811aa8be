"""Say, as JSON on standard output, what is installed in the interpreter that runs this file.

This file stands alone, like `runner`: it is executed by path in the program's own interpreter. It imports
nothing of what it finds, and reads the file lists of distributions as text, since parsing them takes seconds
for a cloud SDK with tens of thousands of files.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sys
from typing import Any, cast

PLUGIN_FILE = "pulumi-plugin.json"


def probe() -> dict[str, Any]:
    """Return the marker values (PEP 508) and the distributions of this interpreter."""
    seen: dict[str, dict[str, Any]] = {}
    for found in importlib.metadata.distributions():
        name = found.metadata["Name"]
        # The first one on the path is the one that an import finds.
        if name and canonical(name) not in seen:
            seen[canonical(name)] = describe(found, name)
    return {"markers": markers(), "distributions": list(seen.values())}


def canonical(name: str) -> str:
    """Return the normal form of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def describe(found: importlib.metadata.Distribution, name: str) -> dict[str, Any]:
    """Return name, version, requirements, top-level modules and pulumi-plugin.json of one distribution."""
    requires = found.requires or []
    modules = top_level(found, name)
    is_sdk = any(re.match(r"pulumi\b(?!-)", requirement) for requirement in requires)
    return {
        "name": name,
        "version": found.version,
        "requires": requires,
        "modules": modules,
        "plugin": plugin_file(found, modules) if is_sdk else None,
    }


def top_level(found: importlib.metadata.Distribution, name: str) -> list[str]:
    """Return the modules that a distribution brings; by its name where it does not say (editable installs)."""
    listed = (found.read_text("top_level.txt") or "").split()
    if not listed:
        record = (found.read_text("RECORD") or "").splitlines()
        listed = sorted(filter(None, {module_of(line) for line in record}))
    return listed or [canonical(name).replace("-", "_")]


def module_of(line: str) -> str | None:
    """Return the top-level module that a line of RECORD belongs to; None for metadata and scripts."""
    path = line.split(",", 1)[0].strip('"')
    first, separator, _ = path.partition("/")
    if separator:
        return first if first.isidentifier() and first != "__pycache__" else None
    return first[:-3] if first.endswith(".py") and first[:-3].isidentifier() else None


def plugin_file(found: importlib.metadata.Distribution, modules: list[str]) -> dict[str, Any] | None:
    """Return the pulumi-plugin.json of an SDK; None when it has none that can be read."""
    for module in modules:
        for directory in directories(found, module):
            path = os.path.join(directory, PLUGIN_FILE)  # noqa: PTH118
            try:
                with open(path, encoding="utf-8") as file:  # noqa: PTH123
                    content = json.load(file)
            except (OSError, ValueError):
                continue
            return cast("dict[str, Any]", content) if isinstance(content, dict) else None
    return None


def directories(found: importlib.metadata.Distribution, module: str) -> list[str]:
    """Return where a module's files may lie: beside the metadata, or where an editable install points."""
    places = [str(found.locate_file(module))]
    if not os.path.isdir(places[0]):  # noqa: PTH112
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            spec = None
        places += list(spec.submodule_search_locations or []) if spec else []
    return places


def markers() -> dict[str, str]:
    """Return the environment markers of PEP 508 for this interpreter."""
    version = sys.implementation.version
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{version.major}.{version.minor}.{version.micro}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


if __name__ == "__main__":
    json.dump(probe(), sys.stdout)

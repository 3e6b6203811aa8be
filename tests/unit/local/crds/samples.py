"""Definitions, Go modules and a go command for tests: small, and made on the spot."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

import yaml


def definition(
    group: str, kind: str, *, plural: str | None = None, scope: str = "Namespaced", versions: tuple[str, ...] = ("v1",)
) -> dict[str, Any]:
    plural = plural or f"{kind.lower()}s"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "plural": plural},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[-1],
                    "schema": {"openAPIV3Schema": {"type": "object", "description": f"{kind} {version}"}},
                }
                for version in versions
            ],
        },
    }


def write_yaml(path: Path, *documents: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(documents))
    return path


def fake_go(directory: Path, answers: list[dict[str, str]], *, status: int = 0, stderr: str = "") -> Path:
    """Write a `go` that prints these answers one after the other, as `go mod download -json` does, and records its call."""
    directory.mkdir(parents=True, exist_ok=True)
    printed = "\n".join(json.dumps(answer, indent="\t") for answer in answers)
    script = f"""#!{sys.executable}
import json, os, sys
call = {{"arguments": sys.argv[1:], "cwd": os.listdir(".")}}
call |= {{name: os.environ.get(name) for name in ("GOFLAGS", "GOWORK")}}
open({str(directory / "call.json")!r}, "w").write(json.dumps(call))
sys.stdout.write({printed!r})
sys.stderr.write({stderr!r})
sys.exit({status})
"""
    go = directory / "go"
    go.write_text(script)
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    return go

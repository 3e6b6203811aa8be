"""Objects that bundles of tests are made of; little, and such as operators' makers write."""

from pathlib import Path
from typing import Any

import yaml

from aifactory.bundles import Contents, write_bundle

SOURCES = {"chart": "a chart of the test", "crds": "definitions of the test", "manifests": "objects of the test"}


def crd(plural: str = "things", group: str = "test.dev", **fields: str) -> dict[str, Any]:
    """Return a definition whose spec has these fields, each a type."""
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"plural": plural, "singular": plural[:-1], "kind": plural[:-1].title()},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def thing(kind: str, name: str, namespace: str | None = None, api_version: str = "v1", **rest: Any) -> dict[str, Any]:
    """Return an object of any kind."""
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name} | place} | rest


def deployment(name: str, namespace: str, image: str = "registry.test/it:v1") -> dict[str, Any]:
    pod = {"containers": [{"name": "it", "image": image}]}
    labels = {"app": name}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return thing("Deployment", name, namespace, "apps/v1", spec=spec)


def chart(directory: Path, name: str = "kueue", version: str = "0.19.2") -> Path:
    """Write a chart with one object."""
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": name, "version": version}))
    (directory / "templates" / "it.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it}\n")
    return directory


def bundle(directory: Path, operator: str = "kueue", version: str = "0.19.2", **parts: Any) -> Path:
    """Write a bundle and return its place."""
    made_of = Contents(**{"sources": SOURCES, **{key: tuple(v) if isinstance(v, list) else v for key, v in parts.items()}})
    return write_bundle(directory, operator, version, made_of)[0]

"""Charts: their values, merged; and what a rendered chart holds."""

import hashlib
from pathlib import Path
from typing import Any, cast

import yaml

from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import ASSET_SIGNATURE, Asset, Properties
from aifactory.local.plugins.kubernetes.helm import HelmError
from aifactory.local.plugins.kubernetes.objects import Object, kind_of, text


def resource_names(manifest: str) -> dict[str, list[str]]:
    """Return the objects of a rendered chart: ``Deployment.apps/apps/v1`` -> sorted ``namespace/name``."""
    found: dict[str, set[str]] = {}
    for document in cast("Any", yaml).safe_load_all(manifest):
        thing = cast("Object", document) if isinstance(document, dict) else {}
        kind = kind_of(thing)
        if kind is not None:
            group = f"{kind.name}.{kind.group}" if kind.group else kind.name
            namespace, name = text(thing, "metadata", "namespace"), text(thing, "metadata", "name")
            full = f"{namespace}/{name}" if namespace else name
            found.setdefault(f"{group}/{kind.api_version}", set()).add(full)
    return {key: sorted(names) for key, names in sorted(found.items())}


def checksum_of(manifest: str) -> str:
    """Return the checksum by which a change inside a chart shows as a difference."""
    return hashlib.sha256(manifest.encode()).hexdigest()


def with_value_files(given: Properties) -> Properties:
    """Merge ``valueYamlFiles`` into ``values``, which win."""
    files = given.pop("valueYamlFiles", None)
    if not isinstance(files, list):
        return given
    merged: Object = {}
    for file in cast("list[Any]", files):
        merged = _merge(merged, _read_values(file))
    values = given.get("values")
    given["values"] = _merge(merged, cast("Object", values)) if isinstance(values, dict) else (values or merged)
    return given


def _read_values(file: Any) -> Object:  # noqa: ANN401
    asset = codec.reveal(file)
    if not isinstance(asset, Asset) or asset.signature != ASSET_SIGNATURE:
        raise HelmError("valueYamlFiles of a Release holds something that is no file asset")
    contents = asset.fields.get("text")
    if not isinstance(contents, str):
        path = Path(str(asset.fields.get("path", "")))
        try:
            contents = path.read_text()
        except OSError as error:
            raise HelmError(f"value file {path} cannot be read: {error.strerror}") from error
    values: object = yaml.safe_load(contents) or {}
    if not isinstance(values, dict):
        raise HelmError("a file of valueYamlFiles is no YAML map")
    return cast("Object", values)


def _merge(base: Object, over: Object) -> Object:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merge(cast("Object", below), cast("Object", value))
        else:
            merged[key] = value
    return merged

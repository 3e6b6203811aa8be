"""The components of a region as CycloneDX 1.6."""

import json
from typing import Any, Final

from aifactory.evidence.case import Case
from aifactory.evidence.components import Component, components_of
from aifactory.evidence.redact import clean
from aifactory.evidence.report import TOOL, uuid_of

PREFIX: Final = "aifactory:"
_TYPES: Final = {"operator": "application", "image": "container", "model": "machine-learning-model"}


def render(case: Case) -> str:
    """Return the list of components as a JSON document."""
    return json.dumps(clean(document(case)), indent=2, ensure_ascii=False) + "\n"


def document(case: Case) -> dict[str, Any]:
    """Return the list as plain values."""
    found = components_of(case)
    root = f"{case.factory.name}/{case.region}"
    serial = uuid_of("cyclonedx", root, case.on.isoformat(), *(f"{one.name}:{one.version}" for one in found))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": case.provenance.time or f"{case.on.isoformat()}T00:00:00Z",
            "tools": {"components": [{"type": "application", "name": TOOL, "version": case.report.version}]},
            "component": {
                "type": "platform",
                "bom-ref": root,
                "name": root,
                "properties": _properties({"simulated": "true" if case.region in case.report.simulated else None}),
            },
        },
        "components": [_component(one, case) for one in found],
        "dependencies": [{"ref": root, "dependsOn": [_ref(one) for one in found]}],
    }


def _ref(one: Component) -> str:
    return f"{one.kind}:{one.name}{f':{one.version}' if one.version else ''}"


def _component(one: Component, case: Case) -> dict[str, Any]:
    written: dict[str, Any] = {"type": _TYPES[one.kind], "bom-ref": _ref(one), "name": one.name}
    if one.version:
        written["version"] = one.version
    organization = case.world.organizations.get(one.supplier or "")
    if organization:
        address: dict[str, Any] = {"address": {"country": one.country}} if one.country else {}
        written["supplier"] = {"name": organization.name} | address
    licence = one.image_licence or one.licence
    if licence:
        written["licenses"] = [{"expression": licence}]
    if one.digest:
        written["hashes"] = [{"alg": "SHA-256", "content": one.digest}]
    written["properties"] = _properties(
        {
            "declared": "true" if one.declared else "false",
            "pinned": None if one.kind != "image" else "true" if one.digest else "false",
            "source-licence": one.licence if one.image_licence else None,
            "read-from": one.source,
            "used-by": ", ".join(one.of) or None,
        }
    )
    return written


def _properties(values: dict[str, str | None]) -> list[dict[str, str]]:
    return [{"name": f"{PREFIX}{key}", "value": value} for key, value in values.items() if value is not None]

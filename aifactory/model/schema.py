"""The JSON schema of factory.yaml, for editors."""

import json
from typing import Any

from aifactory.catalog import accelerators, releases
from aifactory.model.factory import FactorySpec


def factory_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of factory.yaml, with the names that the catalog knows."""
    schema = FactorySpec.model_json_schema()
    # They stand in a file of their own; an editor that offered them here would mislead.
    schema["properties"].pop("waivers", None)
    definitions = schema["$defs"]
    definitions.pop("WaiverSpec", None)
    definitions["RegionSpec"]["properties"]["operators"]["propertyNames"] = {"enum": sorted(releases())}
    definitions["GpuPoolSpec"]["properties"]["accelerator"]["enum"] = sorted(accelerators())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(factory_schema(), indent=2) + "\n"

"""The components as a Pulumi plugin: what TypeScript, Go, C#, Java and YAML programs see of them."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

import aifactory
from tests.unit.test_components import ARGS, outputs_of

FILE = Path(__file__).parents[2] / "components" / "__main__.py"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema that the plugin gives out."""
    spec = importlib.util.spec_from_file_location("components_plugin", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    provider = ComponentProvider(components=module.COMPONENTS, name="aifactory", version=aifactory.__version__)
    return json.loads(provider.schema)


class TestSchema:
    """Prevents a component that Python programs can use and no other language sees, or sees without its args."""

    def test_every_component_is_in_it(self, schema: dict[str, Any]) -> None:
        names = {token.rpartition(":")[2] for token in schema["resources"]}
        assert names == {block.__name__ for block in ARGS} | {"Region"}

    @pytest.mark.parametrize("block", ARGS, ids=lambda block: block.__name__)
    def test_args_and_outputs_are_those_of_the_class(self, schema: dict[str, Any], block: type) -> None:
        resource = schema["resources"][f"aifactory:index:{block.__name__}"]
        args = getattr(aifactory, f"{block.__name__}Args")
        assert {camel(name) for name in args.__annotations__} == set(resource["inputProperties"])
        assert {camel(name) for name in outputs_of(block)} == set(resource["properties"])
        required = {camel(name) for name in args.__required_keys__}
        assert required == set(resource.get("requiredInputs", ()))

    def test_every_type_that_is_referred_to_is_there(self, schema: dict[str, Any]) -> None:
        text = json.dumps(schema)
        referred = {part.split('"')[0] for part in text.split("#/types/")[1:]}
        assert referred == set(schema["types"])

    def test_outputs_are_described(self, schema: dict[str, Any]) -> None:
        bare = [
            f"{token}.{name}"
            for token, resource in schema["resources"].items()
            for name, content in resource["properties"].items()
            if not content.get("description")
        ]
        assert not bare


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)

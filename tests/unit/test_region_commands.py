"""`aifactory region` and `aifactory schema`: what a person types to add a region."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from aifactory.cli import app
from tests.unit.factories import factory_text, factory_values

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    (tmp_path / "factory.yaml").write_text(factory_text())
    return tmp_path


def call(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


class TestRegionAdd:
    """Prevents a region whose stack has to be written by hand, and written differently each time."""

    def test_it_derives_the_settings_and_says_what_comes_next(self, stacks: Path) -> None:
        code, text = call("region", "add", "here", "-f", stacks / "factory.yaml")
        assert code == 0
        assert "derived from" in text
        assert "aifactory local up --region here" in text
        assert yaml.safe_load((stacks / "Pulumi.here.yaml").read_text())["config"]["aifactory:region"] == "here"

    def test_again_it_changes_nothing(self, stacks: Path) -> None:
        call("region", "add", "here", "-f", stacks / "factory.yaml")
        before = (stacks / "Pulumi.here.yaml").stat().st_mtime_ns
        code, text = call("region", "add", "here", "-f", stacks / "factory.yaml", "--format", "json")
        assert (code, json.loads(text)["changed"]) == (0, False)
        assert (stacks / "Pulumi.here.yaml").stat().st_mtime_ns == before

    def test_a_region_that_is_not_there_is_refused_and_nothing_is_written(self, stacks: Path) -> None:
        code, text = call("region", "add", "hre", "-f", stacks / "factory.yaml")
        assert code == 2
        assert "use here" in text
        assert [path.name for path in stacks.iterdir()] == ["factory.yaml"]

    def test_like_writes_a_copy_of_a_region_that_loads(self, stacks: Path) -> None:
        code, _ = call("region", "add", "there", "--like", "here", "-f", stacks / "factory.yaml")
        assert code == 0
        regions = yaml.safe_load((stacks / "factory.yaml").read_text())["regions"]
        assert regions["there"] == regions["here"]
        assert (stacks / "Pulumi.there.yaml").exists()

    def test_a_cloud_region_is_told_how_to_make_its_stack(self, tmp_path: Path) -> None:
        values = factory_values(
            site={"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
            cluster={"kind": "existing", "context": "lab"},
            access={"kind": "runner"},
            state={"backend": "s3://state-eu", "secrets_provider": "awskms://alias/eu"},
        )
        (tmp_path / "factory.yaml").write_text(yaml.safe_dump(values))
        _, text = call("region", "add", "here", "-f", tmp_path / "factory.yaml")
        assert "pulumi login s3://state-eu && pulumi stack init here --secrets-provider 'awskms://alias/eu'" in text


class TestRegionList:
    """Prevents a region whose settings went missing or stale from being found only when it is brought up."""

    def test_missing_then_agreeing_then_disagreeing(self, stacks: Path) -> None:
        factory = stacks / "factory.yaml"
        assert call("region", "list", "-f", factory)[0] == 1
        call("region", "add", "here", "-f", factory)
        assert call("region", "list", "-f", factory) == (0, "here: local here (DE), settings agrees\n")
        factory.write_text(factory.read_text().replace("name: demo", "name: other"))
        code, text = call("region", "list", "-f", factory, "--format", "json")
        assert (code, json.loads(text)[0]["settings"]) == (1, "disagrees")


class TestSchema:
    """Prevents an editor that marks a right file as wrong, or is silent about a wrong one."""

    def test_the_shipped_schema_is_the_models(self) -> None:
        code, text = call("schema")
        assert code == 0
        shipped = ROOT / "stacks" / "factory.schema.json"
        assert text == shipped.read_text(), "run: aifactory schema -o stacks/factory.schema.json"

    def test_it_is_a_schema_and_takes_the_shipped_factory(self) -> None:
        schema = json.loads(call("schema")[1])
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(yaml.safe_load((ROOT / "stacks" / "factory.yaml").read_text()), schema)

    @pytest.mark.parametrize(
        "region",
        [
            {"databases": {"billing": {"namespace": "data", "instnces": 3}}},
            {"operators": {"cert-manger": {"install": "adopt"}}},
            {"gpu_pools": {"a": {"accelerator": "h100", "nodes": 1, "gpus_per_node": 8}}},
            {"state": None},
        ],
    )
    def test_it_refuses_what_the_model_refuses(self, region: dict) -> None:
        schema = json.loads(call("schema")[1])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(factory_values(**region), schema)

    def test_every_field_has_a_meaning(self) -> None:
        schema = json.loads(call("schema")[1])
        bare = [
            f"{name}.{field}"
            for name, definition in schema["$defs"].items()
            for field, content in definition.get("properties", {}).items()
            if len(content.get("description", "")) < 10
        ]
        assert not bare

    def test_the_shipped_factory_names_it_for_editors(self) -> None:
        first = (ROOT / "stacks" / "factory.yaml").read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=./factory.schema.json"

    def test_it_can_be_written_to_a_file(self, tmp_path: Path) -> None:
        assert call("schema", "-o", tmp_path / "s.json")[0] == 0
        assert (tmp_path / "s.json").read_text() == call("schema")[1]

"""The region: blocks in the right order, on the right cluster, all of one owner."""

from pathlib import Path

import pulumi
import pytest
import yaml

from aifactory import Region, SpecError
from aifactory.catalog import releases
from aifactory.model.facts import PlaceFacts, RegionFacts, load_facts, write_facts
from tests.unit.factories import factory_text, factory_values
from tests.unit.pulumi_program import Ran, run


def up(directory: Path, *, preview: bool = False, **region: object) -> Ran:
    file = directory / "factory.yaml"
    file.write_text(factory_text(**region))

    def program() -> dict[str, pulumi.Output]:
        made = Region("here", {"factory_file": str(file)})
        return {"endpoints": made.endpoints, "databases": made.databases, "namespaces": made.namespaces}

    return run(program, preview=preview)


class TestComposition:
    """Prevents a region whose parts are on another cluster, out of order, or without an owner."""

    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    def test_outputs_name_every_endpoint_and_database(self, tmp_path: Path, preview: bool) -> None:
        assert up(tmp_path, preview=preview).outputs == {
            "endpoints": {"assistant": "https://assistant.ai.test.internal/v1"},
            "databases": {"billing": "billing-rw.data.svc"},
            "namespaces": ["ai", "data"],
        }

    def test_every_object_is_made_by_the_regions_own_provider(self, tmp_path: Path) -> None:
        ran = up(tmp_path)
        provider = ran.one("pulumi:providers:kubernetes")
        objects = [r for r in ran.registered if r.type.startswith("kubernetes:")]
        assert objects
        assert all(r.provider.startswith(provider.urn) for r in objects)

    def test_every_object_belongs_to_the_factory_and_region(self, tmp_path: Path) -> None:
        objects = [r for r in up(tmp_path).registered if r.type.startswith("kubernetes:")]
        owners = {r.inputs["metadata"]["annotations"]["aifactory.dev/owner"] for r in objects}
        assert owners == {"demo/here/here-guardrails", "demo/here/billing", "demo/here/assistant"}

    def test_guardrails_stand_before_what_they_guard(self, tmp_path: Path) -> None:
        ran = up(tmp_path)
        guards = {r.urn for r in ran.registered if "here-guardrails" in r.name and r.type.startswith("kubernetes:")}
        for resource in (ran.one(":Cluster"), ran.one(":Deployment", "assistant")):
            assert guards & set(resource.depends_on) or resource.parent in {r.urn for r in ran.registered if r.depends_on}

    def test_no_two_resources_have_one_name(self, tmp_path: Path) -> None:
        urns = [r.urn for r in up(tmp_path).registered]
        assert len(urns) == len(set(urns))

    def test_a_region_without_models_and_databases_comes_up(self, tmp_path: Path) -> None:
        ran = up(tmp_path, models={}, databases={}, operators={}, gateway=None)
        assert ran.outputs == {"endpoints": {}, "databases": {}, "namespaces": ["ai", "data"]}

    def test_two_models_and_two_databases_stand_beside_each_other(self, tmp_path: Path) -> None:
        model = {"namespace": "ai", "source": "pvc://weights/x"}
        ran = up(
            tmp_path, models={"a": model, "b": model}, databases={"x": {"namespace": "data"}, "y": {"namespace": "data"}}
        )
        assert set(ran.outputs["endpoints"]) == {"a", "b"}
        assert set(ran.outputs["databases"]) == {"x", "y"}


class TestFacts:
    """Prevents regions that know of each other only by hearsay, and a preview that claims to have made something."""

    def tell(self, directory: Path, *, preview: bool) -> Path:
        file = directory / "factory.yaml"
        file.write_text(factory_text())
        args = {"factory_file": str(file), "facts_directory": str(directory / "facts")}
        run(lambda: {"x": Region("here", args).endpoints}, preview=preview)
        return directory / "facts"

    def test_an_up_writes_what_others_need(self, tmp_path: Path) -> None:
        facts = load_facts(self.tell(tmp_path, preview=False), "here")
        assert facts.databases["billing"].host == "billing-rw.data.svc"
        assert facts.models["assistant"].url == "https://assistant.ai.test.internal/v1"
        assert facts.simulated is True
        assert facts.operators["cloudnative-pg"] == "1.30.0"

    def test_a_preview_writes_nothing(self, tmp_path: Path) -> None:
        assert not self.tell(tmp_path, preview=True).exists()


class TestUpgrades:
    """Prevents a jump that nobody has read to be safe from happening in the middle of an up."""

    def make(self, directory: Path, installed: str) -> None:
        values = factory_values(
            site={"provider": "on-prem", "location": "x", "country": "DE", "operator": "self"},
            cluster={"kind": "existing", "context": "lab"},
            access={"kind": "runner"},
            state={"backend": "s3://b", "secrets_provider": "passphrase"},
            operators={
                "cloudnative-pg": {"install": "helm"},
                "llm-d": {"install": "adopt"},
                "cert-manager": {"install": "adopt"},
            },
        )
        (directory / "factory.yaml").write_text(yaml.safe_dump(values))
        facts = RegionFacts(
            factory="demo", region="here", simulated=False, profiles=("none",), databases={}, models={},
            site=PlaceFacts(provider="on-prem", location="x", country="DE", operator="self"),
            operators={"cloudnative-pg": installed},
        )  # fmt: skip
        write_facts(directory / "facts", facts)
        args = {"factory_file": str(directory / "factory.yaml"), "facts_directory": str(directory / "facts")}
        run(lambda: {"x": Region("here", args).endpoints}, preview=True)

    def test_a_downgrade_is_refused_before_anything_is_made(self, tmp_path: Path) -> None:
        with pytest.raises(pulumi.RunError, match=r"regions\.here\.operators: 1 problem, nothing was created"):
            self.make(tmp_path, "99.0.0")

    def test_the_version_that_is_there_goes_on(self, tmp_path: Path) -> None:
        self.make(tmp_path, releases()["cloudnative-pg"].version)


class TestRefusals:
    """Prevents a wrong file from making half a region."""

    def test_a_wrong_file_registers_no_object(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="nothing was created"):
            up(tmp_path, databases={"b": {"namespace": "nowhere"}})

    def test_a_stack_that_says_something_else_is_refused_before_anything_is_made(self, tmp_path: Path) -> None:
        file = tmp_path / "factory.yaml"
        file.write_text(factory_text())
        (tmp_path / "Pulumi.here.yaml").write_text("config: {'aifactory:region': there}\n")
        args = {"factory_file": str(file), "settings_directory": str(tmp_path)}
        with pytest.raises(pulumi.RunError, match="aifactory region add here"):
            run(lambda: {"x": Region("here", args).endpoints})

    def test_a_stack_of_another_name_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "factory.yaml").write_text(factory_text())
        with pytest.raises(SpecError, match="no such region"):
            run(lambda: {"x": Region("x", {"factory_file": str(tmp_path / "factory.yaml"), "region": "there"}).endpoints})

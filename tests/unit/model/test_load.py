"""factory.yaml: what is right loads, what is wrong is said, all of it at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aifactory.errors import SpecError
from aifactory.model import ClusterSpec, DatabaseSpec, load_factory, parse_factory, validate
from tests.unit.factories import factory, factory_text, factory_values

STACKS = Path(__file__).parents[3] / "stacks"


def problems(**region: Any) -> dict[str, Any]:
    """Return the problems of a factory by place."""
    with pytest.raises(SpecError) as caught:
        factory(**region)
    assert caught.value.exit_code == 2
    return {problem.where.removeprefix("regions.here."): problem for problem in caught.value.problems}


class TestWhatIsRight:
    """Prevents rules that refuse what should work, the first being the factory that ships with the project."""

    def test_the_factory_of_this_project_loads(self) -> None:
        loaded = load_factory(STACKS / "factory.yaml")
        assert loaded.regions["local"].is_local

    def test_a_small_factory_loads_with_its_promised_defaults(self) -> None:
        region = factory().region("here")
        billing, model = region.databases["billing"], region.models["assistant"]
        assert (billing.instances, billing.storage_gib, billing.required_standbys, billing.protect) == (3, 20, 1, True)
        assert (model.gpus, model.protect, model.startup_timeout_seconds) == (2, True, 1800)
        assert region.namespaces["data"].gpu_quota == 0
        assert region.namespaces["data"].pod_security.value == "restricted"

    def test_specs_are_frozen(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            factory().region("here").databases["billing"].instances = 1


class TestAllAtOnce:
    """Prevents mending one error after another, each time with a new run."""

    def test_problems_of_all_parts_are_listed_with_line_value_rule_and_nearest(self) -> None:
        text = factory_text(
            site={"provider": "locl", "location": "x", "country": "UK!", "operator": "self"},
            gpu_pools={"h100": {"accelerator": "h100-sxm-80gb", "nodes": 0, "gpus_per_node": 8}},
            databases={"billing": {"namespace": "data", "instnces": 3}},
        )
        with pytest.raises(SpecError) as caught:
            parse_factory(text, source="my.yaml")
        found = {problem.where: problem for problem in caught.value.problems}
        provider = found["regions.here.site.provider"]
        assert (provider.value, provider.nearest) == ("locl", "local")
        assert text.splitlines()[(provider.line or 0) - 1].strip() == "provider: locl"
        assert found["regions.here.gpu_pools.h100.nodes"].nearest == "1"
        assert found["regions.here.databases.billing.instnces"].nearest == "instances"
        assert "regions.here.site.country" in found
        assert str(caught.value).startswith("my.yaml: 4 problems, nothing was created\n")

    def test_a_wrong_name_of_a_pool_and_a_wrong_field_are_both_listed(self) -> None:
        found = problems(gpu_pools={"Bad_Name": {"accelerator": "x", "nodes": 1, "gpus_per_node": 1, "extra": 1}})
        assert {"gpu_pools.Bad_Name", "gpu_pools.Bad_Name.extra"} <= set(found)

    def test_a_missing_field_says_what_it_is_for(self) -> None:
        assert "Sovereignty profiles" in problems(profiles=None)["profiles"].rule


class TestReferences:
    """Prevents names that point at nothing, and sums that cannot fit, from reaching the engine."""

    @pytest.mark.parametrize(
        ("region", "place", "words", "nearest"),
        [
            ({"profiles": ["nome"]}, "profiles[0]", "an unknown profile denies", "none"),
            ({"databases": {"b": {"namespace": "dta"}}}, "databases.b.namespace", "no guardrails", "data"),
            (
                {"databases": {"b": {"namespace": "data", "clients": ["aii"]}}},
                "databases.b.clients[0]",
                "no such namespace",
                "ai",
            ),
            (
                {"gpu_pools": {"a": {"accelerator": "h100-sxm-80", "nodes": 1, "gpus_per_node": 8}}},
                "gpu_pools.a.accelerator",
                "no such accelerator",
                "h100-sxm-80gb",
            ),
            (
                {"models": {"m": {"namespace": "ai", "source": "pvc://w/m", "gpus_per_replica": 16}}},
                "models.m.gpus_per_replica",
                "no replica would ever be placed",
                "8",
            ),
            (
                {"models": {"m": {"namespace": "ai", "source": "pvc://w/m", "pool": "h10"}}},
                "models.m.pool",
                "no such GPU pool",
                "h100",
            ),
            (
                {"models": {"m": {"namespace": "ai", "source": "pvc://w/m", "replicas": 5}}},
                "namespaces.ai.gpu_quota",
                "m 5 = 5 GPUs, so some would stay pending",
                "5",
            ),
            (
                {"namespaces": {"ai": {"gpu_quota": 17}, "data": {}}},
                "namespaces",
                "the pools have 16",
                "quotas that sum to 16",
            ),
            ({"gateway": None}, "gateway", "by TLS", "gateway:"),
            ({"operators": {}}, "operators", "say who installs it", ""),
        ],
    )
    def test_each_is_refused_at_its_place(self, region: dict[str, Any], place: str, words: str, nearest: str) -> None:
        found = problems(**region)
        assert place in found, found
        assert words in found[place].rule or place == "operators"
        assert nearest in found[place].nearest

    def test_a_model_must_name_its_pool_when_there_are_two(self) -> None:
        pool = {"accelerator": "l40s-48gb", "nodes": 1, "gpus_per_node": 4}
        assert problems(gpu_pools={"a": pool, "b": pool})["models.assistant.pool"].nearest == "a or b"

    def test_an_unknown_operator_names_the_near_one(self) -> None:
        operators = {name: {"install": "adopt"} for name in ("cloudnative-pg", "llm-d", "cert-manager", "certmanager")}
        assert problems(operators=operators)["operators.certmanager"].nearest == "cert-manager"

    def test_an_unknown_region_names_the_near_one(self) -> None:
        with pytest.raises(SpecError, match="use here"):
            factory().region("hree")


class TestRulesOfOneSpec:
    """Prevents combinations that start and then fail: writes that stop with one instance, clusters by accident."""

    @pytest.mark.parametrize(
        ("instances", "standbys", "fine"),
        [(3, 1, True), (3, 2, False), (2, 1, False), (2, 0, True), (5, 3, True), (1, 0, True)],
    )
    def test_synchronous_standbys_leave_one_to_spare(self, instances: int, standbys: int, fine: bool) -> None:
        values = {"namespace": "data", "instances": instances, "synchronous_standbys": standbys}
        if fine:
            assert validate(DatabaseSpec, values, "x").required_standbys == standbys
        else:
            with pytest.raises(SpecError, match="one failed instance would stop all writes"):
                validate(DatabaseSpec, values, "x")

    def test_two_instances_do_not_wait_for_their_only_standby(self) -> None:
        assert validate(DatabaseSpec, {"namespace": "data", "instances": 2}, "x").required_standbys == 0

    def test_an_existing_cluster_needs_its_context(self) -> None:
        with pytest.raises(SpecError, match="wherever kubectl points"):
            validate(ClusterSpec, {"kind": "existing"}, "x")

    def test_a_local_cluster_takes_no_context(self) -> None:
        with pytest.raises(SpecError, match="use kind `existing`"):
            validate(ClusterSpec, {"kind": "local", "context": "x"}, "x")

    def test_simulated_parts_stay_on_a_local_site(self) -> None:
        site = {"provider": "on-prem", "location": "x", "country": "DE", "operator": "self"}
        assert any("simulated" in p.rule for p in problems(site=site).values())

    @pytest.mark.parametrize(
        "source",
        [
            "hf://meta/llama",
            "oci://ghcr.io/x:latest",
            "oci://ghcr.io/x@sha256:abc",
            "pvc://",
            "pvc://UP/x",
            "pvc://w/../etc",
            "pvc://w/$(x)",
            "s3://b",
        ],
    )
    def test_sources_that_can_change_or_lie_outside_are_refused(self, source: str) -> None:
        found = problems(models={"m": {"namespace": "ai", "source": source}})
        assert "without a trace" in found["models.m.source"].rule

    def test_a_claim_is_only_made_for_a_claim(self) -> None:
        source = f"oci://registry.internal/m@sha256:{'0' * 64}"
        found = problems(models={"m": {"namespace": "ai", "source": source, "claim_gib": 5}})
        assert "claim_gib" in found["models.m"].rule


class TestSecretsAndFiles:
    """Prevents a secret that stands in the wrong place from being printed, and tracebacks for files that are not there."""

    @pytest.mark.parametrize("key", ["password", "api_token", "client_secret", "private_key"])
    def test_values_of_fields_that_sound_secret_are_not_shown(self, key: str) -> None:
        found = problems(databases={"b": {"namespace": "data", key: "hunter2"}})
        assert found[f"databases.b.{key}"].value == "[hidden]"
        assert not any("hunter2" in str(problem) for problem in found.values())

    def test_long_values_are_cut(self) -> None:
        assert len(problems(profiles="x" * 500)["profiles"].value) < 70

    def test_files_that_cannot_be_read_are_problems(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="is not there"):
            load_factory(tmp_path / "none.yaml")
        (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
        with pytest.raises(SpecError, match="is not UTF-8"):
            load_factory(tmp_path / "latin.yaml")
        with pytest.raises(SpecError, match="cannot be read"):
            load_factory(tmp_path)


leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["local", "adopt", "pvc://w"])
)
trees = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


class TestAnything:
    """Prevents tracebacks: whatever stands in a file, the answer is a factory or a list of problems."""

    @given(st.sampled_from(sorted(factory_values()["regions"]["here"])), trees)
    def test_any_value_in_the_place_of_a_block_is_judged_in_words(self, key: str, value: object) -> None:
        values = factory_values()
        values["regions"]["here"][key] = value
        text = yaml.safe_dump(values, allow_unicode=True)
        try:
            judged = parse_factory(text).name
        except SpecError as error:
            judged = error.problems
        assert judged

    @given(st.text(max_size=60))
    def test_any_text_is_judged_in_words(self, text: str) -> None:
        with pytest.raises(SpecError):
            parse_factory(text)

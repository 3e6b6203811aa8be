"""The table of simulated statuses: data, and all of it tested."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from aifactory.local.crds.sources import table
from aifactory.local.simulate import SimulatedKind, simulated_kinds

KINDS = simulated_kinds()
SAMPLES = Path(__file__).parents[3] / "engine" / "simulated_objects.yaml"


class TestRows:
    """Prevents rows that KWOK would drop in silence, and kinds of which nobody can say what is simulated."""

    @pytest.mark.parametrize("row", KINDS, ids=lambda row: row.name)
    def test_a_row_says_what_it_sets_and_where_that_was_read(self, row: SimulatedKind) -> None:
        assert len(row.sets) > 10
        assert len(row.source) > 10
        assert row.status or row.conditions or row.objects
        assert re.fullmatch(r"([a-z0-9.-]+/)?v\d+((alpha|beta)\d+)?", row.api_version)

    def test_names_are_unique(self) -> None:
        assert [name for name, count in Counter(row.name for row in KINDS).items() if count > 1] == []

    def test_variants_of_a_kind_exclude_each_other_by_a_condition(self) -> None:
        variants: dict[tuple[str, str], list[SimulatedKind]] = {}
        for row in KINDS:
            variants.setdefault((row.api_version, row.kind), []).append(row)
        for rows in variants.values():
            if len(rows) > 1:
                assert all(row.variant and row.when for row in rows)
                assert len({row.when for row in rows}) == len(rows)

    def test_without_a_status_subresource_there_is_a_sign_of_being_settled(self) -> None:
        # Writing such a status raises the generation; the default sign would never hold and KWOK would write for ever.
        for row in KINDS:
            assert row.status_subresource or row.settled, row.name

    def test_conditions_are_either_true_or_false(self) -> None:
        for row in KINDS:
            types = [condition.type for condition in row.conditions]
            assert len(types) == len(set(types)), row.name

    @pytest.mark.parametrize("row", KINDS, ids=lambda row: row.name)
    def test_its_kind_is_one_that_a_region_installs(self, row: SimulatedKind) -> None:
        rows = table()
        provided = {pair for module in rows.modules for pair in module.kinds} - rows.schema_only
        provided |= {(open_kind.group, open_kind.kind) for open_kind in rows.open}
        assert row.group == "" or (row.group, row.kind) in provided

    def test_the_version_of_an_open_kind_is_the_one_simulated(self) -> None:
        versions = {(row.group, row.kind): row.version for row in table().open}
        for row in KINDS:
            if (row.group, row.kind) in versions:
                assert row.api_version == f"{row.group}/{versions[row.group, row.kind]}"

    def test_a_misspelt_key_is_refused(self) -> None:
        known = KINDS[0].model_dump()
        with pytest.raises(ValidationError, match="setles"):
            SimulatedKind.model_validate(known | {"setles": ".status"})


class TestCoverage:
    """Prevents an operator of the design that stays silent on a local region, and a row that no engine test plays."""

    @pytest.mark.parametrize(
        "kind",
        [
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("postgresql.cnpg.io/v1", "Pooler"),
            ("barmancloud.cnpg.io/v1", "ObjectStore"),
            ("gateway.networking.k8s.io/v1", "Gateway"),
            ("gateway.networking.k8s.io/v1", "HTTPRoute"),
            ("inference.networking.k8s.io/v1", "InferencePool"),
            ("llm-d.ai/v1alpha2", "InferenceObjective"),
            ("serving.kserve.io/v1alpha2", "LLMInferenceService"),
            ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"),
            ("keda.sh/v1alpha1", "ScaledObject"),
            ("nvidia.com/v1", "ClusterPolicy"),
            ("kubevirt.io/v1", "VirtualMachine"),
            ("cdi.kubevirt.io/v1beta1", "DataVolume"),
            ("hco.kubevirt.io/v1beta1", "HyperConverged"),
            ("kueue.x-k8s.io/v1beta2", "ClusterQueue"),
            ("cert-manager.io/v1", "Certificate"),
            ("operators.coreos.com/v1alpha1", "Subscription"),
            ("v1", "PersistentVolumeClaim"),
            ("v1", "Service"),
        ],
        ids=lambda kind: kind[1],
    )
    def test_the_design_s_operators_are_there(self, kind: tuple[str, str]) -> None:
        assert kind in {(row.api_version, row.kind) for row in KINDS}

    def test_every_row_has_a_sample_for_the_engine_tests(self) -> None:
        samples = yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))
        assert set(samples) == {row.name for row in KINDS}
        for row in KINDS:
            obj = samples[row.name]["object"]
            assert (obj["apiVersion"], obj["kind"]) == (row.api_version, row.kind)
            assert samples[row.name]["expect"]

    def test_every_key_of_a_row_is_explained(self) -> None:
        text = (files("aifactory.local.simulate") / "operators" / "README.md").read_text(encoding="utf-8")
        keys = set(SimulatedKind.model_fields) - {"operator", "version"}
        assert {key for key in keys if f"`{key}" not in text} == set()

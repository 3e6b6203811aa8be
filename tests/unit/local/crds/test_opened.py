"""Definitions of kinds that no registry has."""

from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local.crds import opened
from aifactory.local.crds.sources import OpenKind, table
from tests.unit.local.reporters import Recorder

from .samples import definition, write_yaml

POLICY = OpenKind(
    operator="GPU operator",
    group="g.test",
    version="v1",
    kind="Policy",
    plural="policies",
    scope="Cluster",
    reference="g.test_policies.yaml",
)
VOLUME = OpenKind(operator="CDI", group="c.test", version="v1beta1", kind="Volume", plural="volumes", status=False)


class TestOpen:
    """Prevents an open definition that loses fields, or has a status subresource where the real one has none."""

    def test_any_field_is_kept(self) -> None:
        made = opened.open_definition(POLICY)
        (version,) = made["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] is True
        assert version["subresources"] == {"status": {}}
        assert made["metadata"]["name"] == "policies.g.test"
        assert made["spec"]["scope"] == "Cluster"

    def test_no_status_subresource_where_the_real_one_has_none(self) -> None:
        assert "subresources" not in opened.open_definition(VOLUME)["spec"]["versions"][0]

    def test_it_says_that_nothing_is_checked(self) -> None:
        schema = opened.open_definition(POLICY)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        assert "nothing is checked" in schema["description"]

    def test_without_a_reference_all_are_open(self, tmp_path: Path) -> None:
        found = opened.collect(tmp_path, [POLICY, VOLUME], None, Recorder())
        assert {(crd.kind, crd.strictness, crd.source) for crd in found} == {
            ("Policy", "open", "aifactory"),
            ("Volume", "open", "aifactory"),
        }


class TestReference:
    """Prevents tests that believe to check strictly and do not: a promised file that is missing must fail."""

    def test_the_strict_definition_takes_the_place_of_the_open_one(self, tmp_path: Path) -> None:
        strict = definition("g.test", "Policy", plural="policies", scope="Cluster")
        write_yaml(tmp_path / "reference" / "crds" / "g.test_policies.yaml", strict)
        found = opened.collect(tmp_path / "cache", [POLICY, VOLUME], tmp_path / "reference", Recorder())
        assert {crd.kind: crd.strictness for crd in found} == {"Policy": "strict", "Volume": "open"}
        (policy,) = [crd for crd in found if crd.kind == "Policy"]
        assert policy.definition() == strict

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "reference" / "crds" / "g.test_policies.yaml"
        seen = []
        for version in ("v1", "v2"):
            write_yaml(path, definition("g.test", "Policy", plural="policies", versions=(version,)))
            (crd,) = opened.collect(tmp_path / "cache", [POLICY], tmp_path / "reference", Recorder())
            seen.append(crd.versions)
        assert seen == [("v1",), ("v2",)]

    def test_a_missing_file_is_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(ToolError, match=r"lacks g\.test_policies\.yaml") as caught:
            opened.collect(tmp_path, [POLICY], tmp_path / "reference", Recorder())
        assert "unset AIFACTORY_REFERENCE" in caught.value.fix

    def test_a_file_of_another_kind_is_a_failure(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "reference" / "crds" / "g.test_policies.yaml", definition("g.test", "Other"))
        with pytest.raises(ToolError, match=r"does not define Policy\.g\.test"):
            opened.collect(tmp_path, [POLICY], tmp_path / "reference", Recorder())


class TestOwnRows:
    """Prevents an open definition that no API server would take, whatever row is added to the table."""

    @pytest.mark.parametrize("row", table().open, ids=lambda row: row.kind)
    def test_every_row_makes_a_whole_definition(self, row: OpenKind) -> None:
        made = opened.open_definition(row)
        names = made["spec"]["names"]
        assert made["metadata"]["name"] == f"{names['plural']}.{row.group}"
        assert names["singular"] == row.kind.lower()
        assert [version["storage"] for version in made["spec"]["versions"]] == [True]

"""The table of definitions' sources: data, and all of it tested."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.local.crds.sources import ModuleSource, Table, table


def row(**changes: Any) -> dict[str, Any]:
    return {
        "operator": "Any",
        "module": "example.test/any",
        "version": "v1.0.0",
        "sum": "h1:" + "A" * 43 + "=",
        "files": ["crds/*.yaml"],
        "provides": {"example.test": ["Thing"]},
    } | changes


def make(**parts: Any) -> Table:
    return Table.model_validate({"modules": [row()], "kubevirt": [], "open": []} | parts)


class TestOwnTable:
    """Prevents a bump that forgets the sum, a kind defined twice, and a kind that the region needs and nobody provides."""

    @pytest.mark.parametrize("module", table().modules, ids=lambda module: module.module)
    def test_every_module_is_pinned(self, module: ModuleSource) -> None:
        assert re.fullmatch(r"v\d+\.\d+\.\d+", module.version)
        assert module.sum.startswith("h1:")
        assert module.files
        assert module.kinds

    def test_no_module_appears_twice(self) -> None:
        modules = [module.module for module in table().modules]
        assert len(modules) == len(set(modules))

    def test_major_versions_are_in_the_module_path(self) -> None:
        for module in table().modules:
            major = int(module.version[1:].partition(".")[0])
            assert major < 2 or module.module.endswith(f"/v{major}"), module.spec

    def test_pinned_versions_are_those_that_the_design_names(self) -> None:
        versions = {module.operator: module.version for module in table().modules}
        assert versions["CloudNativePG"] == "v1.30.0"
        assert versions["KServe"] == "v0.20.0"
        assert versions["Gateway API"] == "v1.5.1"
        assert versions["Kueue"] == "v0.19.2"
        assert versions["KubeVirt"] == "v1.9.0"

    def test_kinds_of_the_llm_router_come_with_kserve(self) -> None:
        kserve = next(module for module in table().modules if module.operator == "KServe")
        assert ("llm-d.ai", "InferenceObjective") in kserve.kinds
        assert ("inference.networking.k8s.io", "InferencePool") not in kserve.kinds

    def test_open_kinds_have_plural_and_version(self) -> None:
        kinds = {(row.group, row.kind): row for row in table().open}
        assert kinds["nvidia.com", "ClusterPolicy"].scope == "Cluster"
        assert kinds["cdi.kubevirt.io", "CDI"].status is False
        for open_kind in kinds.values():
            assert re.fullmatch(r"v\d+((alpha|beta)\d+)?", open_kind.version)
            assert open_kind.plural == open_kind.plural.lower()

    def test_kinds_for_their_schema_only_are_not_provided_too(self) -> None:
        for module in table().modules:
            provided = {(group, kind) for group, kinds in module.provides.items() for kind in kinds}
            left_out = {(group, kind) for group, kinds in module.schema_only.items() for kind in kinds}
            assert provided & left_out == set()
            assert module.kinds == provided | left_out
        assert ("monitoring.coreos.com", "Prometheus") in table().schema_only
        assert ("monitoring.coreos.com", "PodMonitor") not in table().schema_only


class TestRules:
    """Prevents a table that contradicts itself: what it says twice, or without a pin, must not load."""

    def test_a_kind_of_two_modules_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"more than one row: Thing\.example\.test"):
            make(modules=[row(), row(module="example.test/other")])

    def test_a_kind_that_is_open_and_provided_is_refused(self) -> None:
        open_kind = {"operator": "Any", "group": "example.test", "version": "v1", "kind": "Thing", "plural": "things"}
        with pytest.raises(ValidationError, match=r"Thing\.example\.test"):
            make(open=[open_kind])

    def test_kubevirts_two_lists_must_agree(self) -> None:
        with pytest.raises(ValidationError, match="do not name the same"):
            make(modules=[row(form="kubevirt")])

    @pytest.mark.parametrize(
        "change",
        [
            {"sum": "sha256:abc"},
            {"sum": "h1:short"},
            {"version": "1.0.0"},
            {"version": "latest"},
            {"files": []},
            {"oops": 1},
        ],
        ids=str,
    )
    def test_a_row_without_a_real_pin_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            make(modules=[row(**change)])


class TestFingerprint:
    """Prevents a cache that is read for a table it was not made from."""

    def test_it_follows_version_and_kinds(self) -> None:
        plain = make().fingerprint()
        assert make().fingerprint() == plain
        assert make(modules=[row(version="v1.0.1")]).fingerprint() != plain
        assert make(modules=[row(provides={"example.test": ["Other"]})]).fingerprint() != plain

    def test_open_kinds_do_not_cause_a_new_fetch(self) -> None:
        open_kind = {"operator": "Any", "group": "o.test", "version": "v1", "kind": "Open", "plural": "opens"}
        assert make(open=[open_kind]).fingerprint() == make().fingerprint()

"""Operators from bundles as a component: what the engine is told."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from aifactory import SpecError
from aifactory.operators import Operators
from tests.unit.bundles.objects import bundle, chart, crd, deployment, thing
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
OBJECTS = [deployment("manager", "kueue-system", "mirror.test/kueue:v1"), thing("ServiceAccount", "manager", "kueue-system")]

both = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def ran(bundles: Path, operators: dict[str, Any], *, preview: bool = False, seen: Callable[[Operators], None] = id) -> Ran:
    def make() -> dict[str, pulumi.Output[Any]]:
        args: Any = OWNER | {"operators": operators, "bundles": str(bundles)}
        made = Operators("it", args)
        seen(made)
        return {"names": made.names}

    return run(make, preview=preview)


class TestHelm:
    """Prevents a chart before its definitions, and definitions that a careless plan deletes."""

    @both
    def test_definitions_then_the_chart_from_disk(self, tmp_path: Path, preview: bool) -> None:
        place = bundle(tmp_path / "b", chart=chart(tmp_path / "chart"), crds=[crd()])
        found = ran(tmp_path / "b", {"kueue": {"install": "helm"}}, preview=preview)
        release, definition = found.one("helm.sh/v3:Release"), found.one(":CustomResourceDefinition")
        assert release.inputs["chart"] == str(place / "chart")
        assert release.inputs["skipCrds"] is True
        assert not {"repositoryOpts", "version"} & release.inputs.keys()
        assert definition.urn in release.depends_on
        assert (definition.protect, definition.retain, definition.parent_name) == (True, True, "it")

    def test_protection_can_be_given_up(self, tmp_path: Path) -> None:
        bundle(tmp_path / "b", crds=[crd()])
        found = ran(tmp_path / "b", {"kueue": {"install": "helm", "protect": False}})
        definition = found.one(":CustomResourceDefinition")
        assert (definition.protect, definition.retain) == (False, False)

    def test_without_a_bundle_all_is_as_without_bundles(self, tmp_path: Path) -> None:
        found = ran(tmp_path, {"kueue": {"install": "helm"}})
        assert found.one("helm.sh/v3:Release").inputs["chart"].startswith("oci://")
        assert found.of_type(":CustomResourceDefinition") == []

    def test_a_relative_place_stays_relative_in_the_state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bundle(tmp_path / "b", chart=chart(tmp_path / "chart"))
        monkeypatch.chdir(tmp_path)
        assert ran(Path("b"), {"kueue": {"install": "helm"}}).one("v3:Release").inputs["chart"] == "b/kueue-0.19.2/chart"


class TestManifests:
    """Prevents objects of a bundle that come at once or that nobody keeps."""

    @both
    def test_each_group_after_the_one_before(self, tmp_path: Path, preview: bool) -> None:
        bundle(tmp_path, crds=[crd()], manifests=OBJECTS)
        found = ran(tmp_path, {"kueue": {"install": "manifests"}}, preview=preview)
        order = [found.one(f":{kind}") for kind in ("Namespace", "CustomResourceDefinition", "ServiceAccount", "Deployment")]
        for before, after in itertools.pairwise(order):
            assert before.urn in after.depends_on
        assert {(each.protect, each.retain) for each in order} == {(True, True)}

    def test_images_are_those_of_the_manifests(self, tmp_path: Path) -> None:
        bundle(tmp_path, manifests=OBJECTS)
        found: list[Operators] = []
        ran(tmp_path, {"kueue": {"install": "manifests"}}, seen=found.append)
        assert {flow.destination for flow in found[0].flows} == {"mirror.test", "registry.k8s.io"}


class TestFlows:
    """Prevents a flow that is declared though the chart lies at hand."""

    def test_a_bundled_chart_is_not_fetched(self, tmp_path: Path) -> None:
        bundle(tmp_path / "b", "keda", "2.21.0", chart=chart(tmp_path / "chart", "keda"))
        found: list[Operators] = []
        ran(tmp_path / "b", {"keda": {"install": "helm"}}, seen=found.append)
        assert "kedacore.github.io" not in {flow.destination for flow in found[0].flows}
        ran(tmp_path / "none", {"keda": {"install": "helm"}}, seen=found.append)
        assert "kedacore.github.io" in {flow.destination for flow in found[1].flows}


class TestRefusals:
    """Prevents anything from being made of a bundle that is not what it was."""

    def test_broken_bundles_are_told_all_at_once_and_by_whom(self, tmp_path: Path) -> None:
        for operator, version in (("kueue", "0.19.2"), ("keda", "2.21.0")):
            (bundle(tmp_path, operator, version, crds=[crd()]) / "crds.yaml").write_text("changed")
        with pytest.raises(SpecError) as caught:
            ran(tmp_path, {"kueue": {"install": "helm"}, "keda": {"install": "helm"}})
        assert {problem.where for problem in caught.value.problems} == {"kueue: crds.yaml", "keda: crds.yaml"}

"""Two regions that install the same operator in different ways: their blocks' objects are the same."""

from typing import Any

import pytest
import yaml

from aifactory.catalog import releases
from aifactory.errors import SpecError
from aifactory.model import FactorySpec, parse_factory
from aifactory.render.manifest import Manifest
from aifactory.render.region import check_region, gpu_operator_namespace, render_region
from tests.unit.factories import factory_text
from tests.unit.model.test_references import FULL
from tests.unit.status.cluster import REAL

MODES = ("helm", "olm", "manifests", "external")
"""Modes that are compared with `adopt`; external is the one that may leave a block out."""

BLOCKS = {
    "gpu-operator": {"GpuOperator"},
    "kueue": {"Tenancy"},
    "kubevirt": {"VirtualMachinePlatform"},
    "cdi": {"VirtualMachinePlatform"},
}
"""Blocks that are settings of a whole cluster: with the operator external they are somebody else's, and left out."""

REFUSED_EXTERNAL = {"cloudnative-pg", "barman-cloud", "llm-d", "cert-manager"}
"""Operators of whose custom resources databases and models are made."""


def region(**modes: str) -> FactorySpec:
    """Return a factory with every block, all operators adopted but for those that are named; `_` stands for `-`."""
    changed = {key.replace("_", "-"): {"install": mode} for key, mode in modes.items()}
    # With sharing, the GPU block has an object in the operator's own namespace.
    gpu = {"platform": "bare-metal", "sharing": {"mode": "time-slicing", "replicas": 4}}
    values: dict[str, Any] = FULL | REAL | {"gpu_operator": gpu}
    # What an installed operator requires is there.
    besides = {need: {"install": "adopt"} for key in changed for need in required(key) if need not in values["operators"]}
    return parse_factory(factory_text(**values | {"operators": values["operators"] | besides | changed}))


def required(operator: str) -> set[str]:
    release = releases()[operator]
    return {*release.requires, *(release.olm.requires if release.olm else ())}


def blocks(spec: FactorySpec) -> dict[tuple[str, str], tuple[Manifest, ...]]:
    """Return the objects of every block but of the operators themselves."""
    return {
        (block.block, block.name): block.manifests for block in render_region(spec, "here") if block.block != "Operators"
    }


def differences(one: FactorySpec, other: FactorySpec) -> dict[str, set[tuple[Any, ...]]]:
    """Return, by block, the places of objects in which two regions differ, with both values."""
    first, second = blocks(one), blocks(other)
    found: dict[str, set[tuple[Any, ...]]] = {}
    for key in first.keys() | second.keys():
        pairs = flat(list(first.get(key, ()))), flat(list(second.get(key, ())))
        changed = {
            (place.rpartition("/")[2], pairs[0].get(place), pairs[1].get(place))
            for place in pairs[0].keys() | pairs[1].keys()
            if pairs[0].get(place) != pairs[1].get(place)
        }
        if changed:
            found[key[0]] = changed
    return found


def flat(value: Any, place: str = "") -> dict[str, Any]:
    """Return the leaves of a value by their places."""
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, inner in items for key, leaf in flat(inner, f"{place}/{name}").items()}
    return {place: value}


def installable(mode: str) -> list[str]:
    """Return the operators of the full region that can be installed in a mode."""
    found = [name for name in FULL["operators"] if mode in releases()[name].install or mode == "manifests"]
    # Two operators that share a namespace come together: the plugin cannot be installed beside an adopted CloudNativePG
    # into another one, and the other way round it can.
    return sorted(found)


CASES = [(name, mode) for mode in MODES[:-1] for name in installable(mode)]


class TestModes:
    """Prevents blocks that mean one thing on OpenShift and another beside it: who installs an operator changes no object."""

    def test_every_mode_is_compared_for_some_operator(self) -> None:
        assert {mode for _, mode in CASES} == {"helm", "olm", "manifests"}
        assert len(CASES) > len(FULL["operators"])

    @pytest.mark.parametrize(("operator", "mode"), [case for case in CASES if case != ("gpu-operator", "olm")])
    def test_custom_resources_are_the_same(self, operator: str, mode: str) -> None:
        assert differences(region(), region(**{operator.replace("-", "_"): mode})) == {}

    def test_all_at_once_are_the_same(self) -> None:
        modes = {name.replace("-", "_"): "helm" for name in installable("helm")}
        assert differences(region(), region(**modes)) == {}

    def test_the_configuration_of_the_gpu_operator_goes_where_olm_puts_it(self) -> None:
        # Its own documents put OLM's build into nvidia-gpu-operator, and the operator reads ConfigMaps of its own
        # namespace only: nothing else may differ, and only the names of namespaces do.
        found = differences(region(), region(gpu_operator="olm"))
        assert found == {"GpuOperator": {("namespace", "gpu-operator", "nvidia-gpu-operator")}}
        assert gpu_operator_namespace(region(gpu_operator="olm").region("here"), gpu()) == "nvidia-gpu-operator"

    @pytest.mark.parametrize("mode", ["helm", "manifests", "adopt"])
    def test_and_of_all_others_where_they_put_it(self, mode: str) -> None:
        assert gpu_operator_namespace(region(gpu_operator=mode).region("here"), gpu()) == "gpu-operator"

    def test_the_operators_own_objects_are_what_differs(self) -> None:
        def own(spec: FactorySpec) -> list[str]:
            every = [block for block in render_region(spec, "here") if block.block == "Operators"]
            return [manifest["kind"] for block in every for manifest in block.manifests]

        assert own(region()) == []
        assert own(region(kueue="helm")) == ["Namespace"]
        assert own(region(kueue="olm")) == ["Namespace", "OperatorGroup", "Subscription"]


def gpu() -> Any:
    settings = region().region("here").gpu_operator
    assert settings
    return settings


class TestExternal:
    """Prevents custom resources of ours beside somebody else's, and a database that is silently missing."""

    @pytest.mark.parametrize("operator", sorted(BLOCKS))
    def test_settings_of_a_cluster_are_left_out_and_all_else_is_as_before(self, operator: str) -> None:
        ours, theirs = blocks(region()), blocks(region(**{operator.replace("-", "_"): "external"}))
        assert {block for block, _ in ours.keys() - theirs.keys()} == BLOCKS[operator]
        assert {key: ours[key] for key in theirs} == theirs

    @pytest.mark.parametrize("operator", sorted(REFUSED_EXTERNAL))
    def test_what_is_made_of_its_custom_resources_is_refused(self, operator: str) -> None:
        with pytest.raises(SpecError) as caught:
            check_region(region(**{operator.replace("-", "_"): "external"}), "here")
        (problem,) = caught.value.problems
        assert problem.where == f"operators.{operator}.install"
        assert "none of ours" in problem.rule
        assert problem.nearest == "adopt"

    def test_without_a_backup_its_plugin_may_be_anybodys(self) -> None:
        values = yaml.safe_load(factory_text(**FULL | REAL))
        here = values["regions"]["here"]
        here["operators"]["barman-cloud"] = {"install": "external"}
        here["databases"]["billing"].pop("backup")
        check_region(parse_factory(yaml.safe_dump(values)), "here")

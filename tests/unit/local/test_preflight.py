"""Whether a cluster that is there can carry a region."""

import pytest

from aifactory.catalog import releases
from aifactory.errors import PreflightError
from aifactory.local.preflight import OperatorFinding, look_for_gpus, look_for_operators, require
from aifactory.model import InstallMode
from aifactory.status.nodes import NodeFacts
from tests.unit.factories import REGION as VALUES
from tests.unit.factories import factory
from tests.unit.local.answers import api_of, items
from tests.unit.status.cluster import REAL

REGION = factory().region("here")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def crds(*names: str) -> dict[str, object]:
    return {CRDS: items(*({"metadata": {"name": name}} for name in names))}


ALL = [crd for name in REGION.operators for crd in releases()[name].crds]


def gpu_node(name: str, **changed: object) -> NodeFacts:
    values = {
        "pool": "h100",
        "product": "NVIDIA-H100-80GB-HBM3",
        "gpus": 8,
        "gpus_used": 0,
        "ready": True,
        "simulated": False,
    }
    return NodeFacts(name, **(values | changed))  # type: ignore[arg-type]


class TestOperators:
    """Prevents waiting ten minutes for a controller that is not in the cluster."""

    def test_all_there(self) -> None:
        findings = look_for_operators(api_of(crds(*ALL)), REGION)
        assert {finding.name for finding in findings} == set(REGION.operators)
        assert not any(finding.missing for finding in findings)

    def test_what_is_missing_is_named_with_how_it_could_come(self) -> None:
        findings = {f.name: f for f in look_for_operators(api_of(crds(*ALL[1:])), REGION)}
        missing = findings[next(iter(REGION.operators))]
        assert missing.missing == (ALL[0],)
        # No container runs on a local region: nothing could be installed there.
        assert "it needs install mode helm: install it yourself" in str(missing)
        assert ALL[0] in str(missing)

    def test_no_operator_is_proposed_to_be_installed_on_a_local_region(self) -> None:
        assert not any(finding.carried_out for finding in look_for_operators(api_of(crds()), REGION))

    def test_elsewhere_it_is(self) -> None:
        region = factory(**(REAL | {"gpu_operator": None})).region("here")
        found = {finding.name: finding.carried_out for finding in look_for_operators(api_of(crds()), region)}
        assert found == {"cloudnative-pg": True, "llm-d": False, "cert-manager": True}

    def test_a_mode_that_can_be_carried_out_is_named_as_the_word_to_write(self) -> None:
        finding = OperatorFinding("x", InstallMode.ADOPT, ("a.b.c",), "helm", carried_out=True)
        assert str(finding).endswith("say `install: helm`")

    def test_a_mode_that_cannot_be_carried_out_is_left_to_the_clusters_owner(self) -> None:
        finding = OperatorFinding("x", InstallMode.ADOPT, ("a.b.c",), "manifests", carried_out=False)
        assert str(finding).endswith("install it yourself (manifests), then run this again")

    def test_an_operator_that_is_none_of_ours_is_not_looked_for(self) -> None:
        external = {name: {"install": "external"} for name in VALUES["operators"]}
        assert look_for_operators(api_of(crds()), factory(operators=external).region("here")) == []


class TestGpus:
    """Prevents models that stay pending because a pool exists in YAML alone."""

    def test_all_there(self) -> None:
        assert look_for_gpus((gpu_node("a"), gpu_node("b")), REGION) == []

    @pytest.mark.parametrize(
        "second",
        [
            gpu_node("b", pool="other"),
            gpu_node("b", product="NVIDIA-L40S"),
            gpu_node("b", ready=False),
            gpu_node("b", gpus=4),
        ],
        ids=["wrong pool", "wrong product", "not ready", "too few"],
    )
    def test_a_node_that_does_not_fit_does_not_count(self, second: NodeFacts) -> None:
        (missing,) = look_for_gpus((gpu_node("a"), second), REGION)
        assert missing.startswith("GPU pool h100: ")
        assert "of 16 GPUs" in missing


class TestRefusal:
    """Prevents a half-made region on a cluster that lacks something."""

    def test_nothing_missing_is_no_error(self) -> None:
        assert require(look_for_operators(api_of(crds(*ALL)), REGION), [], "cluster lab") is None

    def test_everything_that_is_missing_is_said_at_once(self) -> None:
        with pytest.raises(PreflightError) as caught:
            require(look_for_operators(api_of(crds()), REGION), ["GPU pool h100: 0 of 16 GPUs"], "cluster lab")
        message = str(caught.value)
        assert caught.value.exit_code == 5
        assert all(name in message for name in REGION.operators)
        assert "0 of 16 GPUs" in message

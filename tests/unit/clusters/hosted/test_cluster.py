"""The component: what it tells the engine."""

import base64
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from aifactory.clusters.hosted import (
    HostedAutoscalingArgs,
    HostedCluster,
    HostedClusterArgs,
    HostedPoolArgs,
    HostedStorageClassArgs,
    HostedTaintArgs,
)
from aifactory.errors import DeniedError, SpecError
from aifactory.model.hosted import (
    HostedAutoscalingSpec,
    HostedPoolSpec,
    HostedSpec,
    HostedStorageClassSpec,
    HostedTaintSpec,
)
from aifactory.owner import OwnerArgs
from tests.unit import pulumi_program
from tests.unit.clusters.hosted.examples import HOSTS, MACHINES, OWNER
from tests.unit.pulumi_program import SECRET, Ran, run

KUBECONFIG = "canary-kubeconfig"
SIGNATURE = "4dabf18193072939515e22adb298388d"
BOTH = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


class Management:
    """The management cluster: gives a uid and a status to what is made, and the operator's Secret to who reads it."""

    def __init__(self) -> None:
        self.read: list[mocks.MockResourceArgs] = []
        self.status: dict[str, Any] | None = {"kubeconfig": {"name": "lab-admin-kubeconfig"}}
        self.data: dict[str, str] = {"kubeconfig": base64.b64encode(KUBECONFIG.encode()).decode()}

    def answer(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        given = dict(args.inputs)
        if args.typ == "kubernetes:core/v1:Secret":
            self.read.append(args)
            return str(args.resource_id), given | {"data": self.data}
        if args.typ.endswith("v1beta1:HostedCluster"):
            given |= {"metadata": given["metadata"] | {"uid": "uid-7"}}
            if self.status is None:
                return "", dict(args.inputs)  # as plugins answer a preview of what is not there yet: no id, no status
            given |= {"status": self.status}
        return f"{args.name}-id", given


@pytest.fixture
def management(monkeypatch: pytest.MonkeyPatch) -> Management:
    answers = Management()
    monkeypatch.setattr(pulumi_program._Echo, "new_resource", lambda _self, args: answers.answer(args))
    return answers


def program(args: dict[str, Any]) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = HostedCluster("lab", OWNER | args)  # type: ignore[typeddict-item]
        names = ("identifier", "kubeconfig", "issuer", "storage_classes", "object_stores")
        return {name: getattr(made, name) for name in names}

    return make


def up(args: dict[str, Any] = MACHINES, *, preview: bool = False) -> Ran:
    return run(program(args), preview=preview)


@pytest.mark.usefixtures("management")
class TestHostedCluster:
    """Prevents a cluster wherever kubectl points, one that a plan deletes, and a leaked kubeconfig."""

    @BOTH
    @pytest.mark.parametrize("args", [MACHINES, HOSTS], ids=["machines", "hosts"])
    def test_what_is_made(self, args: dict[str, Any], preview: bool) -> None:
        component, *children = up(args, preview=preview).registered
        assert component.type == "aifactory:index:HostedCluster"
        kinds = [child.type.rpartition(":")[2] for child in children]
        assert sorted(kinds) == ["HostedCluster", "NodePool", "kubernetes", "kubernetes"]
        assert all(child.parent_name == "lab" for child in children)
        assert all(child.name.startswith("lab-") for child in children)

    @BOTH
    def test_every_object_goes_to_the_management_cluster(self, preview: bool) -> None:
        ran = up(preview=preview)
        hub = next(each for each in ran.of_type("providers:kubernetes") if each.name == "lab-management")
        objects = [*ran.of_type(":HostedCluster"), *ran.of_type(":NodePool")]
        placed = [each for each in objects if each.type.startswith("kubernetes:")]
        assert len(placed) == 2
        assert all(each.provider.startswith(hub.urn) for each in placed)

    def test_the_management_cluster_is_named_and_never_the_current_one(self) -> None:
        hub = next(each for each in up().of_type("providers:kubernetes") if each.name == "lab-management")
        assert hub.inputs["context"] == "hub"
        assert hub.inputs["clusterIdentifier"] == "hub-1"
        assert "kubeconfig" not in hub.inputs

    def test_a_given_kubeconfig_of_the_management_cluster_is_a_secret(self) -> None:
        ran = up(MACHINES | {"kubeconfig": "hub-kubeconfig"})
        hub = next(each for each in ran.of_type("providers:kubernetes") if each.name == "lab-management")
        assert hub.inputs["kubeconfig"][SIGNATURE] == SECRET

    @BOTH
    def test_the_cluster_is_protected_and_its_nodes_are_not(self, preview: bool) -> None:
        ran = up(preview=preview)
        assert {each.type.rpartition(":")[2] for each in ran.registered if each.protect} == {"HostedCluster"}
        assert all(each.retain == each.protect for each in ran.registered)

    def test_without_protection_it_can_be_deleted(self) -> None:
        assert not any(each.protect or each.retain for each in up(MACHINES | {"protect": False}).registered)

    def test_nodes_come_after_the_control_plane(self) -> None:
        ran = up()
        cluster = ran.one("v1beta1:HostedCluster")
        assert cluster.urn in ran.one(":NodePool").depends_on

    def test_the_kubeconfig_is_the_operators_and_a_secret(self, management: Management) -> None:
        ran = up()
        (read,) = management.read
        assert read.resource_id == "clusters/lab-admin-kubeconfig"
        assert ran.outputs["kubeconfig"] == KUBECONFIG
        given = next(each for each in ran.of_type("providers:kubernetes") if each.name == "lab-provider")
        assert given.inputs["kubeconfig"][SIGNATURE] == SECRET
        clear = [each for each in ran.registered if each.name != "lab-provider"]
        assert KUBECONFIG not in str([each.inputs for each in clear])

    def test_it_is_read_where_the_status_says(self, management: Management) -> None:
        management.status = {"kubeconfig": {"name": "elsewhere"}}
        up()
        assert management.read[0].resource_id == "clusters/elsewhere"

    def test_a_preview_before_the_cluster_reads_nothing(self, management: Management) -> None:
        """The engine skips a read whose id is unknown."""
        management.status = None
        ran = up(preview=True)
        assert ran.outputs["identifier"] == rpc.UNKNOWN
        assert [args.resource_id for args in management.read] == [rpc.UNKNOWN]

    def test_without_a_name_in_the_status_it_is_the_operators_usual_one(self, management: Management) -> None:
        management.status = {"conditions": []}
        up()
        assert management.read[0].resource_id == "clusters/lab-admin-kubeconfig"

    def test_a_secret_without_a_kubeconfig_is_an_error_in_words(self, management: Management) -> None:
        management.data = {"other": "canary-other"}
        with pytest.raises(pulumi.RunError, match="lab-admin-kubeconfig") as caught:
            up()
        assert "canary" not in str(caught.value)

    def test_a_new_kubeconfig_is_the_same_cluster(self, management: Management) -> None:
        before = up()
        management.data = {"kubeconfig": base64.b64encode(b"rotated").decode()}
        after = up()
        first, second = (
            next(each for each in ran.of_type("providers:kubernetes") if each.name == "lab-provider")
            for ran in (before, after)
        )
        assert first.inputs["clusterIdentifier"] == second.inputs["clusterIdentifier"] == "uid-7"
        assert first.inputs["kubeconfig"] != second.inputs["kubeconfig"]

    def test_outputs(self) -> None:
        handed_on = {"storage_classes": {"fast": {"infra": "ceph", "key": "hall"}, "slow": {"infra": "nfs"}}}
        outputs = up(MACHINES | handed_on).outputs
        assert outputs["identifier"] == "uid-7"
        assert outputs["issuer"] == "https://kubernetes.default.svc"
        assert outputs["storage_classes"]["fast"] == "encrypted with hall"
        assert "not said" in outputs["storage_classes"]["slow"]
        assert outputs["object_stores"] == {}

    def test_changed_settings_do_not_replace_the_object_that_holds_them(self) -> None:
        for provider in up().of_type("providers:kubernetes"):
            assert provider.inputs["enableConfigMapMutable"] == "true"
            assert provider.inputs["enableServerSideApply"] == "true"

    def test_wrong_args_make_nothing(self) -> None:
        with pytest.raises(SpecError, match="release"):
            up(MACHINES | {"release": "quay.io/ocp/release:latest"})

    def test_rules_are_asked_before_the_first_object(self, management: Management) -> None:
        abroad = HOSTS | {"management_country": "US", "profiles": ["eu-gdpr"], "data_class": "records"}
        with pytest.raises(DeniedError):
            up(abroad)
        assert management.read == []


SPECS: list[tuple[Any, Any, set[str]]] = [
    (HostedClusterArgs, HostedSpec, {"kubeconfig"}),
    (HostedPoolArgs, HostedPoolSpec, set()),
    (HostedTaintArgs, HostedTaintSpec, set()),
    (HostedAutoscalingArgs, HostedAutoscalingSpec, set()),
    (HostedStorageClassArgs, HostedStorageClassSpec, set()),
]


class TestDoor:
    """Prevents an arg that the spec does not know, and a field that only factory.yaml can reach."""

    @pytest.mark.parametrize(("args", "spec", "more"), SPECS, ids=lambda value: getattr(value, "__name__", ""))
    def test_args_and_fields_are_the_same(self, args: Any, spec: Any, more: set[str]) -> None:
        assert set(args.__annotations__) - set(OwnerArgs.__annotations__) - more == set(spec.model_fields)

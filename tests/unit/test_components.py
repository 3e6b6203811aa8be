"""What holds for every block, and what each promises by itself."""

import inspect
import re
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

import aifactory
from aifactory import (
    ExistingCluster,
    GpuOperator,
    Guardrails,
    InferenceService,
    Operators,
    Postgres,
    SpecError,
    Tenancy,
    VirtualMachine,
    VirtualMachinePlatform,
)
from aifactory.model import (
    BackupSpec,
    ClusterSpec,
    DatabaseSpec,
    DiskSpec,
    DriverSpec,
    GatewaySpec,
    GpuPoolSpec,
    ModelSpec,
    NamespaceSpec,
    ObjectStoreSpec,
    OperatorSpec,
    OperatorsSpec,
    PoolerSpec,
    ReachSpec,
    RegistrySpec,
    SharingSpec,
    SiteSpec,
    TenancySpec,
    TenantSpec,
    VirtualizationSpec,
    VirtualMachineSpec,
)
from aifactory.model.gpu import GpuFleetSpec
from aifactory.model.operators import OlmSpec
from aifactory.owner import OwnerArgs
from aifactory.sovereignty import Flow
from tests.unit.pulumi_program import SECRET, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
GATEWAY = {"class_name": "istio", "issuer": "ca", "domain": "test.internal"}
POOL = {"name": "h100", "accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}
BARE_POOL = {key: value for key, value in POOL.items() if key != "name"}
MODEL: dict[str, Any] = {"namespace": "ai", "source": "pvc://weights/m", "pool": POOL, "gateway": GATEWAY}

ARGS: dict[type[pulumi.ComponentResource], dict[str, Any]] = {
    ExistingCluster: {"context": "lab"},
    Guardrails: {"namespaces": {"ai": {"gpu_quota": 2}}},
    Operators: {
        "operators": {
            "kueue": {"install": "helm", "values": {"controllerManager": {"replicas": 2}}},
            "cert-manager": {"install": "adopt"},
            "node-feature-discovery": {"install": "olm"},
        }
    },
    GpuOperator: {"platform": "simulated", "pools": {"h100": BARE_POOL}},
    Tenancy: {
        "tenants": {"science": {"namespaces": ["ai"], "guaranteed": {"h100": 4}}},
        "pools": {"h100": BARE_POOL},
    },
    Postgres: {
        "namespace": "data",
        "clients": ["ai"],
        "backup": {},
        "store": {"destination": "s3://b/p", "country": "DE", "operator": "self"},
        "pooler": {},
    },
    VirtualMachinePlatform: {"permitted_gpus": {"nvidia.com/GH100_H100_SXM5_80GB": "10DE:2330"}},
    VirtualMachine: {
        "namespace": "legacy",
        "cpu": 2,
        "memory_gib": 8,
        "root": {"size_gib": 40},
        "ports": {"http": 8080},
    },
    InferenceService: MODEL,
}
PROTECTED: dict[type[pulumi.ComponentResource], set[str]] = {
    Operators: {"Namespace", "OperatorGroup", "Release", "Subscription"},
    Postgres: {"Cluster", "ObjectStore"},
    VirtualMachinePlatform: {"CDI", "KubeVirt"},
    VirtualMachine: {"DataVolume", "VirtualMachine"},
}
"""Kinds that a plan may not delete or replace without the words for it."""

each = pytest.mark.parametrize("block", ARGS, ids=lambda block: block.__name__)


def program(block: Any, args: dict[str, Any], **opts: Any) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    """Return a program that makes one block and gives out all its declared outputs."""

    def make() -> dict[str, pulumi.Output[Any]]:
        made = block("it", args, pulumi.ResourceOptions(**opts) if opts else None)
        return {name: getattr(made, name) for name in outputs_of(block)}

    return make


def outputs_of(block: type) -> list[str]:
    return [name for name, hint in block.__annotations__.items() if typing.get_origin(hint) is pulumi.Output]


def strings_of(key: str, value: Any) -> list[str]:
    """Return every string that stands under a key, at any depth."""
    if isinstance(value, dict):
        own = [inner for name, inner in value.items() if name == key and isinstance(inner, str)]
        return own + [found for inner in value.values() for found in strings_of(key, inner)]
    return [found for inner in value for found in strings_of(key, inner)] if isinstance(value, list) else []


class TestEveryBlock:
    """Prevents a block that works alone and breaks another's: names, parents, places and rules are alike in all."""

    @each
    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    def test_it_comes_up_and_every_output_has_a_value(self, block: type, preview: bool) -> None:
        ran = run(program(block, OWNER | ARGS[block]), preview=preview)
        assert ran.outputs
        assert all(value is not None for value in ran.outputs.values())

    @each
    def test_every_resource_is_its_child_and_bears_its_name(self, block: type) -> None:
        ran = run(program(block, OWNER | ARGS[block]))
        component, *children = ran.registered
        assert component.type == f"aifactory:index:{block.__name__}"
        assert children
        assert {child.parent_name for child in children} == {"it"}
        assert all(child.name.startswith("it-") for child in children)

    @each
    def test_without_a_place_it_is_refused_with_the_words_to_write(self, block: type) -> None:
        with pytest.raises(SpecError) as caught:
            run(program(block, ARGS[block]))
        places = {problem.where: problem for problem in caught.value.problems}
        assert '"country": "DE"' in places["site"].nearest
        assert places["profiles"].nearest == '["none"]'
        assert "denial" in places["profiles"].rule

    @each
    def test_an_unknown_profile_is_refused(self, block: type) -> None:
        with pytest.raises(SpecError, match="no such profile"):
            run(program(block, OWNER | {"profiles": ["eu-gdrp"]} | ARGS[block]))

    @each
    def test_a_wrong_country_is_refused(self, block: type) -> None:
        with pytest.raises(SpecError, match="country"):
            run(program(block, OWNER | {"site": SITE | {"country": "Germany"}} | ARGS[block]))

    @each
    def test_a_refusal_is_shown_in_words_and_without_a_traceback(self, block: type) -> None:
        """Pulumi prints a RunError as it is; any other exception comes with the program's stack."""
        with pytest.raises(pulumi.RunError, match="nothing was created"):
            run(program(block, OWNER | ARGS[block] | {"namspace": "x"}))

    @each
    def test_a_misspelt_arg_is_refused_and_named(self, block: type) -> None:
        with pytest.raises(SpecError, match="namspace"):
            run(program(block, OWNER | ARGS[block] | {"namspace": "x"}))

    @each
    def test_numbers_may_come_as_floats_as_the_plugin_host_sends_them(self, block: type) -> None:
        def floats(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: floats(inner) for key, inner in value.items()}
            return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

        as_sent = run(program(block, OWNER | floats(ARGS[block])))
        plain = run(program(block, OWNER | ARGS[block]))
        assert {r.name: r.inputs for r in as_sent.registered} == {r.name: r.inputs for r in plain.registered}

    @each
    def test_it_declares_its_flows_in_plain_values(self, block: Any) -> None:
        declared: list[Flow] = []

        def make() -> dict[str, pulumi.Output[Any]]:
            declared.extend(block("it", OWNER | ARGS[block]).flows)
            return {}

        run(make, preview=True)
        assert all(isinstance(flow, Flow) for flow in declared)
        assert bool(declared) is (block not in {ExistingCluster, Guardrails, Tenancy})

    @each
    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    def test_what_holds_data_is_protected_and_nothing_else_is(self, block: type, preview: bool) -> None:
        ran = run(program(block, OWNER | ARGS[block]), preview=preview)
        protected = {resource.type.rpartition(":")[2] for resource in ran.registered if resource.protect}
        assert protected == PROTECTED.get(block, set())
        assert all(resource.retain == resource.protect for resource in ran.registered)

    @each
    def test_every_image_comes_through_the_registry_that_is_named(self, block: type) -> None:
        registry = {"mirror": "registry.internal:5000", "pull_secret": "pull"}
        ran = run(program(block, OWNER | {"registry": registry} | ARGS[block]))
        manifests = [resource.inputs for resource in ran.registered if "metadata" in resource.inputs]
        images = {image for m in manifests for key in ("image", "imageName") for image in strings_of(key, m)}
        places = {repository for m in manifests for repository in strings_of("repository", m)}
        named = {image for image in images if "/" in image} | places
        assert all(name.startswith("registry.internal:5000/") for name in named), named
        assert bool(named) is (block in {GpuOperator, Postgres, InferenceService})

    @each
    def test_nothing_of_it_is_a_secret_in_clear(self, block: type) -> None:
        """No block is given a secret but ExistingCluster; what the others refer to are names of Secrets."""
        text = str([resource.inputs for resource in run(program(block, OWNER | ARGS[block])).registered])
        assert not re.search(r"(password|token|private_key)['\"]?\s*[:=]\s*['\"]\w", text, re.IGNORECASE)

    @each
    def test_factory_and_region_default_to_project_and_stack(self, block: type) -> None:
        args = {key: value for key, value in OWNER.items() if key in {"site", "profiles"}} | ARGS[block]
        owners = {
            resource.inputs["metadata"]["annotations"]["aifactory.dev/owner"]
            for resource in run(program(block, args)).registered
            if "metadata" in resource.inputs
        }
        assert owners <= {"demo/here/it"}


SPECS: list[tuple[Any, type[BaseModel], set[str]]] = [
    (aifactory.SiteArgs, SiteSpec, set()),
    (aifactory.RegistryArgs, RegistrySpec, set()),
    (aifactory.OperatorsArgs, OperatorsSpec, set()),
    (aifactory.OperatorArgs, OperatorSpec, set()),
    (aifactory.OlmArgs, OlmSpec, set()),
    (aifactory.ReachArgs, ReachSpec, set()),
    (aifactory.GpuOperatorArgs, GpuFleetSpec, set()),
    (aifactory.GpuNodePoolArgs, GpuPoolSpec, set()),
    (aifactory.GpuDriverArgs, DriverSpec, set()),
    (aifactory.GpuSharingArgs, SharingSpec, set()),
    (aifactory.TenancyArgs, TenancySpec, set()),
    (aifactory.TenantArgs, TenantSpec, set()),
    (aifactory.TenancyPoolArgs, GpuPoolSpec, set()),
    (aifactory.PostgresArgs, DatabaseSpec, {"store"}),
    (aifactory.BackupArgs, BackupSpec, set()),
    (aifactory.ObjectStoreArgs, ObjectStoreSpec, set()),
    (aifactory.PoolerArgs, PoolerSpec, set()),
    (aifactory.VirtualMachinePlatformArgs, VirtualizationSpec, set()),
    (aifactory.VirtualMachineArgs, VirtualMachineSpec, set()),
    (aifactory.DiskArgs, DiskSpec, set()),
    (aifactory.InferenceServiceArgs, ModelSpec, {"gateway"}),
    (aifactory.GatewayArgs, GatewaySpec, set()),
    (aifactory.GpuPoolArgs, GpuPoolSpec, {"name"}),
    (aifactory.NamespaceArgs, NamespaceSpec, set()),
    (aifactory.ExistingClusterArgs, ClusterSpec, {"kubeconfig"}),
]


class TestDoorAndSpecAgree:
    """Prevents an arg that the door takes and the spec does not know, or a setting that only factory.yaml can reach."""

    @pytest.mark.parametrize(("args", "spec", "only_args"), SPECS, ids=lambda value: getattr(value, "__name__", ""))
    def test_every_arg_is_a_field(self, args: Any, spec: type[BaseModel], only_args: set[str]) -> None:
        owner = set(OwnerArgs.__annotations__)
        declared = set(args.__annotations__) - only_args - owner
        assert declared <= set(spec.model_fields)

    @pytest.mark.parametrize(("args", "spec"), [(a, s) for a, s, _ in SPECS if s is not GpuPoolSpec], ids=str)
    def test_every_field_is_an_arg(self, args: Any, spec: type[BaseModel]) -> None:
        assert set(spec.model_fields) <= set(args.__annotations__)

    @pytest.mark.parametrize("args", [a for a, _, _ in SPECS], ids=lambda value: value.__name__)
    def test_every_arg_is_described(self, args: Any) -> None:
        source = inspect.getsource(args)
        own = [line for line in source.splitlines() if line.startswith("    ") and ": " in line and '"""' not in line]
        assert source.count('"""') // 2 == len([line for line in own if not line.startswith("     ")]) + 1


class TestInferenceService:
    """Prevents requests that reach replicas which do not answer yet, and weights that go with the model."""

    def test_the_route_waits_for_everything_else(self) -> None:
        ran = run(program(InferenceService, OWNER | MODEL | {"claim_gib": 10}))
        others = {r.urn for r in ran.registered[1:] if not r.type.endswith((":HTTPRoute", ":PersistentVolumeClaim"))}
        assert others <= set(ran.one(":HTTPRoute").depends_on)

    def test_the_claim_is_protected_and_nothing_else_is(self) -> None:
        ran = run(program(InferenceService, OWNER | MODEL | {"claim_gib": 10}))
        assert [r.type.rpartition(":")[2] for r in ran.registered if r.protect] == ["PersistentVolumeClaim"]
        assert ran.one(":PersistentVolumeClaim").retain is True

    def test_outputs(self) -> None:
        outputs = run(program(InferenceService, OWNER | MODEL | {"replicas": 2, "gpus_per_replica": 4})).outputs
        assert outputs == {"url": "https://it.ai.test.internal/v1", "model_name": "it", "gpus": 8}


class TestExistingCluster:
    """Prevents a kubeconfig in clear in the state, and a provider that points wherever kubectl does."""

    def test_the_kubeconfig_is_a_secret(self) -> None:
        ran = run(program(ExistingCluster, OWNER | {"context": "lab", "kubeconfig": "canary-kubeconfig"}))
        given = ran.one("pulumi:providers:kubernetes").inputs["kubeconfig"]
        assert given["4dabf18193072939515e22adb298388d"] == SECRET

    def test_the_provider_knows_context_and_identity(self) -> None:
        provider = run(program(ExistingCluster, OWNER | {"context": "lab"})).one("pulumi:providers:kubernetes")
        assert provider.inputs["context"] == "lab"
        assert provider.inputs["clusterIdentifier"] == "here"

    def test_changed_settings_do_not_replace_the_object_that_holds_them(self) -> None:
        provider = run(program(ExistingCluster, OWNER | {"context": "lab"})).one("pulumi:providers:kubernetes")
        assert provider.inputs["enableConfigMapMutable"] == "true"
        assert provider.inputs["enableSecretMutable"] == "true"

    def test_the_identity_can_be_given(self) -> None:
        args = OWNER | {"context": "lab", "identifier": "rack-7"}
        assert run(program(ExistingCluster, args)).outputs["identifier"] == "rack-7"

    def test_without_a_context_it_is_refused(self) -> None:
        with pytest.raises(SpecError, match="wherever kubectl points"):
            run(program(ExistingCluster, OWNER))

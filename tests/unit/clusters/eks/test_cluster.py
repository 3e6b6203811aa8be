"""EksCluster under mocks: what is told to the engine, in which order, and what comes out."""

import json
import subprocess
import sys
from typing import Any

import pulumi
import pytest

from aifactory.clusters import eks
from aifactory.clusters.eks import EksCluster, EksClusterArgs
from aifactory.errors import SpecError
from aifactory.model import eks as model
from aifactory.model import eks_pools
from aifactory.owner import OwnerArgs
from aifactory.sovereignty import Flow
from tests.unit import pulumi_program
from tests.unit.clusters.eks.programs import ENDPOINT, FULL, ISSUER, OWNER, SITE, SMALL, kind, made, named, program
from tests.unit.pulumi_program import SECRET, Ran

ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/demo-fra"
HELD = {"Bucket", "Cluster", "Key", "LogGroup"}
PAIRS = [
    (EksClusterArgs, model.EksSpec),
    (eks.EksNetworkArgs, model.EksNetworkSpec),
    (eks.EksKeysArgs, model.EksKeysSpec),
    (eks.EksAccessArgs, model.EksAccessSpec),
    (eks.EksIdentityArgs, model.EksIdentitySpec),
    (eks.EksStoreArgs, model.EksStoreSpec),
    (eks.EksPoolArgs, eks_pools.EksPoolSpec),
    (eks.EksCapacityArgs, eks_pools.EksCapacitySpec),
    (eks.EksTaintArgs, eks_pools.EksTaintSpec),
]
STAGES = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


@pytest.fixture(scope="module")
def full() -> Ran:
    return made(FULL)


class TestEveryResource:
    """Prevents a resource outside of the component, in another account, or gone with a careless change."""

    @STAGES
    def test_it_is_a_child_and_bears_the_name(self, preview: bool) -> None:
        component, *children = made(FULL, preview=preview).registered
        assert component.type == "aifactory:index:EksCluster"
        assert {child.parent_name for child in children} == {"it"}
        assert all(child.name.startswith("it-") for child in children)

    @STAGES
    def test_what_holds_data_is_protected_and_retained_and_nothing_else(self, preview: bool) -> None:
        ran = made(FULL, preview=preview)
        assert {kind(r) for r in ran.registered if r.protect} == HELD
        assert all(r.protect for r in ran.registered if kind(r) in HELD)
        assert all(r.retain == r.protect for r in ran.registered)

    def test_protection_can_be_taken_away_in_so_many_words(self) -> None:
        ran = made(SMALL | {"protect": False})
        assert not [r.name for r in ran.registered if r.protect or r.retain]
        assert ran.one(":Cluster").inputs["deletionProtection"] is False

    def test_everything_of_aws_is_made_in_the_account_and_region_of_the_site(self, full: Ran) -> None:
        provider = full.one("pulumi:providers:aws")
        assert provider.inputs["region"] == "eu-central-1"
        assert json.loads(provider.inputs["allowedAccountIds"]) == ["123456789012"]
        assert all(r.provider.startswith(provider.urn) for r in full.registered if r.type.startswith("aws:"))

    def test_numbers_may_come_as_floats_as_the_plugin_host_sends_them(self, full: Ran) -> None:
        def floats(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: floats(inner) for key, inner in value.items()}
            if isinstance(value, list):
                return [floats(inner) for inner in value]
            return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

        assert {r.name: r.inputs for r in made(floats(FULL)).registered} == {r.name: r.inputs for r in full.registered}

    @STAGES
    def test_it_comes_up_where_aws_has_said_nothing_yet(self, preview: bool) -> None:
        outputs = pulumi_program.run(program(OWNER | FULL), preview=preview).outputs
        assert all(value is not None for value in outputs.values())


class TestControlPlane:
    """Prevents a cluster that lets its maker in for ever, forgets what happened, or upgrades itself."""

    def test_everything_is_logged_and_kept_under_a_key_before_eks_makes_the_group_itself(self, full: Ran) -> None:
        cluster, logs = full.one(":Cluster"), full.one(":LogGroup")
        assert cluster.inputs["enabledClusterLogTypes"] == [
            "api",
            "audit",
            "authenticator",
            "controllerManager",
            "scheduler",
        ]
        assert (logs.inputs["name"], logs.inputs["retentionInDays"]) == ("/aws/eks/demo-fra/cluster", 365)
        assert logs.urn in cluster.depends_on

    def test_nobody_is_in_it_but_who_is_named(self, full: Ran) -> None:
        config = full.one(":Cluster").inputs["accessConfig"]
        assert config == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
        science = named(full, "it-access-science-edit").inputs
        assert science["accessScope"] == {"type": "namespace", "namespaces": ["ai"]}
        assert science["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
        assert named(full, "it-access-pipeline-cluster-admin").inputs["accessScope"] == {"type": "cluster"}

    @pytest.mark.parametrize(("extended", "word"), [(True, "EXTENDED"), (False, "STANDARD")])
    def test_a_minor_is_kept_as_long_as_is_said(self, extended: bool, word: str) -> None:
        ran = made(SMALL | {"extended_support": extended})
        assert ran.one(":Cluster").inputs["upgradePolicy"] == {"supportType": word}

    def test_add_ons_that_nodes_need_come_before_and_the_others_after(self, full: Ran) -> None:
        system = named(full, "it-nodes-system-on-demand")
        for early in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
            assert named(full, f"it-addon-{early}").urn in system.depends_on
        for late in ("coredns", "aws-ebs-csi-driver"):
            assert system.urn in named(full, f"it-addon-{late}").depends_on
        assert full.one(":Cluster").inputs["bootstrapSelfManagedAddons"] is False

    def test_the_network_plugin_heeds_network_policies(self, full: Ran) -> None:
        values = json.loads(named(full, "it-addon-vpc-cni").inputs["configurationValues"])
        assert values == {"enableNetworkPolicy": "true"}

    def test_add_ons_act_as_roles_of_their_own(self, full: Ran) -> None:
        for addon, account, role in (
            ("vpc-cni", "aws-node", "vpc-cni"),
            ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "ebs-csi"),
        ):
            (found,) = named(full, f"it-addon-{addon}").inputs["podIdentityAssociations"]
            arn = f"arn:aws:iam::123456789012:role/demo-fra-{role}"
            assert found == {"serviceAccount": account, "roleArn": arn}

    def test_named_public_addresses_alone_reach_a_public_endpoint(self) -> None:
        found = made(SMALL | {"public_cidrs": ["203.0.113.7/32"]}).one(":Cluster").inputs["vpcConfig"]
        assert found["publicAccessCidrs"] == ["203.0.113.7/32"]


class TestOutputs:
    """Prevents a kubeconfig in clear, and a provider for which another kubeconfig is another cluster."""

    def test_outputs(self, full: Ran) -> None:
        assert full.outputs["identifier"] == ARN
        assert full.outputs["issuer"] == ISSUER
        assert full.outputs["storage_classes"] == {
            "encrypted": "encrypted with arn:aws:kms:eu-central-1:123456789012:key/it-key-volumes"
        }
        assert full.outputs["object_stores"]["models"] == {
            "destination": "s3://demo-fra-123456789012-models",
            "key": "arn:aws:kms:eu-central-1:123456789012:key/it-key-stores",
            "role:llm": "arn:aws:iam::123456789012:role/demo-fra-pod-llm",
        }

    @STAGES
    def test_the_kubeconfig_is_a_secret_and_holds_no_credentials(self, preview: bool) -> None:
        ran = made(FULL, preview=preview)
        given = ran.one("pulumi:providers:kubernetes").inputs["kubeconfig"]
        assert given["4dabf18193072939515e22adb298388d"] == SECRET
        config = json.loads(ran.outputs["kubeconfig"])
        assert config["clusters"][0]["cluster"] == {"server": ENDPOINT, "certificate-authority-data": "Q0E="}
        (user,) = config["users"]
        assert set(user["user"]) == {"exec"}
        assert user["user"]["exec"]["args"][2:6] == ["eks", "get-token", "--cluster-name", "demo-fra"]

    def test_the_kubeconfig_output_is_a_secret_too(self) -> None:
        async def is_secret(cluster: EksCluster) -> bool:
            return await cluster.kubeconfig.is_secret()

        def make() -> dict[str, pulumi.Output[Any]]:
            return {"secret": pulumi.Output.from_input(is_secret(EksCluster("it", OWNER | SMALL)))}  # type: ignore[arg-type]

        assert pulumi_program.run(make).outputs == {"secret": True}

    def test_the_provider_knows_the_cluster_by_its_arn(self, full: Ran) -> None:
        provider = full.one("pulumi:providers:kubernetes").inputs
        assert provider["clusterIdentifier"] == ARN
        assert provider["enableServerSideApply"] == "true"
        assert provider["enableSecretMutable"] == "true"

    def test_objects_come_when_somebody_may_make_them_and_there_are_nodes(self, full: Ran) -> None:
        provider = full.one("pulumi:providers:kubernetes")
        assert named(full, "it-access-pipeline-cluster-admin").urn in provider.depends_on
        assert named(full, "it-nodes-system-on-demand").urn in provider.depends_on

    def test_the_storage_class_is_the_default_and_comes_with_its_driver(self, full: Ran) -> None:
        found = full.one(":StorageClass")
        assert found.inputs["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
        assert found.inputs["metadata"]["annotations"]["aifactory.dev/owner"] == "demo/frankfurt/it"
        assert found.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
        assert named(full, "it-addon-aws-ebs-csi-driver").urn in found.depends_on


class TestPartitions:
    """Prevents an ARN of the commercial partition in a place where it names nothing."""

    GIVEN: dict[str, Any] = SMALL | {
        "zones": ["eusc-de-east-1a", "eusc-de-east-1b"],
        "network": {
            "vpc": "vpc-01234567",
            "subnets": {"eusc-de-east-1a": "subnet-01234567", "eusc-de-east-1b": "subnet-01234568"},
        },
        "access": {"me": {"principal": "arn:aws-eusc:iam::123456789012:role/me", "policy": "cluster-admin"}},
    }
    SITE = SITE | {"location": "eusc-de-east-1", "operator": "aws-european-sovereign-cloud"}

    def test_every_arn_is_of_the_sites_partition(self) -> None:
        ran = made(self.GIVEN, site=self.SITE)
        text = str([r.inputs for r in ran.registered if kind(r) != "Key"]) + str(
            [r.inputs["policy"] for r in ran.of_type(":Key")]
        )
        ours = text.replace("arn:aws:kms:eu-central-1", "")  # the mocks' own answer
        assert "arn:aws:" not in ours
        assert "arn:aws-eusc:" in ours
        assert ran.outputs["identifier"] == "arn:aws-eusc:eks:eusc-de-east-1:123456789012:cluster/demo-fra"

    def test_in_china_logs_answer_under_another_domain(self) -> None:
        zones = {"cn-north-1a": "subnet-01234567", "cn-north-1b": "subnet-01234568"}
        args = self.GIVEN | {
            "zones": list(zones),
            "network": {"vpc": "vpc-01234567", "subnets": zones},
            "access": {"me": {"principal": "arn:aws-cn:iam::123456789012:role/me", "policy": "cluster-admin"}},
        }
        site = {"provider": "aws", "location": "cn-north-1", "country": "CN", "operator": "sinnet"}
        policy = named(made(args, site=site), "it-key-logs").inputs["policy"]
        assert "logs.cn-north-1.amazonaws.com.cn" in policy
        assert "arn:aws-cn:iam::123456789012:root" in policy


class TestDoor:
    """Prevents args that the spec does not know, places that AWS does not have, and an SDK that nobody needs."""

    @pytest.mark.parametrize(("args", "spec"), PAIRS, ids=lambda value: value.__name__)
    def test_args_and_fields_are_the_same(self, args: Any, spec: Any) -> None:
        own = set(args.__annotations__) - (set(OwnerArgs.__annotations__) if args is EksClusterArgs else set())
        assert own == set(spec.model_fields)

    def test_a_misspelt_arg_is_refused_in_words(self) -> None:
        with pytest.raises(pulumi.RunError, match="nothing was created"):
            made(SMALL | {"zonse": []})

    @pytest.mark.parametrize(
        ("site", "words"),
        [
            ({"location": "eu-central-9"}, "no known place of AWS"),
            ({"provider": "on-prem"}, "no known place of AWS"),
            ({"location": "us-iso-east-1", "country": "US"}, "nobody has read"),
            ({"location": "eu-west-1", "country": "IE"}, "no zone of eu-west-1"),
            ({"location": "eusc-de-east-1"}, "how endpoint services are named in aws-eusc"),
            ({"location": "eusc-de-east-1"}, "is of partition aws"),
        ],
    )
    def test_a_place_that_does_not_fit_is_refused_before_anything_is_made(self, site: dict[str, str], words: str) -> None:
        with pytest.raises(SpecError, match=words):
            made(SMALL, site=SITE | site)

    def test_it_tells_its_flows(self) -> None:
        found: list[Flow] = []

        def make() -> dict[str, pulumi.Output[Any]]:
            found.extend(EksCluster("it", OWNER | FULL).flows)  # type: ignore[arg-type]
            return {}

        pulumi_program.run(make, preview=True)
        assert {flow.kind.value for flow in found} == {"logs", "key", "storage", "image-pull", "admin"}

    def test_importing_it_imports_no_sdk_of_aws(self) -> None:
        code = "import sys, aifactory.clusters.eks; sys.exit('pulumi_aws' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

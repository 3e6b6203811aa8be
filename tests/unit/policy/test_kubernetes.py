"""Facts of objects of Kubernetes."""

import pytest

from aifactory.catalog.telemetry_switch import telemetry_switches
from aifactory.model import Custody, KeySpec, StorageClassSpec
from aifactory.policy.extract import seen
from aifactory.policy.images import host_of, is_pinned
from aifactory.policy.observation import Setting
from aifactory.sovereignty.fact import Kept, Located, Moved, Place, Pulled, Reported, Sent
from tests.unit.policy.harness import UNKNOWN, fact, facts, resource

DIGEST = "@sha256:" + "a" * 64
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
GERMANY = Setting(place=Place(country="DE"), operator="self")


def pod(**spec):
    return {"spec": {"template": {"spec": spec}}}


def of(sort, kind, setting=None, **properties):
    return [each for each in facts(kind, setting, **properties) if isinstance(each, sort)]


class TestImages:
    """Prevents code from a foreign registry, or without a digest, from coming in by a kind that nobody looked at."""

    @pytest.mark.parametrize(
        ("image", "host"),
        [
            ("nginx", "docker.io"),
            ("library/nginx:1", "docker.io"),
            ("index.docker.io/library/nginx", "docker.io"),
            ("ghcr.io/a/b", "ghcr.io"),
            ("GHCR.io/a/b", "ghcr.io"),
            ("registry.internal:5000/a", "registry.internal:5000"),
            ("user:hunter2@ghcr.io/a", "ghcr.io"),
            ("docker://quay.io/a", "quay.io"),
            ("hunter2:canary 4711/a", None),
        ],
    )
    def test_hosts(self, image, host):
        assert host_of(image) == host

    @pytest.mark.parametrize(("image", "pinned"), [(f"a{DIGEST}", True), ("a@sha256:12", False), ("a:1", False)])
    def test_only_a_whole_digest_pins(self, image, pinned):
        assert is_pinned(image) is pinned

    @pytest.mark.parametrize(
        ("kind", "properties"),
        [
            (DEPLOYMENT, pod(containers=[{"image": "ghcr.io/a:1"}])),
            (DEPLOYMENT, pod(initContainers=[{"image": "ghcr.io/a:1"}])),
            ("kubernetes:core/v1:Pod", {"spec": {"ephemeralContainers": [{"image": "ghcr.io/a:1"}]}}),
            ("kubernetes:core/v1:Pod", {"spec": {"volumes": [{"image": {"reference": "ghcr.io/a:1"}}]}}),
            ("kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": pod(containers=[{"image": "ghcr.io/a:1"}])}}),
            (
                "kubernetes:strange.io/v1:Thing",
                {"spec": {"deep": [{"podSpec": {"containers": [{"image": "ghcr.io/a:1"}]}}]}},
            ),
            ("kubernetes:postgresql.cnpg.io/v1:Cluster", {"spec": {"imageName": "ghcr.io/a:1"}}),
            (
                "kubernetes:kubevirt.io/v1:VirtualMachine",
                {"spec": {"template": {"spec": {"volumes": [{"containerDisk": {"image": "ghcr.io/a:1"}}]}}}},
            ),
            (
                "kubernetes:cdi.kubevirt.io/v1beta1:DataVolume",
                {"spec": {"source": {"registry": {"url": "docker://ghcr.io/a:1"}}}},
            ),
        ],
    )
    def test_every_kind_that_names_one(self, kind, properties):
        found = of(Pulled, kind, **properties)
        assert [(each.host, each.pinned) for each in found] == [("ghcr.io", False)]

    def test_an_unknown_image_is_unknown(self):
        for spec in (pod(containers=[{"image": UNKNOWN}]), pod(containers=UNKNOWN), pod(containers=[UNKNOWN])):
            assert [(each.host, each.pinned) for each in of(Pulled, DEPLOYMENT, **spec)] == [(None, None)]

    def test_names_of_peoples_own_are_not_shown(self):
        properties = {"spec": {"hunter2-canary": {"containers": [{"image": "a"}]}}}
        assert fact(Pulled, "kubernetes:strange.io/v1:Thing", **properties).subject.endswith(
            "/image spec.*.containers[0].image"
        )

    @pytest.mark.parametrize(
        ("properties", "host", "pinned"),
        [
            ({"chart": "a", "repositoryOpts": {"repo": "https://charts.example.net/x"}}, "charts.example.net", None),
            ({"chart": "oci://user:hunter2@ghcr.io/a"}, "ghcr.io", None),
            ({"chart": UNKNOWN}, None, None),
        ],
    )
    def test_charts(self, properties, host, pinned):
        found = fact(Pulled, "kubernetes:helm.sh/v3:Release", **properties)
        assert (found.host, found.pinned) == (host, pinned)


class TestVolumes:
    """Prevents a claim on a class that nobody described from passing for an encrypted volume."""

    SETTING = Setting(
        place=Place(country="DE"),
        storage_classes={"fast": StorageClassSpec(encrypted=True, key="mine"), "default": StorageClassSpec(encrypted=False)},
        keys={"mine": KeySpec(custody=Custody.HSM, country="DE", operator="self")},
    )

    @pytest.mark.parametrize(
        ("claim", "encrypted", "custody"),
        [
            ({"storageClassName": "fast"}, True, Custody.HSM),
            ({}, False, None),
            ({"storageClassName": "other"}, None, None),
            ({"storageClassName": UNKNOWN}, None, None),
        ],
    )
    def test_claims(self, claim, encrypted, custody):
        claim = {"accessModes": ["ReadWriteOnce"], **claim}
        for kind, properties in (
            ("kubernetes:core/v1:PersistentVolumeClaim", {"spec": claim}),
            ("kubernetes:apps/v1:StatefulSet", {"spec": {"volumeClaimTemplates": [{"spec": claim}]}}),
        ):
            found = fact(Kept, kind, self.SETTING, **properties)
            assert (found.encrypted, found.custody) == (encrypted, custody)
            assert fact(Located, kind, self.SETTING, **properties).place.country == "DE"

    def test_databases_name_classes_their_own_way(self):
        spec = {"storage": {"storageClass": "fast"}, "walStorage": {"storageClass": "other"}}
        found = of(Kept, "kubernetes:postgresql.cnpg.io/v1:Cluster", self.SETTING, spec=spec)
        assert [each.encrypted for each in found] == [True, None]

    def test_without_a_cluster_that_anybody_described_the_place_is_unknown(self):
        assert fact(Located, "kubernetes:core/v1:PersistentVolumeClaim", spec={}).place.country is None

    @pytest.mark.parametrize(
        ("properties", "encrypted", "custody"),
        [
            ({"provisioner": "ebs.csi.aws.com"}, None, Custody.PROVIDER),
            ({"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "false"}}, False, None),
            (
                {
                    "provisioner": "ebs.csi.aws.com",
                    "parameters": {"encrypted": "true", "kmsKeyId": "arn:aws:kms:eu-west-1:1:key/a"},
                },
                True,
                Custody.CUSTOMER,
            ),
            ({"provisioner": "disk.csi.azure.com"}, True, Custody.PROVIDER),
            ({"provisioner": "strange.example"}, None, None),
            ({"provisioner": "strange.example", "metadata": {"name": "fast"}}, True, Custody.HSM),
        ],
    )
    def test_storage_classes(self, properties, encrypted, custody):
        found = fact(Kept, "kubernetes:storage.k8s.io/v1:StorageClass", self.SETTING, **properties)
        assert (found.encrypted, found.custody) == (encrypted, custody)


class TestDoors:
    """Prevents a way out of the cluster without encryption, or to nobody knows where."""

    @pytest.mark.parametrize(
        ("spec", "encrypted"),
        [
            ({"type": "LoadBalancer", "ports": [{"port": 80}]}, False),
            ({"type": "NodePort", "ports": [{"port": 1, "name": "http-web"}]}, False),
            ({"type": "LoadBalancer", "ports": [{"port": 443, "name": "https"}]}, None),
            ({"externalIPs": ["203.0.113.7"]}, None),
            ({"type": UNKNOWN}, None),
        ],
    )
    def test_services_that_lead_out(self, spec, encrypted):
        assert fact(Sent, SERVICE, spec=spec).encrypted is encrypted

    def test_services_inside_say_nothing(self):
        assert facts(SERVICE, spec={"ports": [{"port": 80}]}) == []
        assert facts(SERVICE, spec={"type": "ClusterIP", "ports": [{"port": 80}]}) == []

    @pytest.mark.parametrize(
        ("name", "moves"), [("ghcr.io", 1), ("a.b.svc.cluster.local", 0), ("evil.example", 1), (UNKNOWN, 1)]
    )
    def test_names_for_something_outside(self, name, moves):
        found = of(Moved, SERVICE, GERMANY, spec={"type": "ExternalName", "externalName": name})
        assert len(found) == moves
        assert all(each.place.country is None for each in found)

    @pytest.mark.parametrize(
        ("spec", "encrypted"),
        [
            ({"rules": [{"host": "a.example.com"}]}, [False]),
            ({"rules": [{"host": "a.example.com"}], "tls": [{"hosts": ["a.example.com"]}]}, [True]),
            (
                {"rules": [{"host": "a.example.com"}, {"host": "b.org"}], "tls": [{"hosts": ["*.example.com"]}]},
                [True, False],
            ),
            ({"rules": [{}], "tls": [{"hosts": ["a.example.com"]}]}, [False]),
            ({"rules": [{}], "tls": [{"secretName": "x"}]}, [True]),
            ({"rules": [{"host": UNKNOWN}], "tls": [{"hosts": ["a.example.com"]}]}, [None]),
            ({"rules": [{"host": "a.example.com"}], "tls": UNKNOWN}, [None]),
            ({"defaultBackend": {"service": {}}}, [False]),
            (UNKNOWN, [None]),
        ],
    )
    def test_ingresses(self, spec, encrypted):
        assert [each.encrypted for each in of(Sent, INGRESS, spec=spec)] == encrypted

    def test_gateways(self):
        spec = {"listeners": [{"protocol": "HTTPS"}, {"protocol": "HTTP"}, {"protocol": UNKNOWN}]}
        found = of(Sent, "kubernetes:gateway.networking.k8s.io/v1:Gateway", spec=spec)
        assert [each.encrypted for each in found] == [True, False, None]

    @pytest.mark.parametrize(
        ("egress", "opened"),
        [
            ([{"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}, {"podSelector": {}}]}], 0),
            ([{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}], 1),
            ([{"to": [{"ipBlock": {"cidr": "10.0.0.0/7"}}]}], 1),
            ([{}], 1),
            ([{"to": []}], 1),
            ([{"to": [{"ipBlock": {"cidr": UNKNOWN}}]}], 1),
            ([], 0),
        ],
    )
    def test_what_network_policies_open(self, egress, opened):
        kind = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
        found = of(Reported, kind, spec={"policyTypes": ["Egress"], "egress": egress})
        assert [each.declared for each in found] == [False] * opened


class TestPods:
    """Prevents pods from asking for machines abroad, and programs from reporting to their makers."""

    @pytest.mark.parametrize(
        ("spec", "countries"),
        [
            ({"nodeSelector": {"topology.kubernetes.io/region": "us-east-1"}}, ["US"]),
            ({"nodeSelector": {"topology.kubernetes.io/region": "westeurope"}}, ["NL"]),
            ({"nodeSelector": {"disk": "ssd"}}, []),
            ({"nodeSelector": {"topology.kubernetes.io/region": UNKNOWN}}, [None]),
            (
                {
                    "affinity": {
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {
                                        "matchExpressions": [
                                            {
                                                "key": "topology.kubernetes.io/region",
                                                "operator": "In",
                                                "values": ["eu-central-1", "us-east-1"],
                                            }
                                        ]
                                    }
                                ]
                            }
                        }
                    }
                },
                ["DE", "US"],
            ),
        ],
    )
    def test_nodes(self, spec, countries):
        assert [each.place.country for each in of(Located, DEPLOYMENT, **pod(**spec))] == countries

    @pytest.mark.parametrize(
        ("env", "silenced"),
        [
            ({}, False),
            ({"VLLM_NO_USAGE_STATS": "1"}, False),
            ({"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}, True),
            ({"DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "0"}, False),
            ({"DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": UNKNOWN}, None),
        ],
    )
    def test_reporting(self, env, silenced):
        entries = [{"name": name, "value": value} for name, value in env.items()]
        container = {"image": f"mirror.example.com/vllm/vllm-openai{DIGEST}", "env": entries}
        found = fact(Reported, DEPLOYMENT, **pod(containers=[container]))
        assert (found.vendor, found.silenced, found.declared) == (telemetry_switches()["vllm"].maker, silenced, False)

    def test_a_variable_that_stands_there_twice_counts_twice(self):
        entries = [{"name": "RAY_USAGE_STATS_ENABLED", "value": value} for value in ("0", "1")]
        container = {"image": "rayproject/ray:1", "env": entries}
        assert fact(Reported, DEPLOYMENT, **pod(containers=[container])).silenced is False


class TestKnown:
    """Prevents a kind that nobody read from counting as judged."""

    @pytest.mark.parametrize(
        ("kind", "known"),
        [
            (DEPLOYMENT, True),
            ("kubernetes:helm.sh/v3:Release", True),
            ("kubernetes:postgresql.cnpg.io/v1:Cluster", True),
            ("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue", True),
            ("kubernetes:mongodb.com/v1:MongoDB", False),
            ("random:index/randomPassword:RandomPassword", False),
            ("pulumi:pulumi:Stack", True),
            ("aifactory:index:Region", True),
            ("pulumi:providers:random", True),
        ],
    )
    def test_kinds(self, kind, known):
        assert seen(resource(kind), Setting()).known is known

"""What a preflight says of a cluster's operators: from hand-written answers of an API server."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from aifactory.catalog import releases
from aifactory.kube import api as kube_api
from aifactory.kube.api import Api
from aifactory.model import parse_factory
from aifactory.status.preflight import Finding, Level, Preflight, preflight, proposal
from aifactory.status.preflight_command import preflight_command
from tests.unit.factories import factory_text
from tests.unit.status.cluster import REAL, node, obj

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OLM = "operators.coreos.com/v1alpha1"
OURS = "demo/here/here-operators"


BARE: dict[str, Any] = REAL | dict.fromkeys(("databases", "models", "gateway", "gpu_operator"))


def text(**operators: Any) -> str:
    """Return a factory with these operators and nothing that needs one; `_` stands for `-`."""
    found = {
        key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in operators.items()
    }
    return factory_text(**BARE, operators=found)


def deployment(name: str, home: str, image: str, **more: Any) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": [{"name": "manager", "image": image}]}}}
    return obj(name, home, owner="", spec=spec, **more)


def version(name: str, home: str, *owned: str, **more: Any) -> dict[str, Any]:
    """Return a ClusterServiceVersion."""
    spec = {"version": "1.2.0", "customresourcedefinitions": {"owned": [{"name": crd} for crd in owned]}}
    return obj(name, home, owner="", spec=spec, **more)


def subscription(package: str, home: str, csv: str, owner: str = "") -> dict[str, Any]:
    return obj(package, home, owner=owner, spec={"name": package}, status={"installedCSV": csv})


def helm_secret(name: str, home: str, status: str = "deployed", revision: int = 1) -> dict[str, Any]:
    labels = {"owner": "helm", "name": name, "status": status, "version": str(revision)}
    return {"metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": home, "labels": labels}}


def owned_by(*managers: str, path: str = "f:versions") -> list[dict[str, Any]]:
    return [{"manager": one, "operation": "Apply", "fieldsV1": {"f:spec": {path: {}}}} for one in managers]


class Server:
    """An API server that answers from tables; operators in `there` have their definitions in it."""

    def __init__(self, *there: str, olm: bool = False, kubernetes: str = "v1.35.2") -> None:
        self.crds: dict[str, dict[str, Any]] = {crd: {} for name in there for crd in releases()[name].crds}
        self.pending: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.olm, self.kubernetes = olm, kubernetes
        self.objects: dict[str, list[dict[str, Any]]] = {
            "/api/v1/nodes": [node("a"), node("b")],
            "/api/v1/namespaces": [],
            "/api/v1/secrets": [],
            "/apis/apps/v1/deployments": [],
            f"/apis/{OLM}/clusterserviceversions": [],
            f"/apis/{OLM}/subscriptions": [],
        }
        self.refused: dict[str, int] = {}
        self.asked: list[httpx2.Request] = []

    def add(self, collection: str, *objects: dict[str, Any]) -> "Server":
        (path,) = [path for path in self.objects if path.endswith(f"/{collection}")]
        self.objects[path] += objects
        return self

    def api(self) -> Api:
        return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(self.answer)))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        path = request.url.path
        if path in self.refused:
            return httpx2.Response(self.refused[path], json={"message": "it is forbidden"})
        if path == "/version":
            return httpx2.Response(200, json={"gitVersion": self.kubernetes})
        if path == "/apis":
            return httpx2.Response(200, json={"items": self._groups()})
        if path == CRDS:
            metadata = [{"metadata": {"name": crd} | more} for crd, more in self.crds.items()]
            return httpx2.Response(200, json={"items": metadata})
        if path.startswith(CRDS) and (name := path.rpartition("/")[2]) in self.pending:
            condition = {"type": "NamesAccepted", "status": "False", "message": self.pending[name]}
            return httpx2.Response(200, json={"status": {"conditions": [condition]}})
        if path in self.objects and (self.olm or OLM not in path):
            return httpx2.Response(200, json={"items": self.objects[path] or None})
        return httpx2.Response(404, json={"message": "the server could not find the requested resource"})

    def _groups(self) -> list[dict[str, Any]]:
        served = [(crd.partition(".")[2], crd.partition(".")[0]) for crd in self.crds]
        served += [("operators.coreos.com", plural) for plural in ("subscriptions", "clusterserviceversions") if self.olm]
        return [
            {
                "metadata": {"name": group},
                "versions": [
                    {
                        "version": "v1alpha1" if group == "operators.coreos.com" else self.versions.get(group, "v1"),
                        "resources": [{"resource": plural, "responseKind": {"kind": "-"}}],
                    }
                ],
            }
            for group, plural in served
        ]

    def look(self, **operators: Any) -> Preflight:
        return preflight(self.api(), parse_factory(text(**operators)), "here")

    def findings(self, **operators: Any) -> list[Finding]:
        return list(self.look(**operators).findings)


def keda(home: str = "keda", tag: str = "2.21.0", **more: Any) -> dict[str, Any]:
    return deployment("keda-operator", home, f"ghcr.io/kedacore/keda:{tag}", **more)


class TestAdopt:
    """Prevents custom resources that wait for a controller which is not there."""

    def test_one_that_is_there_has_no_findings(self) -> None:
        answer = Server("keda").add("deployments", keda()).look(keda="adopt")
        assert answer.findings == ()
        (report,) = answer.operators
        assert (report.install, report.tested, report.versions) == ("adopt", "2.21.0", ("2.21.0",))
        assert report.present == releases()["keda"].crds
        assert report.found == ("Deployment keda/keda-operator (2.21.0)",)

    def test_a_missing_one_is_named_with_the_words_to_write(self) -> None:
        (finding,) = Server().findings(keda="adopt")
        assert (finding.operator, finding.level) == ("keda", Level.STOP)
        assert all(crd in finding.what for crd in releases()["keda"].crds)
        assert finding.write == "keda: {install: helm}"

    def test_where_olm_is_it_is_what_is_proposed(self) -> None:
        (finding,) = Server(olm=True).findings(kueue="adopt")
        assert finding.write == "kueue: {install: olm}"

    def test_one_that_cannot_be_installed_is_left_to_its_owner(self) -> None:
        (finding,) = Server().findings(prometheus_operator="adopt")
        assert finding.level is Level.STOP
        assert finding.write == ""
        assert "brought by its owner (helm) first" in finding.what

    def test_a_definition_that_is_not_established_says_why(self) -> None:
        server = Server("keda")
        crd = releases()["keda"].crds[0]
        server.crds.pop(crd)
        server.pending[crd] = "its plural is taken"
        found = server.add("deployments", keda()).findings(keda="adopt")
        assert [finding.what for finding in found] == [f"{crd} is not established yet: its plural is taken"]
        assert found[0].level is Level.STOP

    def test_another_version_is_a_note(self) -> None:
        (finding,) = Server("keda").add("deployments", keda(tag="2.17.1")).findings(keda="adopt")
        assert finding.level is Level.NOTE
        assert finding.what.startswith("2.17.1 runs, and 2.21.0 is what is tested")

    def test_definitions_that_nothing_runs_are_a_note(self) -> None:
        (finding,) = Server("keda").findings(keda="adopt")
        assert finding.level is Level.NOTE
        assert "nothing was found that runs it" in finding.what

    def test_where_no_container_can_run_nothing_is_said_of_that(self) -> None:
        server = Server("keda")
        for one in server.objects["/api/v1/nodes"]:
            one["metadata"]["annotations"]["aifactory.dev/simulated"] = "true"
        assert server.findings(keda="adopt") == []

    def test_an_api_version_that_is_not_served_stops(self) -> None:
        server = Server("kueue")
        server.versions["kueue.x-k8s.io"] = "v1beta1"
        server.add("deployments", deployment("kueue", "kueue-system", "registry.k8s.io/kueue/kueue:v0.19.2"))
        tenants = {"science": {"namespaces": ["ai"], "guaranteed": {"h100": 4}}}
        values = factory_text(**BARE, operators={"kueue": {"install": "adopt"}}, tenants=tenants)
        (finding,) = preflight(server.api(), parse_factory(values), "here").findings
        assert finding.level is Level.STOP
        assert "kueue.x-k8s.io/v1beta2 would be made, and the cluster serves kueue.x-k8s.io/v1beta1" in finding.what


class TestProposals:
    """Prevents a proposal that could not be carried out where it is made."""

    def test_on_a_local_region_nothing_is_to_be_installed(self) -> None:
        for release in releases().values():
            assert proposal(release, local=True, olm=True) == ""

    @pytest.mark.parametrize(
        ("name", "olm", "mode"),
        [
            ("keda", False, "helm"),
            ("cloudnative-pg", True, "helm"),
            ("kueue", True, "olm"),
            ("hyperconverged", False, "olm"),
        ],
    )
    def test_elsewhere_what_can_be_carried_out(self, name: str, olm: bool, mode: str) -> None:
        assert proposal(releases()[name], local=False, olm=olm) == mode


class TestInstalls:
    """Prevents a second owner of an operator that somebody else has installed."""

    def test_an_empty_cluster_has_no_findings(self) -> None:
        assert Server(olm=True).findings(keda="helm", kueue="olm", cert_manager="helm") == []

    def test_somebodys_helm_release_stops(self) -> None:
        server = Server("keda").add("secrets", helm_secret("keda", "autoscaling", revision=3))
        (finding,) = server.findings(keda="helm")
        assert finding.level is Level.STOP
        assert "Helm release autoscaling/keda" in finding.what
        assert finding.write == "keda: {install: adopt}"

    def test_our_own_release_does_not(self) -> None:
        server = Server("keda").add("secrets", helm_secret("keda", "keda"), helm_secret("keda", "keda", "superseded", 2))
        notes = {"meta.helm.sh/release-name": "keda", "meta.helm.sh/release-namespace": "keda"}
        server.add("namespaces", obj("keda", owner=OURS)).add("deployments", keda(annotations=notes))
        answer = server.look(keda="helm")
        assert answer.findings == ()
        assert answer.operators[0].found == ("Helm release keda/keda (2.21.0)",)

    def test_several_charts_are_one_installation(self) -> None:
        names = [chart.release_name for chart in releases()["kserve"].charts]
        server = Server("kserve").add("secrets", *(helm_secret(name, "kserve") for name in names))
        pod = {"containers": [{"name": "manager", "image": "docker.io/kserve/llmisvc-controller:v0.20.0"}]}
        notes = {"meta.helm.sh/release-name": names[1], "meta.helm.sh/release-namespace": "kserve"}
        controller = obj(
            "llmisvc-controller-manager", "kserve", owner="", spec={"template": {"spec": pod}}, annotations=notes
        )
        answer = server.add("deployments", controller).look(kserve="adopt")
        assert answer.findings == ()
        assert answer.operators[0].found == ("Helm release kserve/kserve-llmisvc-crd (0.20.0)",)

    def test_one_that_goes_by_another_name_than_its_chart(self) -> None:
        (finding,) = Server("istio").add("secrets", helm_secret("istio-base", "mesh")).findings(istio="helm")
        assert "Helm release mesh/istio-base" in finding.what
        assert Server().add("secrets", helm_secret("base", "mesh")).findings(istio="helm") == []

    def test_that_of_another_region_does(self) -> None:
        server = Server("keda").add("namespaces", obj("keda", owner="demo/there/there-operators"))
        (finding,) = server.add("deployments", keda()).findings(keda="helm")
        assert finding.level is Level.STOP

    def test_one_that_was_uninstalled_is_none(self) -> None:
        assert Server().add("secrets", helm_secret("keda", "keda", "uninstalled")).findings(keda="helm") == []

    def test_somebodys_subscription_stops(self) -> None:
        server = Server("cert-manager", olm=True)
        server.add("subscriptions", subscription("openshift-cert-manager-operator", "ops", "cert-manager-operator.v1.2.0"))
        server.add("clusterserviceversions", version("cert-manager-operator.v1.2.0", "ops"))
        (finding,) = server.findings(cert_manager="olm")
        assert "ClusterServiceVersion ops/cert-manager-operator.v1.2.0 (1.2.0)" in finding.what

    def test_our_own_does_not(self) -> None:
        server = Server("cert-manager", olm=True)
        csv, home = "cert-manager-operator.v1.2.0", "cert-manager-operator"
        server.add("subscriptions", subscription("openshift-cert-manager-operator", home, csv, OURS))
        server.add("clusterserviceversions", version(csv, home, *releases()["cert-manager"].crds))
        assert server.findings(cert_manager="olm") == []

    def test_copies_that_olm_makes_are_no_second_one(self) -> None:
        server = Server("kueue", olm=True)
        server.add("subscriptions", subscription("kueue-operator", "a", "kueue-operator.v1.2.0", OURS))
        copy = version("kueue-operator.v1.2.0", "b", *releases()["kueue"].crds, labels={"olm.copiedFrom": "a"})
        server.add("clusterserviceversions", version("kueue-operator.v1.2.0", "a"), copy)
        assert server.findings(kueue="olm", cert_manager="external") == []

    def test_definitions_that_were_left_are_a_note(self) -> None:
        (finding,) = Server("keda").findings(keda="helm")
        assert finding.level is Level.NOTE
        assert "an earlier install kept them" in finding.what


class TestTwice:
    """Prevents two controllers that undo each other's work."""

    def test_a_release_and_a_version_of_olm(self) -> None:
        server = Server("cert-manager", olm=True).add("secrets", helm_secret("cert-manager", "cert-manager"))
        server.add(
            "clusterserviceversions", version("cert-manager-operator.v1.2.0", "ops", *releases()["cert-manager"].crds)
        )
        (finding,) = server.findings(cert_manager="adopt")
        assert finding.level is Level.STOP
        assert "it is installed 2 times" in finding.what
        assert "Helm release cert-manager/cert-manager" in finding.what
        assert "ClusterServiceVersion ops/cert-manager-operator.v1.2.0" in finding.what

    def test_two_deployments_in_two_namespaces_one_from_a_mirror(self) -> None:
        other = deployment("keda", "autoscaling", "mirror.test:5000/quay/kedacore/keda:2.21.0@sha256:" + "a" * 64)
        found = Server("keda").add("deployments", keda(), other).findings(keda="adopt")
        assert [finding.level for finding in found] == [Level.STOP]
        assert "Deployment keda/keda-operator" in found[0].what
        assert "Deployment autoscaling/keda (2.21.0)" in found[0].what

    def test_a_deployment_of_a_release_is_the_same_installation(self) -> None:
        notes = {"meta.helm.sh/release-name": "keda", "meta.helm.sh/release-namespace": "keda"}
        server = Server("keda").add("secrets", helm_secret("keda", "keda")).add("deployments", keda(annotations=notes))
        assert server.findings(keda="adopt") == []

    def test_a_deployment_of_olm_is_the_same_as_its_version(self) -> None:
        labels = {"olm.owner": "keda.v2.21.0", "olm.owner.namespace": "keda"}
        server = Server("keda", olm=True).add("deployments", keda(labels=labels))
        server.add("clusterserviceversions", version("keda.v2.21.0", "keda", *releases()["keda"].crds))
        assert server.findings(keda="adopt") == []

    def test_what_only_uses_the_operators_image_is_none(self) -> None:
        pooler = deployment("pooler", "data", "ghcr.io/cloudnative-pg/pgbouncer:1.25.1")
        init = {"name": "bootstrap", "image": "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0"}
        pooler["spec"]["template"]["spec"]["initContainers"] = [init]
        own = deployment("cnpg", "cnpg-system", "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0")
        assert Server("cloudnative-pg").add("deployments", own, pooler).findings(cloudnative_pg="adopt") == []

    def test_two_owners_of_a_definition_are_a_note(self) -> None:
        server = Server("keda").add("deployments", keda())
        crd = releases()["keda"].crds[0]
        server.crds[crd] = {"managedFields": owned_by("helm", "kubectl")}
        (finding,) = server.findings(keda="adopt")
        assert finding.level is Level.NOTE
        assert f"{crd} has 2 owners (helm, kubectl)" in finding.what

    def test_whoever_injects_a_certificate_is_no_owner(self) -> None:
        server = Server("keda").add("deployments", keda())
        fields = owned_by("helm") + owned_by("cainjector", path="f:conversion")
        server.crds[releases()["keda"].crds[0]] = {"managedFields": fields}
        assert server.findings(keda="adopt") == []


class TestExternal:
    """Prevents findings about what is none of ours."""

    def test_nothing_is_looked_at(self) -> None:
        server = Server().add("deployments", keda(), keda("other"))
        answer = server.look(keda="external")
        assert answer.findings == ()
        assert (answer.operators[0].present, answer.operators[0].missing, answer.operators[0].found) == ((), (), ())


class TestKubernetes:
    """Prevents an operator on a Kubernetes that it does not support."""

    def test_what_we_install_is_stopped(self) -> None:
        (finding,) = Server(kubernetes="v1.30.4+rke2").findings(keda="helm")
        assert finding.level is Level.STOP
        assert "supports Kubernetes >=1.34 <1.37, and the cluster runs v1.30.4+rke2" in finding.what

    def test_what_is_adopted_is_its_owners_business(self) -> None:
        (finding,) = Server("keda", kubernetes="v1.30.4").add("deployments", keda()).findings(keda="adopt")
        assert finding.level is Level.NOTE

    def test_olms_build_has_a_range_of_its_own(self) -> None:
        assert Server(olm=True, kubernetes="v1.20.0").findings(cert_manager="olm") == []

    def test_a_version_in_the_file_that_the_cluster_does_not_run_is_a_note(self) -> None:
        values = yaml.safe_load(text(keda="external"))
        values["regions"]["here"]["cluster"]["kubernetes"] = "1.34"
        (finding,) = preflight(Server().api(), parse_factory(yaml.safe_dump(values)), "here").findings
        assert (finding.operator, finding.level) == ("", Level.NOTE)
        assert "runs Kubernetes v1.35.2, and factory.yaml says 1.34" in finding.what


class TestRights:
    """Prevents a preflight that needs more rights than it must have, or that reads what it must not."""

    def test_secrets_are_asked_for_by_label_and_as_metadata_only(self) -> None:
        server = Server("keda")
        server.findings(keda="adopt")
        (request,) = [request for request in server.asked if request.url.path.endswith("/secrets")]
        assert request.url.params["labelSelector"] == "owner=helm"
        assert "PartialObjectMetadataList" in request.headers["accept"]

    def test_it_only_reads(self) -> None:
        server = Server("keda", olm=True)
        server.findings(keda="adopt", kueue="helm")
        assert {request.method for request in server.asked} == {"GET"}

    @pytest.mark.parametrize("path", ["/api/v1/secrets", CRDS, "/apis/apps/v1/deployments", "/api/v1/namespaces"])
    def test_what_may_not_be_read_is_said_and_stops_nothing(self, path: str) -> None:
        server = Server("keda").add("deployments", keda())
        server.refused[path] = 403
        found = server.findings(keda="adopt")
        assert [(finding.operator, finding.level) for finding in found] == [("", Level.NOTE)]
        assert f"may not read {path.rpartition('/')[2]}" in found[0].what


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    "clusters": [{"name": "lab", "cluster": {"server": "https://lab.test:6443"}}],
    "users": [{"name": "lab", "user": {"token": "canary-lab"}}],
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what runs the command against a server, with a factory in a file."""
    (tmp_path / "config").write_text(yaml.safe_dump(KUBECONFIG))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    def run(server: Server, file: str, *arguments: str) -> Result:
        (tmp_path / "factory.yaml").write_text(file)
        transport = httpx2.MockTransport(server.answer)
        client = httpx2.Client(base_url="https://lab.test:6443", transport=transport)
        monkeypatch.setattr(kube_api.client_adapter, "Client", lambda *_: client)
        app = typer.Typer()
        app.command("preflight")(preflight_command(lambda name: tmp_path / name))
        return CliRunner().invoke(app, ["--factory", str(tmp_path / "factory.yaml"), *arguments])

    return run


class TestCommand:
    """Prevents a pipeline that goes on over a finding: exit codes are a contract."""

    def test_nothing_found_is_0(self, asked: Any) -> None:
        done = asked(Server("keda").add("deployments", keda()), text(keda="adopt"))
        assert done.exit_code == 0, done.output
        assert "keda: adopt, ok" in done.stdout
        assert "nothing stops an up" in done.stdout

    def test_a_note_is_0_and_is_shown(self, asked: Any) -> None:
        done = asked(Server("keda").add("deployments", keda(tag="2.17.1")), text(keda="adopt"))
        assert done.exit_code == 0
        assert "note: 2.17.1 runs" in done.stdout

    def test_what_stops_is_5_with_the_words_to_write(self, asked: Any) -> None:
        done = asked(Server(), text(keda="adopt"))
        assert done.exit_code == 5
        assert "stop: it is not in the cluster" in done.stdout
        assert "write in factory.yaml, regions.here.operators: keda: {install: helm}" in done.stdout
        assert "1 finding stops an up" in done.stdout

    def test_a_wrong_file_is_2(self, asked: Any) -> None:
        assert asked(Server(), "version: 2\n").exit_code == 2

    def test_whoever_is_not_known_is_3(self, asked: Any) -> None:
        server = Server()
        server.refused["/version"] = 401
        done = asked(server, text(keda="adopt"))
        assert done.exit_code == 3
        assert "canary" not in done.output
        assert "Traceback" not in done.output

    def test_json_has_all_of_it_and_the_same_exit_code(self, asked: Any) -> None:
        done = asked(Server(), text(keda="adopt", kueue="external"), "--format", "json")
        assert done.exit_code == 5
        answer = json.loads(done.stdout)
        assert answer["ok"] is False
        assert answer["findings"][0]["write"] == "keda: {install: helm}"
        assert [(one["name"], one["install"]) for one in answer["operators"]] == [("keda", "adopt"), ("kueue", "external")]

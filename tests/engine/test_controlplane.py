import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from aifactory.errors import ControlPlaneError
from aifactory.local import controlplane, processes
from aifactory.local.controlplane import ControlPlane, PartStatus, ports, supervise
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset

pytestmark = pytest.mark.engine

STAGES = Path(__file__).parent / "stages.yaml"

START = f"""
import sys
from pathlib import Path
from aifactory.local import controlplane, tools
from aifactory.local.paths import Paths
from aifactory.local.progress import PlainReporter
paths, reporter = Paths.default(), PlainReporter()
toolset = tools.ensure(tools.CONTROL_PLANE, paths, reporter)
controlplane.start(paths.instance(sys.argv[1]), toolset, reporter, stage_files=lambda _: [Path({str(STAGES)!r})])
"""

WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.org"},
    "spec": {
        "group": "example.org",
        "names": {"kind": "Widget", "plural": "widgets"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: what other tests put into a control plane costs memory, and parts of its own."""
    return new_instance("plain")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter) -> ControlPlane:
    return controlplane.start(instance, toolset, reporter)


class Cluster:
    """The API server as one user sees it, without any library between."""

    def __init__(self, plane: ControlPlane, client: str | None = "admin") -> None:
        self.port = int(plane.server.rpartition(":")[2])
        self.context = ssl.create_default_context(cafile=str(plane.instance.pki / "ca.crt"))
        if client:
            self.context.load_cert_chain(plane.instance.pki / f"{client}.crt", plane.instance.pki / f"{client}.key")

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.context)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def make(self, path: str, body: object) -> dict[str, Any]:
        status, answer = self.call("POST", path, body)
        assert status == 201, answer
        return answer

    def get(self, path: str) -> dict[str, Any]:
        status, answer = self.call("GET", path)
        assert status == 200, answer
        return answer


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def pids(instance: Instance) -> dict[str, int | None]:
    return {part.name: part.pid for part in controlplane.status(instance)}


def parts_of(instance: Instance) -> list[psutil.Process]:
    """Find the instance's processes by their command lines, so as to believe no record."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(f"{instance.root}/" in word for word in words[1:]):
            found.append(process)
    return found


def nothing_runs(instance: Instance, known_ports: list[int]) -> bool:
    return parts_of(instance) == [] and all(ports.is_free(port) for port in known_ports)


def own_stages(_: Path) -> list[Path]:
    return [STAGES]


@pytest.fixture
def cluster(control_plane: ControlPlane) -> Cluster:
    return Cluster(control_plane)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"cp-{random.randrange(16**6):06x}"
    cluster.make("/api/v1/namespaces", {"metadata": {"name": name}})
    until(lambda: cluster.call("GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")[0] == 200)
    yield name
    cluster.call("DELETE", f"/api/v1/namespaces/{name}")


class TestRunning:
    """Prevents a control plane that is not what production runs: another version, a missing part, open doors."""

    def test_it_is_the_pinned_kubernetes(self, control_plane: ControlPlane, cluster: Cluster) -> None:
        assert control_plane.version.startswith("v1.36.")
        assert cluster.get("/version")["gitVersion"] == control_plane.version

    def test_every_part_is_well_and_says_since_when_and_with_how_much_memory(self, control_plane: ControlPlane) -> None:
        parts = controlplane.status(control_plane.instance)
        assert [part.name for part in parts] == [
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kwok",
        ]
        assert [(part.name, part.reason) for part in parts if not part.healthy] == []
        assert all(part.since is not None and time.time() - part.since < 3600 for part in parts)
        total = sum(part.memory_bytes for part in parts)
        assert 100 << 20 < total < 1500 << 20, "650 MB are usual"
        print({part.name: part.memory_bytes >> 20 for part in parts}, f"{control_plane.ready_seconds:.1f} s")

    def test_nothing_listens_beyond_loopback(self, control_plane: ControlPlane) -> None:
        listening = [
            connection.laddr.ip
            for process in parts_of(control_plane.instance)
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert len(listening) == len(ports.PORTS)
        assert set(listening) == {"127.0.0.1"}

    def test_keys_and_kubeconfig_are_for_their_owner_alone(self, control_plane: ControlPlane) -> None:
        private = [control_plane.kubeconfig, *control_plane.instance.pki.iterdir(), *control_plane.instance.run.iterdir()]
        loose = [str(path) for path in private if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077]
        assert loose == []

    def test_the_kubeconfig_is_complete_in_itself(
        self, control_plane: ControlPlane, toolset: Toolset, tmp_path: Path
    ) -> None:
        moved = tmp_path / "kubeconfig"
        shutil.copy(control_plane.kubeconfig, moved)
        command = [str(toolset.path("kubectl")), f"--kubeconfig={moved}", "auth", "whoami", "-o", "json"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert json.loads(said.stdout)["status"]["userInfo"]["username"] == "aifactory-admin"
        assert yaml.safe_load(moved.read_text())["current-context"] == control_plane.context

    def test_the_client_reaches_it_whatever_proxy_the_environment_names(
        self, control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from lightkube.resources.core_v1 import Namespace

        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        names = [one.metadata.name for one in control_plane.client().list(Namespace) if one.metadata]
        assert "kube-system" in names

    def test_a_second_start_finds_the_first(self, control_plane: ControlPlane, toolset: Toolset, reporter: Reporter) -> None:
        before = pids(control_plane.instance)
        again = controlplane.start(control_plane.instance, toolset, reporter)
        assert again.started == ()
        assert again.server == control_plane.server
        assert pids(control_plane.instance) == before
        assert again.ready_seconds < 5


class TestDoors:
    """Prevents a cluster that lets in whoever knocks: what is tried on it would prove nothing about RBAC or TLS."""

    def test_without_a_certificate_one_learns_nothing(self, control_plane: ControlPlane) -> None:
        status, _ = Cluster(control_plane, client=None).call("GET", "/api/v1/namespaces/default/secrets")
        assert status in {401, 403}

    def test_a_part_may_do_its_own_work_only(self, control_plane: ControlPlane) -> None:
        scheduler = Cluster(control_plane, client="scheduler")
        assert scheduler.call("GET", "/api/v1/nodes")[0] == 200
        assert scheduler.call("GET", "/api/v1/namespaces/default/secrets")[0] == 403

    def test_etcd_opens_to_the_api_server_alone(self, control_plane: ControlPlane) -> None:
        port = next(part.port for part in controlplane.status(control_plane.instance) if part.name == "etcd")
        pki = control_plane.instance.pki
        for client in (None, "admin"):
            context = ssl.create_default_context(cafile=str(pki / "etcd-ca.crt"))
            if client:
                context.load_cert_chain(pki / f"{client}.crt", pki / f"{client}.key")
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
            with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):  # noqa: PT012 -- in TLS 1.3 the
                connection.request("GET", "/readyz")  # refusal of a client comes with the first answer
                connection.getresponse()

    def test_a_certificate_of_another_instance_is_nobody_here(self, control_plane: ControlPlane, tmp_path: Path) -> None:
        from aifactory.local.controlplane import pki

        pki.ensure(tmp_path)
        stranger = Cluster(control_plane, client=None)
        stranger.context.load_cert_chain(tmp_path / "admin.crt", tmp_path / "admin.key")
        assert stranger.call("GET", "/api/v1/namespaces")[0] == 401


class TestAsInProduction:
    """Prevents workloads that come up here and are refused there: admission, quotas, accounts, the scheduler's word."""

    def test_the_default_admission_plugins_are_on(self, cluster: Cluster, namespace: str) -> None:
        pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "example.org/i@sha256:0"}]}}
        made = cluster.make(f"/api/v1/namespaces/{namespace}/pods", pod)
        assert made["spec"]["serviceAccountName"] == "default"  # ServiceAccount
        tolerated = {one["key"] for one in made["spec"]["tolerations"]}
        assert "node.kubernetes.io/not-ready" in tolerated  # DefaultTolerationSeconds
        assert made["spec"]["priority"] == 0  # Priority

    def test_a_quota_is_enforced(self, cluster: Cluster, namespace: str) -> None:
        quota = {"metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "1"}}}
        cluster.make(f"/api/v1/namespaces/{namespace}/resourcequotas", quota)
        path = f"/api/v1/namespaces/{namespace}/resourcequotas/q"
        until(lambda: "used" in cluster.get(path).get("status", {}))
        status, answer = cluster.call(
            "POST", f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "one-too-many"}}
        )
        assert status == 403
        assert "exceeded quota" in answer["message"]

    def test_an_account_s_token_is_what_the_api_server_says_it_is(
        self, control_plane: ControlPlane, cluster: Cluster, namespace: str
    ) -> None:
        made = cluster.make(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
        )
        review = cluster.make(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": made["status"]["token"]}},
        )
        assert review["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:default"

    def test_deleting_a_namespace_takes_what_is_in_it(self, cluster: Cluster, namespace: str) -> None:
        cluster.make(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "c"}})
        cluster.call("DELETE", f"/api/v1/namespaces/{namespace}")
        until(lambda: cluster.call("GET", f"/api/v1/namespaces/{namespace}")[0] == 404, seconds=60)


class TestSecrets:
    """Prevents a secret in clear on the disk: in etcd's files, in a log, in the audit, or on a command line."""

    def test_a_canary_is_found_nowhere(self, control_plane: ControlPlane, cluster: Cluster, namespace: str) -> None:
        canary = f"canary-{random.randrange(16**16):016x}"
        path = f"/api/v1/namespaces/{namespace}/secrets"
        cluster.make(path, {"metadata": {"name": "s"}, "stringData": {"password": canary}})
        cluster.make(path.replace("secrets", "configmaps"), {"metadata": {"name": "c"}, "data": {"open": "not-" + canary}})
        secret, harmless = canary.encode(), b"not-" + canary.encode()
        data = {file: file.read_bytes() for file in control_plane.instance.root.rglob("*") if file.is_file()}
        assert any(harmless in content for content in data.values()), "the search finds what is stored in clear"
        leaks = [str(file) for file, content in data.items() if secret in content.replace(harmless, b"")]
        assert leaks == []
        assert not any(canary in " ".join(process.cmdline()) for process in parts_of(control_plane.instance))

    def test_who_wrote_what_is_in_the_audit_without_the_content(
        self, control_plane: ControlPlane, cluster: Cluster, namespace: str
    ) -> None:
        cluster.make(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "audited"}})
        log = control_plane.instance.logs / "audit.log"

        def entries() -> list[dict[str, Any]]:
            found = [json.loads(line) for line in log.read_text().splitlines()]
            return [one for one in found if one.get("objectRef", {}).get("name") == "audited"]

        until(lambda: bool(entries()))
        assert entries()[0]["user"]["username"] == "aifactory-admin"
        assert "requestObject" not in entries()[0]

    def test_no_key_is_on_a_command_line(self, control_plane: ControlPlane) -> None:
        secrets = [
            line
            for file in control_plane.instance.pki.iterdir()
            if file.suffix in {".key", ".yaml"}
            for line in file.read_text().splitlines()
            if len(line) > 40 and not line.startswith("-----")
        ]
        assert secrets
        shown = " ".join(word for process in parts_of(control_plane.instance) for word in process.cmdline())
        assert [one for one in secrets if one in shown] == []


@pytest.fixture(scope="module")
def own(new_instance: Callable[[str], Instance], toolset: Toolset, reporter: Reporter) -> Iterator[Instance]:
    """An instance that the tests below may stop, crash and damage, one after the other."""
    instance = new_instance("own")
    yield instance
    controlplane.stop(instance, purge=True, reporter=reporter)


@pytest.fixture
def start(own: Instance, toolset: Toolset, reporter: Reporter) -> Callable[[], ControlPlane]:
    return lambda: controlplane.start(own, toolset, reporter, stage_files=own_stages)


def of(instance: Instance, name: str) -> PartStatus:
    return next(part for part in controlplane.status(instance) if part.name == name)


class TestSimulation:
    """Prevents a KWOK that gives up since one kind is missing, and one that never learns of the kinds that came."""

    def test_stages_of_unknown_kinds_wait_until_their_kind_is_there(
        self, own: Instance, start: Callable[[], ControlPlane], toolset: Toolset, reporter: Reporter
    ) -> None:
        cluster = Cluster(start())
        before = pids(own)
        assert of(own, "kwok").healthy
        cluster.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", WIDGETS)
        controlplane.start_simulation(own, toolset, reporter, stage_files=own_stages)
        after = pids(own)
        assert {name for name in after if after[name] != before[name]} == {"kwok"}
        path = "/apis/example.org/v1/namespaces/default/widgets"
        cluster.make(path, {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}})
        until(lambda: cluster.get(f"{path}/w").get("status") == {"phase": "Ready"})

    def test_with_nothing_new_kwok_is_left_alone(
        self, own: Instance, start: Callable[[], ControlPlane], toolset: Toolset, reporter: Reporter
    ) -> None:
        start()
        before = pids(own)
        controlplane.start_simulation(own, toolset, reporter, stage_files=own_stages)
        assert pids(own) == before

    def test_the_real_scheduler_places_by_gpus_and_says_why_it_cannot(
        self, own: Instance, start: Callable[[], ControlPlane]
    ) -> None:
        cluster = Cluster(start())
        node = {
            "metadata": {"name": "gpu-0", "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {
                key: {"cpu": "32", "memory": "1Ti", "pods": "110", "nvidia.com/gpu": "8"}
                for key in ("allocatable", "capacity")
            },
        }
        cluster.make("/api/v1/nodes", node)

        def pod(name: str, gpus: int) -> dict[str, Any]:
            limits = {"nvidia.com/gpu": str(gpus)}
            container = {"name": "c", "image": "example.org/i", "resources": {"limits": limits}}
            return {"metadata": {"name": name}, "spec": {"containers": [container]}}

        path = "/api/v1/namespaces/default/pods"
        cluster.make(path, pod("fits", 6))
        until(lambda: cluster.get(f"{path}/fits")["status"].get("phase") == "Running")
        assert cluster.get(f"{path}/fits")["spec"]["nodeName"] == "gpu-0"
        cluster.make(path, pod("does-not", 6))

        def reason() -> str:
            return " ".join(
                one.get("message", "") for one in cluster.get(f"{path}/does-not")["status"].get("conditions", [])
            )

        until(lambda: "Insufficient nvidia.com/gpu" in reason())

    def test_without_a_control_plane_it_says_so(
        self, new_instance: Callable[[str], Instance], toolset: Toolset, reporter: Reporter
    ) -> None:
        absent = new_instance("absent")
        with pytest.raises(ControlPlaneError, match=r"API server of .* is not well: it does not run"):
            controlplane.start_simulation(absent, toolset, reporter, stage_files=own_stages)


class TestStopAndStart:
    """Prevents what is left behind after `down`, and what is lost by it."""

    def test_after_stop_no_process_and_no_port_is_left_and_the_state_is_still_there(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        first = start()
        Cluster(first).call("POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})
        used = [part.port for part in controlplane.status(own) if part.port is not None]
        assert len(used) == 5
        controlplane.stop(own, reporter=reporter)
        assert nothing_runs(own, used)
        assert all(part.pid is None and not part.healthy for part in controlplane.status(own))

        second = start()
        assert second.server == first.server, "the kubeconfig that people have stays valid"
        assert Cluster(second).get("/api/v1/namespaces/kept")["metadata"]["name"] == "kept"

    def test_a_port_that_a_stranger_took_meanwhile_is_given_up(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        first = start()
        controlplane.stop(own, reporter=reporter)
        port = int(first.server.rpartition(":")[2])
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", port))
            stranger.listen()
            second = start()
        assert second.server != first.server
        assert yaml.safe_load(second.kubeconfig.read_text())["clusters"][0]["cluster"]["server"] == second.server
        assert Cluster(second).get("/version")["gitVersion"] == second.version

    def test_stop_twice_and_of_what_never_ran_is_no_error(
        self, own: Instance, new_instance: Callable[[str], Instance], reporter: Reporter
    ) -> None:
        controlplane.stop(own, reporter=reporter)
        controlplane.stop(own, reporter=reporter)
        never = new_instance("never")
        controlplane.stop(never, purge=True, reporter=reporter)
        assert not never.root.exists()

    def test_purge_leaves_nothing(self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter) -> None:
        used = [int(start().server.rpartition(":")[2])]
        controlplane.stop(own, purge=True, reporter=reporter)
        assert nothing_runs(own, used)
        assert not own.root.exists()


class TestCrashes:
    """Prevents a dead part that nobody notices, and a start that piles a second control plane on the first."""

    @pytest.mark.parametrize("name", ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"])
    def test_a_killed_part_is_reported_and_the_next_start_brings_back_that_one(
        self, name: str, own: Instance, start: Callable[[], ControlPlane]
    ) -> None:
        plane = start()
        cluster = Cluster(plane)
        cluster.call("POST", "/api/v1/namespaces", {"metadata": {"name": f"before-{name}"}})
        before = pids(own)
        os.kill(before[name] or 0, signal.SIGKILL)
        until(lambda: of(own, name).pid is None)
        part = of(own, name)
        assert not part.healthy
        assert part.reason.startswith("it has ended by itself; its last lines:\n")
        assert part.log.read_text().splitlines()[-1][:40] in part.reason

        again = start()
        assert name in again.started
        assert all(part.healthy for part in controlplane.status(own))
        after = pids(own)
        others = {other for other in after if after[other] != before[other]}
        assert others <= {name, "kube-apiserver"} if name == "etcd" else others == {name}
        cluster.get(f"/api/v1/namespaces/before-{name}")

    def test_a_part_that_dies_at_start_is_an_error_with_its_last_words_and_nothing_stays(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        start()
        controlplane.stop(own, reporter=reporter)
        database = own.data / "member" / "snap" / "db"
        good = database.read_bytes()
        database.write_bytes(b"not a database" * 1000)
        try:
            with pytest.raises(ControlPlaneError) as caught:
                start()
        finally:
            database.write_bytes(good)
        assert "etcd ended while it started; its last lines:" in caught.value.message
        assert "invalid database" in caught.value.message
        assert str(own.logs / "etcd.log") in caught.value.fix
        assert parts_of(own) == []
        assert start().version

    def test_a_record_that_names_a_stranger_harms_nobody(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        start()
        controlplane.stop(own, reporter=reporter)
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
            record = {"name": "kwok", "pid": stranger.pid, "started": 1.0, "port": 1, "signature": "x"}
            (own.run / "kwok.json").write_text(json.dumps(record))
            start()
            assert stranger.poll() is None
            controlplane.stop(own, reporter=reporter)
            assert stranger.poll() is None
            stranger.kill()


class TestTwoAtOnceAndCutShort:
    """Prevents two control planes over one database, and processes that nobody will ever stop."""

    @staticmethod
    def starting(instance: Instance) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", START, instance.name], stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def test_two_starts_make_one_control_plane(self, own: Instance, reporter: Reporter) -> None:
        controlplane.stop(own, reporter=reporter)
        both = [self.starting(own), self.starting(own)]
        said = [process.communicate(timeout=120)[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert sum("Start etcd" in one for one in said) == 1
        assert sum("Waiting for process" in one for one in said) == 1
        assert len(parts_of(own)) == 5

    @pytest.mark.parametrize("after", ["", "Start etcd ... done", "Start kube-apiserver ... done"])
    def test_ctrl_c_leaves_nothing_behind(self, after: str, own: Instance, reporter: Reporter) -> None:
        controlplane.stop(own, reporter=reporter)
        process = self.starting(own)
        if after:
            assert process.stderr is not None
            said: list[str] = []
            while not said or (said[-1] and not said[-1].startswith(after)):
                said.append(process.stderr.readline())
            assert said[-1], said
        else:
            until(lambda: parts_of(own) != [])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode != 0
        assert parts_of(own) == []

    def test_kill_9_at_any_moment_leaves_what_the_next_start_picks_up(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        seed = random.randrange(10**6)
        print("seed", seed)
        dice = random.Random(seed)
        controlplane.stop(own, reporter=reporter)
        for _ in range(3):
            process = self.starting(own)
            time.sleep(dice.uniform(0.3, 5.0))
            process.kill()
            process.communicate(timeout=60)
        start()
        assert len(parts_of(own)) == 5
        assert all(part.healthy for part in controlplane.status(own))

    def test_a_very_first_start_that_was_cut_short_at_any_moment_can_be_repeated(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        seed = random.randrange(10**6)
        print("seed", seed)
        dice = random.Random(seed)
        for _ in range(3):
            controlplane.stop(own, purge=True, reporter=reporter)
            process = self.starting(own)
            until(lambda: any(own.data.glob("member/wal/*.wal")))
            time.sleep(dice.uniform(0, 0.02))
            process.kill()
            for part in parts_of(own):
                part.kill()
            process.communicate(timeout=60)
            assert start().version

    def test_a_database_that_was_never_ready_is_made_anew_and_one_that_was_is_never_touched(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        controlplane.stop(own, purge=True, reporter=reporter)
        half_made = own.data / "member" / "snap" / "db"
        half_made.parent.mkdir(parents=True)
        half_made.write_bytes(b"cut short")
        start()
        controlplane.stop(own, reporter=reporter)
        good = half_made.read_bytes()
        half_made.write_bytes(b"damaged later")
        with pytest.raises(ControlPlaneError):
            start()
        assert half_made.read_bytes() == b"damaged later", "whose repair is not ours to decide"
        half_made.write_bytes(good)
        assert start().version

    def test_a_part_without_a_record_is_not_forgotten(
        self, own: Instance, start: Callable[[], ControlPlane], reporter: Reporter
    ) -> None:
        start()
        for name in ("etcd", "kwok"):
            supervise.forget(own, name)  # as if the starter had been killed before it wrote them
        start()
        assert len(parts_of(own)) == 5
        supervise.forget(own, "kube-apiserver")
        used = [part.port for part in controlplane.status(own) if part.port is not None]
        controlplane.stop(own, reporter=reporter)
        assert nothing_runs(own, used)
        assert not any(value.startswith(f"{own.root}:") for _, value in processes.with_environment(supervise.MARKER))

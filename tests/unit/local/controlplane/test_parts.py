from pathlib import Path

import pytest
import yaml

from aifactory.local.controlplane import kubeconfig, parts, pki
from aifactory.local.controlplane.parts import START_ORDER, Part
from aifactory.local.controlplane.pki import Pki
from aifactory.local.paths import Instance, Paths
from aifactory.local.tools import CONTROL_PLANE, Tool, Toolset

PORTS = {
    "etcd": 20001,
    "etcd-peer": 20002,
    "kube-apiserver": 20003,
    "kube-controller-manager": 20004,
    "kube-scheduler": 20005,
    "kwok": 20006,
}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    instance = Paths.at(tmp_path).instance("local")
    instance.create()
    return instance


@pytest.fixture
def tools(tmp_path: Path) -> Toolset:
    return Toolset({name: Tool(name, "1.36.3", tmp_path / "bin" / name, "built") for name in CONTROL_PLANE})


@pytest.fixture
def keys(instance: Instance) -> Pki:
    return pki.ensure(instance.pki)


@pytest.fixture
def every(instance: Instance, tools: Toolset, keys: Pki) -> dict[str, Part]:
    stages = instance.run / "stages.yaml"
    stages.write_text("kind: Stage\n")
    found = [
        parts.etcd(instance, tools, keys, PORTS),
        parts.api_server(instance, tools, keys, PORTS),
        parts.controller_manager(instance, tools, keys, PORTS),
        parts.scheduler(instance, tools, keys, PORTS),
        parts.kwok(instance, tools, keys, PORTS, [stages]),
    ]
    return {part.name: part for part in found}


class TestCommandLines:
    """Prevents an open door that a flag leaves: another address than loopback, no TLS, everything allowed."""

    def test_each_part_has_its_program_and_port(self, every: dict[str, Part]) -> None:
        assert list(every) == [name for group in START_ORDER for name in group]
        assert all(part.program.name == name and part.port == PORTS[name] for name, part in every.items())

    def test_every_address_is_loopback(self, every: dict[str, Part]) -> None:
        addresses = [
            word
            for part in every.values()
            for word in part.arguments
            if any(flag in word for flag in ("urls=", "address=", "servers="))
        ]
        assert len(addresses) >= 8
        assert all("127.0.0.1" in word for word in addresses)
        assert not any("http://" in word for word in addresses)

    def test_the_api_server_authorises_with_rbac_and_lets_no_admission_plugin_out(self, every: dict[str, Part]) -> None:
        arguments = every["kube-apiserver"].arguments
        assert "--authorization-mode=Node,RBAC" in arguments
        assert not any("admission" in word for word in arguments), "the defaults of Kubernetes"
        assert not any(word.startswith("--token-auth-file") for word in arguments)

    def test_etcd_demands_a_certificate_of_clients_and_peers(self, every: dict[str, Part]) -> None:
        assert {"--client-cert-auth", "--peer-client-cert-auth"} <= set(every["etcd"].arguments)

    def test_the_audit_policy_keeps_bodies_out(self, instance: Instance, every: dict[str, Part]) -> None:
        policy = yaml.safe_load((instance.run / "audit-policy.yaml").read_text())
        assert {rule["level"] for rule in policy["rules"]} == {"None", "Metadata"}

    def test_kwok_plays_only_nodes_that_say_so(self, every: dict[str, Part]) -> None:
        assert "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake" in every["kwok"].arguments
        assert not any(word.startswith("--manage-all-nodes") for word in every["kwok"].arguments)

    def test_simulated_nodes_live_as_long_as_real_ones(self, every: dict[str, Part]) -> None:
        assert "--node-lease-duration-seconds=40" in every["kwok"].arguments
        assert "--node-monitor-grace-period=300s" in every["kube-controller-manager"].arguments

    def test_no_secret_is_among_the_words(self, every: dict[str, Part], keys: Pki) -> None:
        secrets = [
            line
            for file in (*keys.directory.glob("*.key"), keys.encryption)
            for line in file.read_text().splitlines()
            if len(line) > 40
        ]
        assert not any(secret in word for part in every.values() for word in part.arguments for secret in secrets)


class TestSignature:
    """Prevents a part from going on with what was changed, and from being restarted for nothing."""

    def test_it_is_the_same_for_the_same(
        self, instance: Instance, tools: Toolset, keys: Pki, every: dict[str, Part]
    ) -> None:
        assert parts.api_server(instance, tools, keys, PORTS).signature == every["kube-apiserver"].signature

    def test_another_port_program_or_configuration_changes_it(
        self, instance: Instance, tools: Toolset, keys: Pki, every: dict[str, Part]
    ) -> None:
        moved = parts.etcd(instance, tools, keys, {**PORTS, "etcd": 20009})
        assert moved.signature != every["etcd"].signature
        entries = {name: Tool(name, "1", Path("/elsewhere") / name, "PATH") for name in CONTROL_PLANE}
        assert parts.etcd(instance, Toolset(entries), keys, PORTS).signature != every["etcd"].signature
        before = every["kwok"].signature
        (instance.run / "stages.yaml").write_text("kind: Stage\nmetadata: {name: new}\n")
        assert every["kwok"].signature != before

    def test_a_program_that_a_link_now_points_to_changes_it(self, instance: Instance, keys: Pki, tmp_path: Path) -> None:
        link = tmp_path / "etcd"
        link.symlink_to(tmp_path / "old")
        tools = Toolset({"etcd": Tool("etcd", "3.6.8", link, "PATH")})
        before = parts.etcd(instance, tools, keys, PORTS).signature
        link.unlink()
        link.symlink_to(tmp_path / "new")
        assert parts.etcd(instance, tools, keys, PORTS).signature != before


class TestKubeconfig:
    """Prevents a kubeconfig that others can read, or that is rewritten (and reloaded by its users) for nothing."""

    def test_it_names_cluster_context_and_user_and_carries_its_certificates(self, instance: Instance, keys: Pki) -> None:
        kubeconfig.write(instance.kubeconfig, keys, server="https://127.0.0.1:1", client="admin", instance="local")
        document = yaml.safe_load(instance.kubeconfig.read_text())
        assert document["current-context"] == kubeconfig.context_name("local") == "aifactory-local"
        assert document["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:1"
        assert set(document["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
        assert instance.kubeconfig.stat().st_mode & 0o777 == 0o600

    def test_it_is_written_only_when_it_changes_and_its_mode_is_set_again(self, instance: Instance, keys: Pki) -> None:
        def write(server: str) -> int:
            kubeconfig.write(instance.kubeconfig, keys, server=server, client="admin", instance="local")
            return instance.kubeconfig.stat().st_ino

        first = write("https://127.0.0.1:1")
        instance.kubeconfig.chmod(0o644)
        assert write("https://127.0.0.1:1") == first
        assert instance.kubeconfig.stat().st_mode & 0o777 == 0o600
        assert write("https://127.0.0.1:2") != first

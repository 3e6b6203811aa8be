"""The parts of a local control plane: how each is called, and how one knows that it is well."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from aifactory.local.controlplane import pki as pkis
from aifactory.local.controlplane.pki import Pki
from aifactory.local.controlplane.ports import LOOPBACK
from aifactory.local.paths import Instance
from aifactory.local.tools import Toolset

PartName = Literal["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]

START_ORDER: Final[Sequence[Sequence[PartName]]] = (
    ("etcd",),
    ("kube-apiserver",),
    ("kube-controller-manager", "kube-scheduler", "kwok"),
)
"""Parts of one group start side by side, the groups one after the other; they stop in the reverse order, so that
the API server never outlives its database."""

NODE_SELECTOR: Final = "kwok.x-k8s.io/node=fake"
"""Annotation of the nodes that KWOK plays; a real node that joins is left alone."""

NODE_LEASE_SECONDS: Final = 40
"""How long a simulated node's lease lasts; KWOK renews it at a quarter of that. Kubelets have 40 s too; KWOK's own
default is no lease at all, and then every node is lost after the grace period."""

NODE_GRACE_SECONDS: Final = 300
"""How long a node may be silent before its pods count as not ready. Kubernetes' default of 50 s is for real nodes; a
laptop that compiles, or sleeps for a minute, would lose all of them at once."""

ACCOUNT_ISSUER: Final = "https://kubernetes.default.svc.cluster.local"

_AUDIT_POLICY: Final = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
# Heartbeats and events are noise.
- level: None
  resources:
  - {group: coordination.k8s.io, resources: [leases]}
  - {group: "", resources: [events]}
  - {group: events.k8s.io, resources: [events]}
# Who changed what, never with which content: bodies hold secrets.
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the control plane.

    Attributes:
        name: what it is called.
        program: the executable.
        arguments: its command line; no secret is on it, only paths of files that hold some.
        port: loopback port that it serves HTTPS on.
        configuration: files that it reads at start, a change of which calls for a restart.
    """

    name: PartName
    program: Path
    arguments: tuple[str, ...]
    port: int
    configuration: tuple[Path, ...] = ()

    @property
    def signature(self) -> str:
        """What it was started as; a running part with another signature has to be restarted."""
        digest = hashlib.sha256("\0".join([str(self.program.resolve()), *self.arguments]).encode())
        for path in self.configuration:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def server_url(ports: Mapping[str, int]) -> str:
    """Return the URL of the API server."""
    return f"https://{LOOPBACK}:{ports['kube-apiserver']}"


def log_file(instance: Instance, name: str) -> Path:
    """Return the file that holds what a part says."""
    return instance.logs / f"{name}.log"


def client_kubeconfig(instance: Instance, client: str) -> Path:
    """Return the kubeconfig that a part calls the API server with."""
    return instance.run / f"{client}.kubeconfig"


def etcd(instance: Instance, tools: Toolset, pki: Pki, ports: Mapping[str, int]) -> Part:
    """Return etcd: one member, client certificates demanded, no fsync.

    Without fsync a crash of etcd loses nothing, one of the machine may; for a cluster that can be made again in
    seconds, speed on slow disks is worth more.
    """
    url, peer = f"https://{LOOPBACK}:{ports['etcd']}", f"https://{LOOPBACK}:{ports['etcd-peer']}"
    certificate, key, authority = pki.certificate("etcd"), pki.key("etcd"), pki.certificate(pkis.ETCD)
    arguments = (
        f"--name={instance.name}",
        f"--data-dir={instance.data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={instance.name}={peer}",
        f"--cert-file={certificate}",
        f"--key-file={key}",
        f"--trusted-ca-file={authority}",
        "--client-cert-auth",
        f"--peer-cert-file={certificate}",
        f"--peer-key-file={key}",
        f"--peer-trusted-ca-file={authority}",
        "--peer-client-cert-auth",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )
    return Part("etcd", tools.path("etcd"), arguments, ports["etcd"])


def api_server(instance: Instance, tools: Toolset, pki: Pki, ports: Mapping[str, int]) -> Part:
    """Return the API server: RBAC, the default admission plugins, Secrets encrypted in etcd, writes audited."""
    audit_policy = instance.run / "audit-policy.yaml"
    pkis.write_private(audit_policy, _AUDIT_POLICY.encode())
    arguments = (
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports['kube-apiserver']}",
        # The endpoints of the Service `kubernetes` cannot be loopback addresses, and nobody could call them.
        "--endpoint-reconciler-type=none",
        f"--service-cluster-ip-range={pkis.SERVICE_RANGE}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={pki.certificate(pkis.API)}",
        f"--tls-cert-file={pki.certificate('apiserver')}",
        f"--tls-private-key-file={pki.key('apiserver')}",
        f"--cert-dir={instance.run}",
        f"--etcd-servers=https://{LOOPBACK}:{ports['etcd']}",
        f"--etcd-cafile={pki.certificate(pkis.ETCD)}",
        f"--etcd-certfile={pki.certificate('apiserver-etcd-client')}",
        f"--etcd-keyfile={pki.key('apiserver-etcd-client')}",
        f"--encryption-provider-config={pki.encryption}",
        f"--service-account-issuer={ACCOUNT_ISSUER}",
        f"--service-account-signing-key-file={pki.account_key}",
        f"--service-account-key-file={pki.account_public_key}",
        f"--requestheader-client-ca-file={pki.certificate(pkis.FRONT_PROXY)}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki.certificate('front-proxy-client')}",
        f"--proxy-client-key-file={pki.key('front-proxy-client')}",
        f"--audit-policy-file={audit_policy}",
        f"--audit-log-path={instance.logs / 'audit.log'}",
        "--audit-log-maxsize=20",
        "--audit-log-maxbackup=1",
        "--profiling=false",
    )
    return Part(
        "kube-apiserver",
        tools.path("kube-apiserver"),
        arguments,
        ports["kube-apiserver"],
        (audit_policy, pki.encryption),
    )


def controller_manager(instance: Instance, tools: Toolset, pki: Pki, ports: Mapping[str, int]) -> Part:
    """Return the controller manager; each controller acts as a service account of its own."""
    arguments = (
        *_delegating(instance, pki, "controller-manager", ports["kube-controller-manager"]),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki.account_key}",
        f"--root-ca-file={pki.certificate(pkis.API)}",
        f"--cluster-signing-cert-file={pki.certificate(pkis.API)}",
        f"--cluster-signing-key-file={pki.key(pkis.API)}",
        f"--cluster-name={instance.name}",
        f"--node-monitor-grace-period={NODE_GRACE_SECONDS}s",
    )
    return Part(
        "kube-controller-manager",
        tools.path("kube-controller-manager"),
        arguments,
        ports["kube-controller-manager"],
    )


def scheduler(instance: Instance, tools: Toolset, pki: Pki, ports: Mapping[str, int]) -> Part:
    """Return the scheduler, the production one: whether a GPU is free for a workload is its word."""
    arguments = _delegating(instance, pki, "scheduler", ports["kube-scheduler"])
    return Part(
        "kube-scheduler",
        tools.path("kube-scheduler"),
        arguments,
        ports["kube-scheduler"],
    )


def kwok(instance: Instance, tools: Toolset, pki: Pki, ports: Mapping[str, int], stages: Sequence[Path]) -> Part:
    """Return KWOK, which plays kubelets and operators as the stages in these files say."""
    arguments = (
        f"--kubeconfig={client_kubeconfig(instance, 'kwok')}",
        *(f"--config={path}" for path in stages),
        f"--manage-nodes-with-annotation-selector={NODE_SELECTOR}",
        f"--node-lease-duration-seconds={NODE_LEASE_SECONDS}",
        f"--server-address={LOOPBACK}:{ports['kwok']}",
        f"--tls-cert-file={pki.certificate('parts')}",
        f"--tls-private-key-file={pki.key('parts')}",
    )
    return Part("kwok", tools.path("kwok"), arguments, ports["kwok"], tuple(stages))


def _delegating(instance: Instance, pki: Pki, client: str, port: int) -> tuple[str, ...]:
    """Flags that controller manager and scheduler share."""
    kubeconfig = client_kubeconfig(instance, client)
    return (
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--tls-cert-file={pki.certificate('parts')}",
        f"--tls-private-key-file={pki.key('parts')}",
        # There is one of each, started by us: an election would only cost time at every start.
        "--leader-elect=false",
        # At a cluster's first start every controller asks for a service account: 4 s at the default of 20 a second.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
    )

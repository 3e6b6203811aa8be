"""Kinds whose objects tell what became of a region, and whose operator serves each."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of objects.

    Attributes:
        api_version: group and version; ``v1`` for the core group.
        plural: its name in paths.
        kind: its name for people.
        operator: operator of the catalog that serves it; empty for Kubernetes itself.
        selector: field selector that keeps what nobody asks for out of the answer.
    """

    api_version: str
    plural: str
    kind: str
    operator: str = ""
    selector: str = ""

    @property
    def path(self) -> str:
        """Path of all its objects, in every namespace."""
        root = "/apis" if "/" in self.api_version else "/api"
        return f"{root}/{self.api_version}/{self.plural}"

    @property
    def definition(self) -> str:
        """Name that its CustomResourceDefinition has."""
        return f"{self.plural}.{self.api_version.partition('/')[0]}"


NODES: Final = Kind("v1", "nodes", "Node")
PODS: Final = Kind("v1", "pods", "Pod", selector="status.phase!=Succeeded,status.phase!=Failed")
"""Pods that run or are to run; finished ones hold nothing any more."""
NAMESPACES: Final = Kind("v1", "namespaces", "Namespace")
QUOTAS: Final = Kind("v1", "resourcequotas", "ResourceQuota")
DEPLOYMENTS: Final = Kind("apps/v1", "deployments", "Deployment")

CLUSTER_POLICIES: Final = Kind("nvidia.com/v1", "clusterpolicies", "ClusterPolicy", "gpu-operator")

CLUSTER_QUEUES: Final = Kind("kueue.x-k8s.io/v1beta2", "clusterqueues", "ClusterQueue", "kueue")

POSTGRES: Final = Kind("postgresql.cnpg.io/v1", "clusters", "Cluster", "cloudnative-pg")
POOLERS: Final = Kind("postgresql.cnpg.io/v1", "poolers", "Pooler", "cloudnative-pg")
SCHEDULED_BACKUPS: Final = Kind("postgresql.cnpg.io/v1", "scheduledbackups", "ScheduledBackup", "cloudnative-pg")
OBJECT_STORES: Final = Kind("barmancloud.cnpg.io/v1", "objectstores", "ObjectStore", "barman-cloud")

KUBEVIRTS: Final = Kind("kubevirt.io/v1", "kubevirts", "KubeVirt", "kubevirt")
CDIS: Final = Kind("cdi.kubevirt.io/v1beta1", "cdis", "CDI", "cdi")
HYPERCONVERGED: Final = Kind("hco.kubevirt.io/v1beta1", "hyperconvergeds", "HyperConverged", "hyperconverged")
MACHINES: Final = Kind("kubevirt.io/v1", "virtualmachines", "VirtualMachine", "kubevirt")
INSTANCES: Final = Kind("kubevirt.io/v1", "virtualmachineinstances", "VirtualMachineInstance", "kubevirt")
DATA_VOLUMES: Final = Kind("cdi.kubevirt.io/v1beta1", "datavolumes", "DataVolume", "cdi")

GATEWAYS: Final = Kind("gateway.networking.k8s.io/v1", "gateways", "Gateway", "llm-d")
ROUTES: Final = Kind("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute", "llm-d")
CERTIFICATES: Final = Kind("cert-manager.io/v1", "certificates", "Certificate", "cert-manager")

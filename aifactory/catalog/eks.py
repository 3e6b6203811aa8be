"""Facts about Amazon EKS: Kubernetes minors, endpoints of a network without internet, node images, fabric, partitions."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import data

EksMinor = Annotated[str, Field(pattern=r"^1\.\d{2}$")]


class EksKubernetes(Fact):
    """One Kubernetes minor that EKS offers.

    Attributes:
        standard_until: last day of standard support.
        extended_until: last day of extended support, after which AWS upgrades the control plane by itself.
        source: where these were read.
    """

    standard_until: date
    extended_until: date
    source: Source


class EksEndpoint(Fact):
    """One service that nodes and pods reach through the network's own endpoint.

    Attributes:
        kind: ``gateway`` is a route, ``interface`` an address in each subnet.
        optional: whether it is made only when it is asked for.
        why: who calls it.
    """

    kind: Literal["gateway", "interface"]
    optional: bool = False
    why: str


class EksImage(Fact):
    """One kind of node image of managed node groups.

    Attributes:
        ami_type: AWS's name of it.
        family: ``al2023`` or ``bottlerocket``, which decides the form of its release version and of user data.
        gpu: whether NVIDIA's driver is in it.
    """

    ami_type: str
    family: Literal["al2023", "bottlerocket"]
    gpu: bool


class EfaCards(Fact):
    """Elastic Fabric Adapters of one instance type.

    Attributes:
        cards: network cards that take one each, from card 0 on.
        source: where it was read.
    """

    cards: Annotated[int, Field(ge=1)]
    source: Source


class EksPartition(Fact):
    """What differs from partition to partition.

    Attributes:
        suffix: domain that AWS's services answer in.
        logs_suffix: domain of the service principal of CloudWatch Logs.
        endpoint_prefix: how names of VPC endpoint services begin; None when nobody has read it.
    """

    suffix: str
    logs_suffix: str
    endpoint_prefix: str | None = None


class EksFacts(Fact):
    """Everything in eks.yaml.

    Attributes:
        kubernetes: minors that are known, by name.
        endpoints: services that a network without internet needs, by AWS's short name.
        images: node images, by the name that factory.yaml uses.
        efa: instance types whose fabric is known.
        efa_network_plugin: first version of the network plugin that knows adapters without an address.
        partitions: partitions in which a cluster can be made.
        log_retention_days: the days that CloudWatch takes.
    """

    kubernetes: Mapping[EksMinor, EksKubernetes]
    endpoints: Mapping[str, EksEndpoint]
    endpoints_source: Source
    images: Mapping[str, EksImage]
    images_source: Source
    efa: Mapping[str, EfaCards]
    efa_network_plugin: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    efa_network_plugin_source: Source
    partitions: Mapping[str, EksPartition]
    partitions_source: Source
    log_retention_days: tuple[int, ...]
    log_retention_days_source: Source


@cache
def eks_facts() -> EksFacts:
    """Return what is known of EKS."""
    return EksFacts.model_validate(data("eks.yaml"))

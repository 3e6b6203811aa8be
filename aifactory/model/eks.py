"""A cluster on Amazon EKS, made from the network up."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from aifactory.catalog import locations
from aifactory.catalog.eks import eks_facts
from aifactory.errors import Problem
from aifactory.model.base import DNS_LABEL_PATTERN, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.eks_pools import EksPoolSpec, Pools, Zone
from aifactory.model.nearest import nearest
from aifactory.model.object_store import AddressRange
from aifactory.model.site import SiteSpec

ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver")
"""Add-ons of every cluster, in the order in which they are made."""

KEYS = ("secrets", "volumes", "stores", "logs")
"""Keys of every cluster, by what they encrypt."""

KeyPurpose = Literal["secrets", "volumes", "stores", "logs"]
ExternalKey = Annotated[str, Field(min_length=1, max_length=128)]

MAX_CLUSTER_NAME = 32
"""Roles and buckets bear the cluster's name, and have 64 and 63 characters."""

_ADDON_VERSION = re.compile(r"^v(\d+)\.(\d+)\.(\d+)-eksbuild\.\d+$")

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


def _private(text: str) -> str:
    network = ip_network(text)
    if not isinstance(network, IPv4Network) or not any(network.subnet_of(private) for private in _PRIVATE):
        raise ValueError(f"{text} is no private range (RFC 1918, RFC 6598); nothing from the internet comes in by it")
    return text


PrivateRange = Annotated[AddressRange, AfterValidator(_private)]
"""Private IPv4 addresses in CIDR form."""

ClusterName = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=MAX_CLUSTER_NAME)]

Principal = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")]
"""ARN of an IAM role or user; a wildcard is none."""


class EksNetworkSpec(Spec):
    """The network that nodes and API stand in: of its own, or given."""

    cidr: PrivateRange | None = None
    """Addresses of an own network, /16 to /20, such as ``10.20.0.0/16``. None: the network is given."""

    vpc: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] | None = None
    """Id of a given network. It must have the endpoints that nodes need, or a way to the services; nothing is made in it
    but security groups."""

    subnets: dict[Zone, Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]] = Field(default_factory=dict)
    """With a given network, a private subnet of each zone."""

    nat: bool = False
    """Whether an own network has NAT gateways and so a way out to the internet. Default false: endpoints suffice."""

    endpoints: tuple[str, ...] = ()
    """Optional endpoints of an own network, such as ``ssm``. Default none; those that nodes need are always there."""

    @field_validator("cidr")
    @classmethod
    def _cidr_has_room(cls, value: str | None) -> str | None:
        if value is not None and not 16 <= ip_network(value).prefixlen <= 20:
            raise ValueError("must be from /16 to /20: each pod takes an address of it, and a VPC is no wider")
        return value

    @field_validator("endpoints")
    @classmethod
    def _endpoints_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        optional = [name for name, endpoint in eks_facts().endpoints.items() if endpoint.optional]
        for name in value:
            if name not in optional:
                raise ValueError(f"{name} is no optional endpoint; there are {', '.join(optional)}")
        return value

    @model_validator(mode="after")
    def _own_or_given(self) -> Self:
        if (self.cidr is None) == (self.vpc is None):
            raise ValueError("needs cidr for a network of its own, or vpc and subnets for a given one; one of both")
        if (self.vpc is None) == bool(self.subnets):
            raise ValueError("vpc and subnets go together: where nodes stand in a given network is not guessed")
        if self.vpc is not None and (self.nat or self.endpoints):
            raise ValueError("nat and endpoints are made in a network of its own only; a given one is its owner's")
        return self


class EksKeysSpec(Spec):
    """The customer-managed keys: one each for secrets, volumes, stores and logs."""

    key_store: Annotated[str, Field(pattern=r"^cks-[0-9a-z]{8,32}$")] | None = None
    """Id of a custom key store: CloudHSM, or an external one with `external_keys`. None: KMS keeps the keys."""

    external_keys: dict[KeyPurpose, ExternalKey] = Field(default_factory=dict[KeyPurpose, ExternalKey])
    """With an external key store, the id in it of each of the four keys."""

    rotation_days: Annotated[int, Field(ge=90, le=2560)] = 365
    """How often KMS makes new key material. Default 365. In a custom key store its owner does."""

    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    """Days between the deletion of a key and its end, in which it can be taken back. Default 30."""

    @model_validator(mode="after")
    def _external_keys_are_whole(self) -> Self:
        if self.external_keys and self.key_store is None:
            raise ValueError("external_keys lie in a key store; name it in key_store")
        if self.external_keys and set(self.external_keys) != set(KEYS):
            raise ValueError(f"external_keys must name each of {', '.join(KEYS)}: an external store makes none by itself")
        if len(set(self.external_keys.values())) < len(self.external_keys):
            raise ValueError("external_keys names the same key twice; taking one away would end more than it should")
        return self


class EksAccessSpec(Spec):
    """Who may do what in the cluster."""

    principal: Principal
    """ARN of the IAM role or user."""

    policy: Literal["cluster-admin", "admin", "edit", "view"] = "view"
    """What they may do. Default ``view``."""

    namespaces: tuple[DnsLabel, ...] = ()
    """Where they may. Default: in the whole cluster."""

    @model_validator(mode="after")
    def _cluster_admin_is_everywhere(self) -> Self:
        if self.policy == "cluster-admin" and self.namespaces:
            raise ValueError("cluster-admin is for the whole cluster; use admin with namespaces")
        return self


class EksIdentitySpec(Spec):
    """A service account that acts as a role of its own."""

    namespace: DnsLabel
    """Namespace of the service account."""

    service_account: DnsLabel
    """Name of the service account."""

    stores: dict[ShortDnsLabel, Literal["read", "write"]] = Field(default_factory=dict)
    """Object stores of this cluster that it may read, or read and write. Default none."""


class EksStoreSpec(Spec):
    """A bucket: versioned, encrypted with the stores' key, reached by TLS alone, copied nowhere."""

    lock_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Days in which no version can be deleted (object lock). None: versions alone protect it. Fixed when it is made."""

    lock_mode: Literal["governance", "compliance"] = "governance"
    """``compliance``: nobody can lift the lock, the account's owner included. Default ``governance``."""

    old_versions_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days that what was overwritten or deleted is still kept. Default 90."""

    data_class: str | None = None
    """Class of the data in it. None: unknown, which rules that need it deny."""

    @model_validator(mode="after")
    def _old_versions_outlive_lock(self) -> Self:
        if self.lock_days is not None and self.old_versions_days < self.lock_days:
            raise ValueError(f"old_versions_days must be at least lock_days, {self.lock_days}: what is locked cannot go")
        return self


StoreName = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=16)]


class EksSpec(Spec):
    """A cluster on Amazon EKS and what it stands on. Its place is the site's: region and partition come from there."""

    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    """AWS account that everything is made in; other credentials are refused. ARNs are known before anything is there."""

    cluster_name: ClusterName
    """Name of the cluster, part of the names of roles and buckets; bucket names are one space for all accounts. Fixed."""

    kubernetes: str
    """Kubernetes minor, such as ``1.35``."""

    extended_support: bool = True
    """Whether the minor is kept for another year, at a price. False: AWS upgrades the control plane by itself when
    standard support ends. Default true: nothing is upgraded behind one's back."""

    zones: Annotated[tuple[Zone, ...], Field(min_length=2, max_length=4)]
    """Availability zones, two to four, such as ``eu-central-1a``. Never looked up: a preview asks nobody."""

    network: EksNetworkSpec
    """The network."""

    public_cidrs: tuple[AddressRange, ...] = ()
    """Public addresses that may reach the API. Default none: the API has no public endpoint."""

    client_cidrs: tuple[PrivateRange, ...] = ()
    """Private addresses outside of the network that may reach the API: a runner's, a tunnel's. Default none."""

    service_cidr: PrivateRange = "172.20.0.0/16"
    """Addresses of Services, outside of the network. Default 172.20.0.0/16. Fixed when the cluster is made."""

    keys: EksKeysSpec = Field(default_factory=EksKeysSpec)
    """The keys."""

    key: DnsLabel | None = None
    """Key of the region, as declared, that these keys are. None: nobody said, which rules on keys take for unknown."""

    access: dict[ShortDnsLabel, EksAccessSpec]
    """Who may do what, by name. At least one cluster-admin: whoever runs Pulumi must be one."""

    identities: dict[ShortDnsLabel, EksIdentitySpec] = Field(default_factory=dict)
    """Service accounts that act as a role of their own, by name. Default none."""

    addons: dict[str, str]
    """Version of each add-on, such as ``v1.20.1-eksbuild.3``; all five are required, and none is the latest of its day."""

    system: EksPoolSpec
    """The pool that the cluster's own pods run on; without GPUs and without taints."""

    pools: Pools = Field(default_factory=dict)
    """Other pools by name, such as those with GPUs. Default none."""

    stores: dict[StoreName, EksStoreSpec] = Field(
        default_factory=lambda: {"backups": EksStoreSpec(), "models": EksStoreSpec()}
    )
    """Object stores by name. Default ``backups`` and ``models``."""

    log_retention_days: int = 365
    """Days that the control plane's logs are kept. Default 365."""

    log_data_class: str | None = None
    """Class of the data in these logs. None: unknown."""

    protect: bool = True
    """Whether plans that delete or replace keys, stores, logs or the cluster are refused. Default true."""

    @property
    def all_pools(self) -> dict[str, EksPoolSpec]:
        """Every pool by name, the system's first."""
        return {"system": self.system, **self.pools}

    @field_validator("kubernetes")
    @classmethod
    def _minor_is_offered(cls, value: str) -> str:
        known = eks_facts().kubernetes
        if value not in known:
            near = nearest(value, known, among=0)
            rule = f"{value!r} is no minor that EKS is known to offer; there are {', '.join(known)}"
            raise ValueError(rule + (f"; use {near}" if near else ""))
        return value

    @field_validator("log_retention_days")
    @classmethod
    def _retention_is_offered(cls, value: int) -> int:
        offered = eks_facts().log_retention_days
        if value not in offered:
            near = min((days for days in offered if days >= value), default=offered[-1])
            raise ValueError(f"is none that CloudWatch takes ({', '.join(map(str, offered))}); use {near}")
        return value

    @field_validator("addons")
    @classmethod
    def _addons_are_pinned(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [
            f"{name} = {version!r} is no version" for name, version in value.items() if not _ADDON_VERSION.match(version)
        ]
        wrong += [f"{name} is missing" for name in ADDONS if name not in value]
        wrong += [f"{name} is none of {', '.join(ADDONS)}" for name in value if name not in ADDONS]
        if wrong:
            raise ValueError(f"{'; '.join(wrong)}: each add-on is pinned, such as v1.20.1-eksbuild.3")
        return value

    @field_validator("access")
    @classmethod
    def _somebody_is_admin(cls, value: dict[str, EksAccessSpec]) -> dict[str, EksAccessSpec]:
        if not any(entry.policy == "cluster-admin" for entry in value.values()):
            raise ValueError("must name a cluster-admin: nobody could put anything into the cluster, Pulumi neither")
        principals = [entry.principal for entry in value.values()]
        if len(set(principals)) < len(principals):
            raise ValueError("names the same principal twice; EKS takes one entry for each")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        problems = [*self._version_problems(), *self._network_problems(), *self._pool_problems(), *self._identity_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _version_problems(self) -> Iterator[str]:
        minor = _minor(self.kubernetes)
        proxy = _ADDON_VERSION.match(self.addons["kube-proxy"])
        if proxy and int(proxy[2]) > minor:
            yield f"addons.kube-proxy {self.addons['kube-proxy']} is newer than Kubernetes {self.kubernetes}"
        for name, pool in self.all_pools.items():
            if pool.kubernetes and not minor - 3 <= _minor(pool.kubernetes) <= minor:
                skew = "nodes may be three minors older, and never newer"
                yield f"{name}: release {pool.release} does not go with Kubernetes {self.kubernetes}: {skew}"
        plugin = _ADDON_VERSION.match(self.addons["vpc-cni"])
        least = tuple(map(int, eks_facts().efa_network_plugin.split(".")))
        if plugin and tuple(map(int, plugin.groups())) < least and any(pool.efa for pool in self.all_pools.values()):
            yield f"addons.vpc-cni must be {eks_facts().efa_network_plugin} or newer for efa"

    def _network_problems(self) -> Iterator[str]:
        if len(set(self.zones)) < len(self.zones):
            yield "zones has one twice"
        if self.network.subnets and set(self.network.subnets) != set(self.zones):
            yield f"network.subnets must have one for each of {', '.join(self.zones)}"
        if self.network.cidr and IPv4Network(self.network.cidr).overlaps(IPv4Network(self.service_cidr)):
            yield f"service_cidr {self.service_cidr} lies in the network {self.network.cidr}; choose another"

    def _pool_problems(self) -> Iterator[str]:
        if "system" in self.pools:
            yield "pools.system is the field system; choose another name"
        if self.system.facts.gpu or self.system.taints:
            yield "system has neither GPUs nor taints: the cluster's own pods would find no node"
        if not any(rung.nodes >= 1 for rung in self.system.capacity):
            yield "system.capacity needs nodes that are always there: without one there is no DNS"
        for name, pool in self.all_pools.items():
            for rung in pool.capacity:
                if rung.zone is not None and rung.zone not in self.zones:
                    yield f"{name}: zone {rung.zone} is none of {', '.join(self.zones)}"

    def _identity_problems(self) -> Iterator[str]:
        for name, identity in self.identities.items():
            for store in identity.stores:
                if store not in self.stores:
                    yield f"identities.{name}: no such store {store}; there are {', '.join(self.stores)}"
        accounts = [(identity.namespace, identity.service_account) for identity in self.identities.values()]
        if len(set(accounts)) < len(accounts):
            yield "identities has the same service account twice; EKS takes one role for each"


def bucket_name(spec: EksSpec, store: str) -> str:
    """Return the name of a store's bucket: the names of all accounts of a partition share one space."""
    return f"{spec.cluster_name}-{spec.account}-{store}"


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def eks_problems(spec: EksSpec, site: SiteSpec) -> Iterator[Problem]:
    """Yield what does not go together between a cluster and the place that it is to stand in.

    Args:
        spec: the cluster.
        site: its region's place.
    """
    place = locations().get(f"{site.provider}/{site.location}")
    if site.provider != "aws" or place is None or not place.is_place:
        rule = "is no known place of AWS, and EKS is there alone"
        yield Problem("site.location", f"{site.provider}/{site.location}", rule, "aws/eu-central-1")
        return
    partition = str(place.partition)
    known = eks_facts().partitions
    if partition not in known:
        rule = f"is in partition {partition}, whose names nobody has read; there are {', '.join(known)}"
        yield Problem("site.location", site.location, rule)
        return
    if spec.network.cidr and known[partition].endpoint_prefix is None:
        rule = f"nobody has read how endpoint services are named in {partition}: give a network that has them (vpc, subnets)"
        yield Problem("network.cidr", spec.network.cidr, rule)
    for zone in spec.zones:
        if zone[:-1] != site.location:
            yield Problem("zones", zone, f"is no zone of {site.location}", f"{site.location}{zone[-1]}")
    for name, entry in spec.access.items():
        found = entry.principal.split(":")[1]
        if found != partition:
            rule = f"is of partition {found}, and {site.location} is in {partition}"
            yield Problem(f"access.{name}.principal", entry.principal, rule)

"""The network of an AKS cluster, and the way out of it."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from aifactory.model.base import Spec

ResourceId = Annotated[
    str, Field(pattern=r"^/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/\s]+/providers/[^/\s]+(/[^/\s]+/[^/\s]+)+$")
]
"""A resource of Azure by its whole identifier, as ``az resource show`` prints it."""

_PRIVATE = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_API_PREFIX = 28


def _private_range(text: str) -> str:
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"is no address range ({error}); write it like 10.80.0.0/16") from None
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise ValueError("is not private (RFC 1918), so it would stand in the way of somebody's public addresses")
    return text


PrivateRange = Annotated[str, AfterValidator(_private_range)]
"""Private addresses in CIDR form."""


def _private_address(text: str) -> str:
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise ValueError(f"is no address ({error}); write it like 10.81.0.4") from None
    if not any(address in private for private in _PRIVATE):
        raise ValueError("is not private (RFC 1918): what leaves would not pass a firewall of yours")
    return text


class OutboundKind(StrEnum):
    """Ways out of the network."""

    NONE = "none"
    """None: nodes and AKS's own images come through a private registry."""
    FIREWALL = "firewall"
    """All through a firewall, by a route (AKS: userDefinedRouting)."""
    NAT_GATEWAY = "nat-gateway"
    """To anywhere, from one fixed address (AKS: userAssignedNATGateway)."""


class AksOutboundSpec(Spec):
    """How nodes reach what is outside of the network."""

    kind: OutboundKind
    """``none``, ``firewall`` or ``nat-gateway``."""

    firewall: Annotated[str, AfterValidator(_private_address)] | None = None
    """With ``firewall`` and a network of its own, the firewall's private address; peering with the firewall's network is its
    owner's to do. In a given network its route table says it."""

    registry: ResourceId | None = None
    """With ``none``, the Azure Container Registry (premium, cache rule for mcr.microsoft.com) that nodes start from."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.kind is OutboundKind.NONE) != (self.registry is not None):
            raise ValueError("registry goes with kind none, and with no other: without a way out nodes start from it")
        if self.firewall is not None and self.kind is not OutboundKind.FIREWALL:
            raise ValueError("firewall goes with kind firewall, and with no other; leave it out")
        return self


class AksGivenNetworkSpec(Spec):
    """A network that is there already, and whose owner says what leaves it."""

    network: ResourceId
    """The virtual network."""

    nodes: ResourceId
    """Subnet of the nodes."""

    api: ResourceId
    """Subnet of the API server, delegated to Microsoft.ContainerService/managedClusters, with nothing else in it."""

    endpoints: ResourceId
    """Subnet of private endpoints."""

    zones: dict[str, ResourceId] = Field(default_factory=dict)
    """Private DNS zones that are linked to the network already: of ``api``, ``vault``, ``blob`` or ``registry``. Those left
    out are made and linked; a network can have one zone of a name."""

    @model_validator(mode="after")
    def _subnets_are_its(self) -> Self:
        for name in ("nodes", "api", "endpoints"):
            subnet: str = getattr(self, name)
            if not subnet.startswith(f"{self.network}/subnets/"):
                raise ValueError(f"{name} is no subnet of {self.network}")
        unknown = sorted(set(self.zones) - {"api", "vault", "blob", "registry"})
        if unknown:
            raise ValueError(f"zones has {', '.join(unknown)}; there are api, vault, blob and registry")
        return self


class AksNetworkSpec(Spec):
    """The network: one of its own with these addresses, or a given one. Pods have addresses of an overlay (Cilium)."""

    addresses: PrivateRange = "10.80.0.0/16"
    """Addresses of the network. Default 10.80.0.0/16. Networks that are to be peered need ranges of their own."""

    nodes: PrivateRange = "10.80.0.0/20"
    """Subnet of the nodes. Default 10.80.0.0/20."""

    api: PrivateRange = "10.80.16.0/28"
    """Subnet of the API server, at least /28. Default 10.80.16.0/28."""

    endpoints: PrivateRange = "10.80.17.0/24"
    """Subnet of private endpoints. Default 10.80.17.0/24."""

    pods: PrivateRange = "10.240.0.0/12"
    """Addresses of pods, inside the cluster only. Default 10.240.0.0/12."""

    services: PrivateRange = "172.16.0.0/16"
    """Addresses of services, inside the cluster only. Default 172.16.0.0/16."""

    given: AksGivenNetworkSpec | None = None
    """A network that is there already; then addresses, nodes, api and endpoints are its owner's. None: one is made."""

    @property
    def dns_service(self) -> str:
        """Address of the cluster's DNS, the tenth of the services."""
        return str(IPv4Network(self.services)[10])

    @model_validator(mode="after")
    def _ranges_fit(self) -> Self:
        own = {"addresses", "nodes", "api", "endpoints"}
        if self.given is not None:
            if said := sorted(own & self.model_fields_set):
                raise ValueError(f"{', '.join(said)} goes with a network of its own; of a given one its owner says them")
            return self._apart("pods", "services")
        for name in ("nodes", "api", "endpoints"):
            if not IPv4Network(getattr(self, name)).subnet_of(IPv4Network(self.addresses)):
                raise ValueError(f"{name} {getattr(self, name)} is not within addresses {self.addresses}")
        if IPv4Network(self.api).prefixlen > _API_PREFIX:
            raise ValueError(f"api {self.api} is too small: AKS takes /28 at least")
        self._apart("nodes", "api", "endpoints")
        return self._apart("addresses", "pods", "services")

    def _apart(self, *names: str) -> Self:
        for first, second in combinations(names, 2):
            if IPv4Network(getattr(self, first)).overlaps(IPv4Network(getattr(self, second))):
                raise ValueError(f"{first} {getattr(self, first)} overlaps {second} {getattr(self, second)}")
        return self

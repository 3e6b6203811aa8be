"""How whoever runs Pulumi reaches a region's Kubernetes API."""

from enum import StrEnum
from ipaddress import ip_network
from typing import Self

from pydantic import field_validator, model_validator

from aifactory.model.base import CountryCode, Spec
from aifactory.model.declared import IdentitySpec


class AccessKind(StrEnum):
    """Ways to an API server; none of them is the open internet."""

    RUNNER = "runner"
    """The pipeline runs on a machine inside the region's network."""
    TUNNEL = "tunnel"
    """Through a tunnel or bastion that whoever runs the command opens before."""
    ALLOW_LIST = "allow-list"
    """The API answers these addresses and no others."""
    IN_CLUSTER = "in-cluster"
    """An operator in the cluster applies the program; nobody reaches the API from outside."""


class AccessSpec(Spec):
    """The way to the Kubernetes API of a region."""

    kind: AccessKind
    """``runner``, ``tunnel``, ``allow-list`` or ``in-cluster``."""

    cidrs: tuple[str, ...] = ()
    """Addresses that ``allow-list`` lets in, in CIDR form such as ``203.0.113.7/32``."""

    verified: bool = True
    """Whether previews reach the cluster. False: a preview says of each object that the cluster has not seen it."""

    countries: tuple[CountryCode, ...] | None = None
    """Countries from which people administer the region. None: nobody said."""

    identity: IdentitySpec | None = None
    """The identity provider that they prove themselves to. None: nobody said."""

    @field_validator("cidrs")
    @classmethod
    def _cidrs_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for cidr in value:
            try:
                network = ip_network(cidr)
            except ValueError as error:
                raise ValueError(f"{cidr} is no network: {error}; write it as 203.0.113.7/32") from None
            if network.prefixlen < (8 if network.version == 4 else 32):
                raise ValueError(f"{cidr} lets most of the internet in; name the networks of your own")
        return value

    @model_validator(mode="after")
    def _cidrs_go_with_allow_list(self) -> Self:
        if (self.kind is AccessKind.ALLOW_LIST) != bool(self.cidrs):
            raise ValueError("cidrs go with kind allow-list, and with no other; without them nobody, or anybody, gets in")
        return self

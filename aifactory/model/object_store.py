"""Object stores for backups: where they are and how they are reached."""

import re
from enum import StrEnum
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from aifactory.model.base import CountryCode, DnsLabel, Spec

_DESTINATION = re.compile(r"^(s3|gs)://[a-z0-9][a-z0-9._-]*(/[^\s]*)?$|^https://[^\s/@]+/[^\s]+$")

_WIDEST_IPV4 = 8
_WIDEST_IPV6 = 20
"""The widest ranges that may be opened: wide enough for any one provider, too narrow for the world."""


def _range(text: str) -> str:
    """Return an address range that is one provider's at most."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"is no address range ({error}); write it like 203.0.113.0/24") from None
    widest = _WIDEST_IPV4 if isinstance(network, IPv4Network) else _WIDEST_IPV6
    if network.prefixlen < widest:
        raise ValueError(f"would open the way to much of the internet, for whoever gets into a database; /{widest} at most")
    return str(network)


AddressRange = Annotated[str, AfterValidator(_range)]
"""Addresses in CIDR form, such as ``203.0.113.0/24``; never a large part of the internet."""


class StoreKind(StrEnum):
    """Whose protocol a store speaks; its destination tells."""

    S3 = "s3"
    GOOGLE = "gs"
    AZURE = "https"


class StoreIdentity(StrEnum):
    """How a pod proves to an object store who it is."""

    WORKLOAD = "workload"
    """By the identity of its service account (IRSA, Azure workload identity, GKE); there is no key to leak."""
    KEYS = "keys"
    """By keys in a Secret, for stores that know no workload identity, such as most on-prem ones."""


class ObjectStoreSpec(Spec):
    """An object store that holds backups: as sovereign as the data in it.

    Backups are encrypted on their way. How they are encrypted where they lie is the bucket's to say: Barman Cloud can
    neither encrypt by itself nor name a key, so set the bucket's default encryption to a key of your own.
    """

    destination: Annotated[str, Field(pattern=_DESTINATION, max_length=500)]
    """``s3://BUCKET/PATH`` (S3 and what speaks it), ``gs://BUCKET/PATH``, or ``https://ACCOUNT/CONTAINER/PATH`` (Azure).
    Below it each database has a folder of its own."""

    endpoint: Annotated[str, Field(pattern=r"^https://[^\s@]+$")] | None = None
    """Endpoint of an S3-compatible store of one's own. None: the cloud's. Only TLS."""

    country: CountryCode
    """Country in which the store keeps its data; its name does not tell."""

    operator: Annotated[str, Field(min_length=1, max_length=63)]
    """Who runs the store; ``self`` when it is the owner of the factory."""

    identity: StoreIdentity = StoreIdentity.WORKLOAD
    """How pods prove who they are: ``workload`` (default) or ``keys``."""

    role: Annotated[str, Field(min_length=3, max_length=300, pattern=r"^[^\s]+$")] | None = None
    """With ``identity: workload``, who the pods are: ARN of an IAM role (EKS), client id (AKS) or service account (GKE). It
    becomes the annotation of their service account. None: the cluster knows by other means, such as EKS Pod Identity."""

    secret: DnsLabel | None = None
    """Secret in the database's namespace with the keys; with ``identity: keys``. For S3 it holds ``ACCESS_KEY_ID`` and
    ``ACCESS_SECRET_KEY``, for Azure ``AZURE_CONNECTION_STRING``, for Google ``GOOGLE_CREDENTIALS``. Never the keys here."""

    ca_secret: DnsLabel | None = None
    """Secret in the database's namespace whose ``ca.crt`` signed the endpoint's certificate. None: a public authority."""

    egress_cidrs: tuple[AddressRange, ...] = ()
    """Addresses at which the store answers, and whoever gives workload identities their tokens. Default: the private
    ranges (RFC 1918), which holds on-prem stores and private endpoints. A store with public addresses needs them here:
    a NetworkPolicy cannot name hosts, and nothing is open to the internet that nobody named."""

    key: DnsLabel | None = None
    """Key of the region that the bucket encrypts with by default. None: nobody said."""

    location: Annotated[str, Field(pattern=r"^(aws|azure)/[a-z0-9-]+$")] | None = None
    """The provider's place that it is in, such as ``azure/swedencentral``. None: none of a provider's, or nobody said."""

    redundancy: Literal["local", "zone", "geo"] | None = None
    """Where the provider keeps copies: ``local`` and ``zone`` stay in the place, ``geo`` goes to its paired region, which
    may be in another country. None: nobody said, which only a store of one's own can leave open."""

    @property
    def kind(self) -> StoreKind:
        """Whose protocol it speaks."""
        return StoreKind(urlsplit(self.destination).scheme)

    @property
    def port(self) -> int:
        """Port at which it answers; 443 unless endpoint or destination names another."""
        return urlsplit(self.endpoint or self.destination).port or 443

    @model_validator(mode="after")
    def _port_is_one(self) -> Self:
        try:
            _ = self.port
        except ValueError:
            raise ValueError("the port in the address is none; write a number from 1 to 65535, or leave it out") from None
        return self

    @model_validator(mode="after")
    def _identity_fits(self) -> Self:
        if (self.identity is StoreIdentity.KEYS) != (self.secret is not None):
            raise ValueError("secret goes with identity keys, and with no other: name the Secret that holds the keys")
        if self.role is not None and self.identity is not StoreIdentity.WORKLOAD:
            raise ValueError("role goes with identity workload, and with no other; leave it out")
        return self

    @model_validator(mode="after")
    def _endpoint_fits(self) -> Self:
        if self.endpoint is not None and self.kind is not StoreKind.S3:
            raise ValueError("endpoint goes with an s3:// destination, and with no other; leave it out")
        if self.ca_secret is not None and self.endpoint is None:
            raise ValueError("ca_secret goes with an endpoint of one's own: a cloud's is signed by a public authority")
        return self

"""Object stores for backups: where they are and how they are reached."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import CountryCode, DnsLabel, Spec

_DESTINATION = re.compile(r"^(s3|gs)://[a-z0-9][a-z0-9._-]*(/[^\s]*)?$|^https://[^\s/]+/[^\s]+$")


class StoreIdentity(StrEnum):
    """How a pod proves to an object store who it is."""

    WORKLOAD = "workload"
    """By the identity of its service account (IRSA, Azure workload identity, GKE); there is no key to leak."""
    KEYS = "keys"
    """By keys in a Secret, for stores that know no workload identity, such as most on-prem ones."""


class ObjectStoreSpec(Spec):
    """An object store that holds backups: as sovereign as the data in it."""

    destination: Annotated[str, Field(pattern=_DESTINATION, max_length=500)]
    """``s3://BUCKET/PATH`` (S3 and what speaks it), ``gs://BUCKET/PATH``, or ``https://ACCOUNT/CONTAINER/PATH`` (Azure)."""

    endpoint: Annotated[str, Field(pattern=r"^https://[^\s]+$")] | None = None
    """Endpoint of an S3-compatible store of one's own. None: the cloud's. Only TLS."""

    country: CountryCode
    """Country in which the store keeps its data; its name does not tell."""

    operator: Annotated[str, Field(min_length=1, max_length=63)]
    """Who runs the store; ``self`` when it is the owner of the factory."""

    identity: StoreIdentity = StoreIdentity.WORKLOAD
    """How pods prove who they are: ``workload`` (default) or ``keys``."""

    secret: DnsLabel | None = None
    """Secret in the database's namespace with the keys; with ``identity: keys``. For S3 it holds ``ACCESS_KEY_ID`` and
    ``ACCESS_SECRET_KEY``, for Azure ``AZURE_CONNECTION_STRING``, for Google ``GOOGLE_CREDENTIALS``. Never the keys here."""

    @model_validator(mode="after")
    def _secret_goes_with_keys(self) -> Self:
        if (self.identity is StoreIdentity.KEYS) != (self.secret is not None):
            raise ValueError("secret goes with identity keys, and with no other: name the Secret that holds the keys")
        if self.endpoint is not None and not self.destination.startswith("s3://"):
            raise ValueError("endpoint goes with an s3:// destination, and with no other; leave it out")
        return self

"""Who holds the keys: the order of custody, keys by name, and storage classes that are encrypted with them."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import CountryCode, ShortDnsLabel, Spec


class Custody(StrEnum):
    """Who can use a key without its owner's doing, from least to most control; compare with `rank`."""

    PROVIDER = "provider"
    """Made, kept and used by the provider."""
    CUSTOMER = "customer"
    """The customer's key in the provider's service (CMK): the customer decides, the provider's software uses it."""
    HSM = "hsm"
    """The customer's key in a hardware module that the provider runs and cannot read."""
    EXTERNAL = "external"
    """Held outside of the provider (HYOK, external key store): taking it away ends all use."""
    CLIENT = "client"
    """Data are encrypted before they reach the provider, who never sees a key."""

    @property
    def rank(self) -> int:
        """Place in the order, 0 for the least control."""
        return _RANKS[self]


_RANKS = {custody: rank for rank, custody in enumerate(Custody)}


class KeySpec(Spec):
    """One key, or all keys of one kind and place."""

    custody: Custody
    """Who can use it: ``provider`` < ``customer`` < ``hsm`` < ``external`` < ``client``."""

    country: CountryCode
    """Country in which the key lies."""

    operator: Annotated[str, Field(min_length=1, max_length=63)]
    """Who runs what holds it; ``self`` when it is the owner of the factory."""


class StorageClassSpec(Spec):
    """What is known of a StorageClass of the cluster: by itself its name says nothing about encryption."""

    encrypted: bool
    """Whether its volumes are encrypted where they lie."""

    key: ShortDnsLabel | None = None
    """Key of the region that encrypts them. None: nobody said whose key it is, which rules on keys take for unknown."""

    @model_validator(mode="after")
    def _key_goes_with_encryption(self) -> Self:
        if self.key is not None and not self.encrypted:
            raise ValueError("key goes with encrypted: true; a volume that is not encrypted has no key")
        return self

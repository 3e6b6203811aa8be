"""The base of all specs, and the value types that they share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DNS_LABEL_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
"""RFC 1123 label, as Kubernetes requires of names of namespaces and services."""


class Spec(BaseModel):
    """A frozen spec that refuses fields it does not know: a misspelt field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


DnsLabel = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=63)]
"""A name that may stand in a DNS label: lower-case letters, digits and ``-``, at most 63 characters."""

ShortDnsLabel = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=40)]
"""A name that other names are made from (``<name>-epp``, ``<name>-rw``), so it leaves them room: at most 40."""

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, upper case: ``DE``, ``FR``. ``UK`` is not a code; ``GB`` is."""

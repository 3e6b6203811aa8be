"""The base of all specs, and the value types that they share."""

from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aifactory.catalog import blocs, is_country
from aifactory.catalog.jurisdiction import ALIASES

DNS_LABEL_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
"""RFC 1123 label, as Kubernetes requires of names of namespaces and services."""


class Spec(BaseModel):
    """A frozen spec that refuses fields it does not know: a misspelt field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


DnsLabel = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=63)]
"""A name that may stand in a DNS label: lower-case letters, digits and ``-``, at most 63 characters."""

ShortDnsLabel = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=40)]
"""A name that other names are made from (``<name>-epp``, ``<name>-rw``), so it leaves them room: at most 40."""


def _country(code: str) -> str:
    """Refuse what has the shape of a code and is none: ``UK`` would be a place that no rule knows."""
    if code in ALIASES:
        raise ValueError(f"is no code of ISO 3166; {ALIASES[code]} is the one of that country")
    if code not in _usual() and not is_country(code):
        raise ValueError("is no code of ISO 3166, so nobody knows which country is meant")
    return code


@cache
def _usual() -> frozenset[str]:
    # Nearly every code that is ever written stands in these; the list of all is large, and read for the others only.
    others = frozenset({"US", "CN", "IN", "SG", "AE", "SA", "ZA"})
    return others.union(*(bloc.members for bloc in blocs().values()))


CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
"""ISO 3166-1 alpha-2, upper case: ``DE``, ``FR``. ``UK`` is not a code; ``GB`` is."""

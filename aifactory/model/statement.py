"""What a profile says: statements, each a rule with its bounds, a source, and whether it is fact or interpretation."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.model.base import CountryCode, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.custody import Custody
from aifactory.model.flow_kind import FlowKind

Sentence = Annotated[str, Field(min_length=10, max_length=2000)]
"""Words for a person who reviews: at least ten characters, since ``ok`` is no reason."""

Classes = Literal["all", "personal"] | tuple[ShortDnsLabel, ...]
"""Which data a statement is about: all, those of persons, or classes by name."""


class Realm(Spec):
    """A set of countries. What is neither named nor a member of a named bloc is not in it; ``deny`` beats both."""

    countries: tuple[CountryCode, ...] = ()
    """Countries by code."""

    blocs: tuple[DnsLabel, ...] = ()
    """Blocs of the catalog, such as ``eea``; who is a member depends on the date."""

    anywhere: bool = False
    """Whether every country is in it that is not denied: a place must be known, wherever it is. Default false."""

    deny: tuple[CountryCode, ...] = ()
    """Countries that are never in it."""


class _Statement(Spec):
    """What all statements have."""

    says: Sentence
    """The statement in one sentence, for people."""

    source: Annotated[str, Field(min_length=3, max_length=500)]
    """Where it is written: act and article, document and section."""

    nature: Literal["factual", "interpretive"] = "interpretive"
    """Whether the source says so, or it is one reading of it."""

    classes: Classes = "all"
    """Data that it is about: ``all`` (default), ``personal``, or names of classes. Data of which nobody said the class
    cannot be told apart, so a narrower statement is then unknown."""

    since: date | None = None
    """First day on which it holds. None: it always did."""

    until: date | None = None
    """Last day on which it holds. None: no end is known."""

    mandatory: bool = True
    """Whether a denial or an unknown blocks. False: it is shown and blocks nothing."""

    waivable: bool = True
    """Whether a waiver may except something from it."""


class Residency(_Statement):
    """Where machines stand and data lie."""

    rule: Literal["residency"]
    """Name of the rule: ``residency``."""
    within: Realm
    """Where they may be."""
    kinds: tuple[FlowKind | Literal["compute"], ...] = ()
    """What it is about: ``compute`` (the machines), ``storage``, ``replica``, ``backup``, ``copy``, ``state``, ``logs``,
    ``traces``. Empty: all of these."""


class Transfer(_Statement):
    """Where data may go."""

    rule: Literal["transfer"]
    """Name of the rule: ``transfer``."""
    free: Realm
    """Where they may go without more."""
    adequate: tuple[DnsLabel, ...] = ()
    """Blocs of dated decisions under which they may go; one with a condition needs a declared transfer that meets it."""
    mechanisms: tuple[DnsLabel, ...] = ()
    """Mechanisms of a declared transfer that are accepted elsewhere, such as ``scc``. Empty: none is."""
    protection: Custody | None = None
    """Least custody of the key that data sent by a mechanism are encrypted with. None: encryption on the way is enough."""
    kinds: tuple[FlowKind, ...] = ()
    """Flows that it is about. Empty: every one that carries data."""


class OperatorBounds(_Statement):
    """Who may run machines and hold data, and who may own those who do."""

    rule: Literal["operator"]
    """Name of the rule: ``operator``."""
    allowed: tuple[str, ...] = ()
    """Operators by name, nobody else. Empty: everyone whom the other bounds let pass."""
    forbidden: tuple[str, ...] = ()
    """Operators by name that are never allowed, nor whoever they own or license."""
    seat: Realm | None = None
    """Where the operator must have its seat. None: anywhere."""
    exposure: Realm | None = None
    """Jurisdictions that the operator and everyone above it may be exposed to. None: any."""
    each: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    """Most that one holder from outside of `seat` may have, in percent. None: no cap."""
    together: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    """Most that all holders from outside of `seat` may have together, in percent. None: no cap."""

    @model_validator(mode="after")
    def _caps_have_an_inside(self) -> Self:
        if self.seat is None and (self.each is not None or self.together is not None):
            raise ValueError("each and together count holders from outside of `seat`; say where inside is")
        return self


class KeyCustody(_Statement):
    """Who holds keys."""

    rule: Literal["key-custody"]
    """Name of the rule: ``key-custody``."""
    minimum: Custody
    """Least control: ``provider`` < ``customer`` < ``hsm`` < ``external`` < ``client``."""
    within: Realm | None = None
    """Where keys may lie. None: anywhere."""
    apart: bool = False
    """Whether whoever holds the key must be somebody else than whoever holds the data."""


class ManagedService(_Statement):
    """Services that a provider runs."""

    rule: Literal["managed-service"]
    """Name of the rule: ``managed-service``."""
    allowed: tuple[DnsLabel, ...] = ()
    """Services by name that may be managed, such as ``object-store`` or ``kubernetes``. Empty: none."""


class Portability(_Statement):
    """Code that can be taken along, and an exit that has been tried."""

    rule: Literal["portability"]
    """Name of the rule: ``portability``."""
    licences: Literal["osi", "any"] | tuple[str, ...] = "osi"
    """Licences that code may have: those the Open Source Initiative approved (default), any, or SPDX identifiers."""
    exit_target: bool = True
    """Whether a service needs a place to move to."""
    export_format: bool = True
    """Whether data need a format to be taken out in."""
    tested_within_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """How long ago an exit was last tried, at most. None: it need not have been."""


class InTransit(_Statement):
    """Encryption of data on their way."""

    rule: Literal["in-transit"]
    """Name of the rule: ``in-transit``."""
    inside: bool = True
    """Whether it holds inside of the cluster too."""


class AdminLocality(_Statement):
    """From where, and by whose identity provider, a region is administered."""

    rule: Literal["admin-locality"]
    """Name of the rule: ``admin-locality``."""
    within: Realm
    """Where administrators and their identity provider may be."""
    public: bool = False
    """Whether the cluster's API may answer the open internet."""


class Telemetry(_Statement):
    """What is reported, and to whom."""

    rule: Literal["telemetry"]
    """Name of the rule: ``telemetry``."""
    within: Realm
    """Where sinks may be."""
    vendors: bool = False
    """Whether programs may report to their makers."""


class Registry(_Statement):
    """Where code comes from."""

    rule: Literal["registry"]
    """Name of the rule: ``registry``."""
    hosts: tuple[str, ...] = ()
    """Hosts that images may come from. Empty: any."""
    digests: bool = True
    """Whether images must be pinned by digest."""


class GpuExport(_Statement):
    """GPUs that may not reach everyone."""

    rule: Literal["gpu-export"]
    """Name of the rule: ``gpu-export``."""
    groups: Annotated[tuple[DnsLabel, ...], Field(min_length=1)]
    """Groups of the catalog whose members need a licence, wherever the machines stand."""


class Support(_Statement):
    """From where help comes."""

    rule: Literal["support"]
    """Name of the rule: ``support``."""
    within: Realm
    """Where those who help may be."""


class Retention(_Statement):
    """How long copies are kept."""

    rule: Literal["retention"]
    """Name of the rule: ``retention``."""
    min_days: Annotated[int, Field(ge=0, le=36500)] | None = None
    """Shortest time in days. None: none."""
    max_days: Annotated[int, Field(ge=0, le=36500)] | None = None
    """Longest time in days. None: none."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min_days is None and self.max_days is None:
            raise ValueError("needs min_days or max_days; without them it says nothing")
        if self.min_days is not None and self.max_days is not None and self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is more than max_days {self.max_days}, so nothing could pass")
        return self


Statement = Annotated[
    Residency
    | Transfer
    | OperatorBounds
    | KeyCustody
    | ManagedService
    | Portability
    | InTransit
    | AdminLocality
    | Telemetry
    | Registry
    | GpuExport
    | Support
    | Retention,
    Field(discriminator="rule"),
]
"""One thing that a profile says; `rule` tells which."""

"""What rules judge: facts of one shape for each rule, whoever found them.

A region's specs, a resource of any Pulumi stack, and an object in a cluster are all turned into these. That is what makes it
one engine: whoever has a fact gets the same verdict. A value that nobody said is None; an empty tuple says there is none.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Final, Literal

from aifactory.model import Custody
from aifactory.model.flow_kind import FlowKind

ALL_CLASSES: Final = "*"
"""Class of what concerns whatever data there is, such as the machines of a region."""

NO_CODE: Final = "-"
"""Licence of what is no code that comes with us, such as a guest's own disks: there is none to ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts have.

    Attributes:
        subject: whom or what it is about, as findings and waivers write it.
        source: where it stands.
        data_class: class of the data that it concerns; `ALL_CLASSES` when whatever there is; None when nobody said.
    """

    rule: ClassVar[str]

    subject: str
    source: str = "declared"
    data_class: str | None = ALL_CLASSES

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        # What `dataclasses.asdict` does, without its copies of what nobody can change: every finding calls it.
        values = {name: getattr(self, name) for name in _names(type(self))}
        return {name: value.plain() if isinstance(value, Place) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is.

    Attributes:
        country: ISO 3166-1; None when nobody knows.
        subdivision: ISO 3166-2; None when nobody said.
        location: the provider's name of it with the provider, such as ``aws/eu-central-1``; empty when it has none.
        logical: whether the name stands for several places, and so for none.
    """

    country: str | None = None
    subdivision: str | None = None
    location: str = ""
    logical: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {name: getattr(self, name) for name in _names(type(self))}


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, in order."""
    return tuple(field.name for field in fields(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Located(Fact):
    """Machines stand, or data lie, somewhere."""

    rule: ClassVar[str] = "residency"
    kind: FlowKind | Literal["compute"]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Fact):
    """Data go from one place to another.

    Attributes:
        kind: why.
        origin: from where.
        place: to where.
        encrypted: whether they are encrypted on their way.
        recipient: who receives them; None when nobody knows.
    """

    rule: ClassVar[str] = "transfer"
    kind: FlowKind
    origin: Place
    place: Place
    encrypted: bool | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operated(Fact):
    """Somebody runs machines or holds data.

    Attributes:
        operator: key of the organization; None when nobody said.
    """

    rule: ClassVar[str] = "operator"
    operator: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Fact):
    """Data are encrypted with somebody's key, or are not.

    Attributes:
        encrypted: whether they are; None when nobody said.
        custody: who can use the key; None when nobody said.
        country: where the key lies; None when nobody said.
        holder: who runs what holds the key; None when nobody said.
        keeper: who holds the data; None when nobody said.
    """

    rule: ClassVar[str] = "key-custody"
    encrypted: bool | None
    custody: Custody | None = None
    country: str | None = None
    holder: str | None = None
    keeper: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed(Fact):
    """A service is used.

    Attributes:
        service: sort of it, such as ``object-store``, ``kubernetes``, ``database``.
        managed: whether somebody else than the owner of the factory runs it; None when nobody said.
        operator: who runs it; None when nobody said.
    """

    rule: ClassVar[str] = "managed-service"
    service: str
    managed: bool | None
    operator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portable(Fact):
    """Code or a service that one may have to leave.

    Attributes:
        licence: SPDX identifier or expression; None when nobody said; empty when it has none that is open;
            `NO_CODE` when there is no code to license.
        needs_exit: whether it holds data or answers clients, so that something must take its place.
        exit_target: what takes its place; None when nothing does.
        export_format: form in which data are taken out; None when none is known. Asked only where `needs_exit`.
        tested_days_ago: how long ago leaving was last tried; None when never.
    """

    rule: ClassVar[str] = "portability"
    licence: str | None
    needs_exit: bool = False
    exit_target: str | None = None
    export_format: str | None = None
    tested_days_ago: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Fact):
    """Data are on their way, encrypted or not.

    Attributes:
        encrypted: whether they are; None when nobody said.
        inside: whether they stay in the cluster.
    """

    rule: ClassVar[str] = "in-transit"
    encrypted: bool | None
    inside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Administered(Fact):
    """Somebody reaches the cluster's API.

    Attributes:
        public: whether it answers the open internet; None when nobody said.
        countries: from where people administer; None when nobody said.
        identity_country: where their identity provider runs; None when nobody said.
    """

    rule: ClassVar[str] = "admin-locality"
    public: bool | None
    countries: tuple[str, ...] | None = None
    identity_country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Fact):
    """Signals go to a sink, or a program reports to its maker.

    Attributes:
        declared: whether somebody declared that they do.
        vendor: maker that is reported to; None for a sink.
        silenced: whether reporting to a maker is switched off; None when nobody knows, and for a sink.
        country: where the sink is; None when nobody said. Not asked where reporting is off.
    """

    rule: ClassVar[str] = "telemetry"
    declared: bool
    vendor: str | None = None
    silenced: bool | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled(Fact):
    """An image or a chart is fetched.

    Attributes:
        host: registry; None when what decides is not ours to see.
        pinned: whether it is pinned by digest; None when nobody knows.
    """

    rule: ClassVar[str] = "registry"
    host: str | None
    pinned: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Fact):
    """Somebody uses GPUs.

    Attributes:
        accelerator: which.
        end_user: who; None when nobody said.
        reference: licence or exception; None when there is none.
    """

    rule: ClassVar[str] = "gpu-export"
    accelerator: str
    end_user: str | None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supported(Fact):
    """Somebody helps under a contract.

    Attributes:
        countries: from where; None when nobody said.
        access: ``none``, ``supervised`` or ``remote``; None when nobody said.
    """

    rule: ClassVar[str] = "support"
    countries: tuple[str, ...] | None
    access: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained(Fact):
    """Copies are kept for a time.

    Attributes:
        days: how long; None when nobody said.
    """

    rule: ClassVar[str] = "retention"
    days: int | None

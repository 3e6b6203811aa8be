"""What only people can say of a region: contracts, sinks, exits. Rules take what nobody said for unknown."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import CountryCode, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.custody import Custody
from aifactory.model.statement import Sentence

Operator = Annotated[str, Field(min_length=1, max_length=63)]
"""Key of an organization, such as ``aws``; ``self`` is the owner of the factory."""

Reference = Annotated[str, Field(min_length=3, max_length=300)]
"""Where a document lies: a number, a path, an address that needs no credentials."""


class IdentitySpec(Spec):
    """The identity provider that administrators prove themselves to."""

    operator: Operator
    """Who runs it."""

    country: CountryCode
    """Country in which it runs."""


class TransferSpec(Spec):
    """A transfer that somebody has assessed: to whom, by which mechanism, until when."""

    countries: Annotated[tuple[CountryCode, ...], Field(min_length=1)]
    """Countries that data go to."""

    data_classes: Annotated[tuple[ShortDnsLabel, ...], Field(min_length=1)]
    """Classes of data that go there."""

    recipient: Operator
    """Who receives them."""

    mechanism: DnsLabel
    """``adequacy``, ``scc`` (standard contractual clauses), ``bcr`` (binding corporate rules), ``idta`` (United Kingdom), or
    another that a profile names."""

    reference: Reference
    """The contract, and the assessment of it."""

    condition: str | None = None
    """Condition of an adequacy decision that the recipient meets, as the catalog writes it, such as ``dpf``. None: none."""

    protection: Custody | None = None
    """Who holds the key that data are encrypted with before they go. None: encrypted on their way only."""

    since: date
    """First day on which it holds."""

    until: date
    """Last day on which it holds: an assessment ends, and is made again."""

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.until < self.since:
            raise ValueError(f"until {self.until} is before since {self.since}")
        return self


class Signal(StrEnum):
    """What goes to a sink."""

    LOGS = "logs"
    METRICS = "metrics"
    TRACES = "traces"


class SinkSpec(Spec):
    """Somewhere outside of the region's cluster that signals are sent to."""

    signals: Annotated[tuple[Signal, ...], Field(min_length=1)]
    """``logs``, ``metrics``, ``traces``."""

    endpoint: Annotated[str, Field(pattern=r"^[a-z][a-z0-9+]*://[^\s@?#]+$", max_length=300)]
    """Where to, without credentials and without a query, which may hold some; such as ``https://logs.internal:3100``."""

    country: CountryCode
    """Country in which they are kept."""

    operator: Operator
    """Who runs it."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in them: logs of a billing system may hold customers. None: nobody said."""

    retention_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """How long they are kept, in days. None: nobody said."""

    key: ShortDnsLabel | None = None
    """Key of the region that they are encrypted with where they lie. None: nobody said."""

    @property
    def encrypted(self) -> bool:
        """Whether they are encrypted on their way: the scheme tells."""
        return self.endpoint.startswith(("https://", "grpcs://", "syslogs://", "tls://"))


class TelemetrySpec(Spec):
    """What leaves the cluster to be watched, and what its software may tell its makers."""

    sinks: dict[ShortDnsLabel, SinkSpec] = Field(default_factory=dict)
    """Sinks by name. Empty: nothing leaves the cluster."""

    reporting: tuple[Operator, ...] = ()
    """Makers that software may report to. Empty: none may, and what can be switched off is."""


class SupportSpec(Spec):
    """A support contract."""

    vendor: Operator
    """Who helps."""

    countries: Annotated[tuple[CountryCode, ...], Field(min_length=1)]
    """Countries from which they do."""

    access: Annotated[str, Field(pattern=r"^(none|supervised|remote)$")] = "none"
    """``none`` (default; they see what they are sent), ``supervised`` (somebody of ours watches), or ``remote``."""

    reference: Reference
    """The contract that says so: what nobody can measure is attested."""


class ExitSpec(Spec):
    """How one leaves, and whether that has been tried."""

    target: Sentence
    """Where to: another region, another provider, one's own machines."""

    plan: Reference
    """Where the plan lies."""

    tested: date | None = None
    """Day on which it was last tried. None: never."""


class ServiceSpec(Spec):
    """A service beside what this package makes, such as an identity provider or a provider's database."""

    title: Sentence
    """What it is."""

    kind: DnsLabel
    """Sort of service, as profiles name those they allow: ``object-store``, ``kubernetes``, ``identity``, ``database``."""

    operator: Operator
    """Who runs it."""

    country: CountryCode
    """Country in which it runs."""

    managed: bool
    """Whether somebody else than the owner of the factory runs it."""

    licence: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    """SPDX identifier of its software. None: unknown, or not open."""

    exit_target: Annotated[str, Field(min_length=3, max_length=300)] | None = None
    """What takes its place when it must be left. None: nothing does."""

    export_format: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    """Form in which its data are taken out. None: none is known."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in it. None: nobody said."""


class ExportSpec(Spec):
    """Who uses the GPUs, for rules on exports."""

    end_users: Annotated[tuple[Operator, ...], Field(min_length=1)]
    """Organizations that use them; ``self`` is the owner of the factory."""

    reference: Reference | None = None
    """Licence, or the exception that was found to hold. None: there is none."""

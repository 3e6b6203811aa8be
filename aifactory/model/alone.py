"""What a component that stands outside of a factory declares of its surroundings, so that it is judged like a region's."""

from datetime import date

from pydantic import Field

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.custody import KeySpec, StorageClassSpec
from aifactory.model.declared import TransferSpec
from aifactory.model.governance import DataClassSpec, ProfileSpec, WaiverSpec
from aifactory.model.organization import OrganizationName, OrganizationSpec


class DeclaredSpec(Spec):
    """The parts of a factory and its region that rules on a single block need."""

    data_classes: dict[ShortDnsLabel, DataClassSpec] = Field(default_factory=dict)
    """Classes of data by name."""

    keys: dict[ShortDnsLabel, KeySpec] = Field(default_factory=dict)
    """Keys by name."""

    storage_classes: dict[DnsLabel, StorageClassSpec] = Field(default_factory=dict)
    """What is known of storage classes, by name."""

    organizations: dict[OrganizationName, OrganizationSpec] = Field(default_factory=dict)
    """Who somebody is, over the catalog; ``self`` is whoever runs this."""

    profiles: dict[ShortDnsLabel, ProfileSpec] = Field(default_factory=dict)
    """Sets of rules of one's own, by name."""

    transfers: dict[ShortDnsLabel, TransferSpec] = Field(default_factory=dict)
    """Transfers that somebody has assessed, by name."""

    waivers: dict[ShortDnsLabel, WaiverSpec] = Field(default_factory=dict)
    """Exceptions to findings, by name."""

    reporting: tuple[str, ...] = ()
    """Makers that software may report to. Default: none."""

    as_of: date | None = None
    """Day of the judgement. None: today, in UTC."""

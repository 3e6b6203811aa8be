"""What facts of flows need besides the flow: where the region is, and what is said there of keys and volumes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aifactory.catalog import locations
from aifactory.model import Custody, KeySpec, OrganizationSpec, RegionSpec, SiteSpec, StorageClassSpec
from aifactory.sovereignty.copies import OWN
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.flow import PASSPHRASE

_CLOUDS: Final = frozenset({"aws", "azure"})
"""Providers of whose places the catalog knows the country; those of anybody else are where they are said to be."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where something stands.

    Attributes:
        region: name of the region.
        site: where it is and who runs it.
        file: what names the file or program that says so.
        keys: keys by name.
        storage_classes: what is known of storage classes, by name.
        reporting: makers whom programs may report to.
        owner_seat: country of the factory's owner, whose data these are; None when nobody said.
    """

    region: str
    site: SiteSpec
    file: str = "factory.yaml"
    keys: Mapping[str, KeySpec] = field(default_factory=dict[str, KeySpec])
    storage_classes: Mapping[str, StorageClassSpec] = field(default_factory=dict[str, StorageClassSpec])
    reporting: tuple[str, ...] = ()
    owner_seat: str | None = None

    @property
    def place(self) -> Place:
        """Where the region is; a cloud's location that the catalog does not know is no place, whatever is said of it."""
        site = self.site
        if site.provider not in _CLOUDS:
            return Place(country=site.country, subdivision=site.subdivision, location="")
        location = f"{site.provider}/{site.location}"
        known = locations().get(location)
        if known is None or not known.is_place:
            return Place(location=location, logical=known is not None)
        return Place(country=known.country, subdivision=known.subdivision or site.subdivision, location=location)

    def source(self, part: str) -> str:
        """Return where a part of the region stands."""
        return f"{self.file}: regions.{self.region}.{part}" if self.file.endswith(".yaml") else f"{self.file}: {part}"


def surroundings_of(
    name: str, region: RegionSpec, file: str = "factory.yaml", owner: OrganizationSpec | None = None
) -> Surroundings:
    """Return the surroundings of whatever is in a region.

    Args:
        name: name of the region.
        region: what it is.
        file: what names the file, for sources of facts.
        owner: the owner of the factory.
    """
    return Surroundings(
        name,
        region.site,
        file,
        {PASSPHRASE: KeySpec(custody=Custody.CLIENT, country=region.site.country, operator=OWN), **region.keys},
        region.storage_classes,
        region.telemetry.reporting if region.telemetry else (),
        owner.seat if owner else None,
    )

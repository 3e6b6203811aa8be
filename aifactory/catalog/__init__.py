"""Facts as data: accelerators, images, places, organizations, blocs, releases of operators; each with its source."""

from aifactory.catalog.accelerator import Accelerator, MigProfile, mig_resource
from aifactory.catalog.bloc import Bloc, Membership, conditional_members, members
from aifactory.catalog.export_group import ExportGroup
from aifactory.catalog.host import Host, host_facts
from aifactory.catalog.image import Image
from aifactory.catalog.jurisdiction import canonical, country_name, country_of, is_country, is_subdivision
from aifactory.catalog.load import (
    accelerators,
    blocs,
    export_groups,
    hosts,
    images,
    locations,
    organizations,
    releases,
    upgrades,
)
from aifactory.catalog.location import Location
from aifactory.catalog.order import conflicts_among, missing, order, required_of
from aifactory.catalog.organization import Organization, Ownership
from aifactory.catalog.ownership import Exposure, Holdings, Link, chain, exposure, foreign_holdings
from aifactory.catalog.release import Chart, OlmPackage, Release
from aifactory.catalog.upgrade import UpgradeRow, Upgrades, UpgradeVerdict
from aifactory.catalog.upgrade_path import verdict

__all__ = [
    "Accelerator",
    "Bloc",
    "Chart",
    "ExportGroup",
    "Exposure",
    "Holdings",
    "Host",
    "Image",
    "Link",
    "Location",
    "Membership",
    "MigProfile",
    "OlmPackage",
    "Organization",
    "Ownership",
    "Release",
    "UpgradeRow",
    "UpgradeVerdict",
    "Upgrades",
    "accelerators",
    "blocs",
    "canonical",
    "chain",
    "conditional_members",
    "conflicts_among",
    "country_name",
    "country_of",
    "export_groups",
    "exposure",
    "foreign_holdings",
    "host_facts",
    "hosts",
    "images",
    "is_country",
    "is_subdivision",
    "locations",
    "members",
    "mig_resource",
    "missing",
    "order",
    "organizations",
    "releases",
    "required_of",
    "upgrades",
    "verdict",
]

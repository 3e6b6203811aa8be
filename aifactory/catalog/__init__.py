"""Facts as data: accelerators, images, places, releases of operators; each with its source, nothing invented."""

from aifactory.catalog.accelerator import Accelerator, MigProfile, mig_resource
from aifactory.catalog.image import Image
from aifactory.catalog.load import accelerators, images, locations, releases, upgrades
from aifactory.catalog.location import Location
from aifactory.catalog.order import conflicts_among, missing, order, required_of
from aifactory.catalog.release import Chart, OlmPackage, Release
from aifactory.catalog.upgrade import UpgradeRow, Upgrades, UpgradeVerdict
from aifactory.catalog.upgrade_path import verdict

__all__ = [
    "Accelerator",
    "Chart",
    "Image",
    "Location",
    "MigProfile",
    "OlmPackage",
    "Release",
    "UpgradeRow",
    "UpgradeVerdict",
    "Upgrades",
    "accelerators",
    "conflicts_among",
    "images",
    "locations",
    "mig_resource",
    "missing",
    "order",
    "releases",
    "required_of",
    "upgrades",
    "verdict",
]

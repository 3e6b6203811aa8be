"""Facts as data: accelerators, images, releases of operators; each with the source it was read from, nothing invented."""

from aifactory.catalog.accelerator import Accelerator
from aifactory.catalog.image import Image
from aifactory.catalog.load import accelerators, images, releases
from aifactory.catalog.order import conflicts_among, missing, order, required_of
from aifactory.catalog.release import Chart, OlmPackage, Release

__all__ = [
    "Accelerator",
    "Chart",
    "Image",
    "OlmPackage",
    "Release",
    "accelerators",
    "conflicts_among",
    "images",
    "missing",
    "order",
    "releases",
    "required_of",
]

"""Facts as data: accelerators, images, releases of operators; each with the source it was read from, nothing invented."""

from aifactory.catalog.load import Accelerator, Image, Release, accelerators, images, releases

__all__ = ["Accelerator", "Image", "Release", "accelerators", "images", "releases"]

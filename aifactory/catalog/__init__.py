"""Facts as data: accelerators and operators, each with the source it was read from. Nothing in it is invented."""

from aifactory.catalog.load import Accelerator, Image, Operator, accelerators, images, operators

__all__ = ["Accelerator", "Image", "Operator", "accelerators", "images", "operators"]

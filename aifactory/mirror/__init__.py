"""What a region refers to outside of itself: charts, images and models, so that a registry of its own can be filled."""

from aifactory.mirror.gather import Listing, listing
from aifactory.mirror.item import Gap, Item, Kind, Way
from aifactory.mirror.shell import script

__all__ = ["Gap", "Item", "Kind", "Listing", "Way", "listing", "script"]

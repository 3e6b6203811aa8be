"""Bundles: what installs an operator without a network, beside factory.yaml, each file with its digest and its origin.

`load_bundle` reads and verifies one, `write_bundle` makes one. Nothing here knows Pulumi or asks a network.
"""

from aifactory.bundles.contents import Manifest
from aifactory.bundles.store import CHART_NAMES, Bundle, Contents, Part, bundle_place, load_bundle, write_bundle

__all__ = ["CHART_NAMES", "Bundle", "Contents", "Manifest", "Part", "bundle_place", "load_bundle", "write_bundle"]

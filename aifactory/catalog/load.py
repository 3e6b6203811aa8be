"""The catalog's files, read once and checked."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aifactory.catalog.accelerator import Accelerator
from aifactory.catalog.bloc import Bloc
from aifactory.catalog.export_group import ExportGroup
from aifactory.catalog.host import Host
from aifactory.catalog.image import Image
from aifactory.catalog.location import Location
from aifactory.catalog.organization import Organization
from aifactory.catalog.read import data, entries
from aifactory.catalog.release import Release
from aifactory.catalog.upgrade import Upgrades


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Return the known GPUs by the key that factory.yaml uses."""
    return entries("accelerators.yaml", Accelerator)


@cache
def releases() -> Mapping[str, Release]:
    """Return the pinned release of each known operator by the key that factory.yaml uses."""
    return entries("releases.yaml", Release)


@cache
def upgrades() -> Mapping[str, Upgrades]:
    """Return what is known about upgrades to the pinned releases, by the operator's name."""
    return entries("upgrades.yaml", Upgrades)


@cache
def images() -> Mapping[str, Image]:
    """Return the images that blocks run, by the name of their role."""
    return entries("images.yaml", Image)


@cache
def locations() -> Mapping[str, Location]:
    """Return the known places of cloud providers by ``provider/name``, such as ``aws/eu-central-1``."""
    return {
        f"{provider}/{name}": Location.model_validate({"provider": provider, "name": name} | shared | facts)
        for provider, groups in data("regions.yaml").items()
        for shared, named in map(_parted, groups)
        for name, facts in named.items()
    }


def _parted(group: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Part a group of locations into what all of them have in common, and each by name."""
    return {key: fact for key, fact in group.items() if key != "locations"}, group["locations"]


@cache
def organizations() -> Mapping[str, Organization]:
    """Return who operates, owns and licenses, by the key that locations, hosts and factory.yaml use."""
    return entries("organizations.yaml", Organization)


@cache
def blocs() -> Mapping[str, Bloc]:
    """Return the groups of countries that rules speak of, by name, such as ``eu``."""
    return entries("blocs.yaml", Bloc)


@cache
def export_groups() -> Mapping[str, ExportGroup]:
    """Return the groups of countries that an export law names, by name."""
    return entries("export_groups.yaml", ExportGroup)


@cache
def hosts() -> Mapping[str, Host]:
    """Return the hosts on the internet whose operator is known, by host name; each stands for all names below it too."""
    return entries("hosts.yaml", Host)

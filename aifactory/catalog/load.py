"""The catalog's files, read once and checked."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, cast

import yaml

from aifactory.catalog.accelerator import Accelerator
from aifactory.catalog.bloc import Bloc
from aifactory.catalog.export_group import ExportGroup
from aifactory.catalog.fact import Fact
from aifactory.catalog.host import Host
from aifactory.catalog.image import Image
from aifactory.catalog.location import Location
from aifactory.catalog.organization import Organization
from aifactory.catalog.release import Release
from aifactory.catalog.upgrade import Upgrades

_Entry = TypeVar("_Entry", bound=Fact)


def _data(name: str) -> dict[str, Any]:
    text = files("aifactory.catalog").joinpath(name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader))


def _read(name: str, entry: type[_Entry]) -> Mapping[str, _Entry]:
    return {key: entry.model_validate(facts) for key, facts in _data(name).items()}


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Return the known GPUs by the key that factory.yaml uses."""
    return _read("accelerators.yaml", Accelerator)


@cache
def releases() -> Mapping[str, Release]:
    """Return the pinned release of each known operator by the key that factory.yaml uses."""
    return _read("releases.yaml", Release)


@cache
def upgrades() -> Mapping[str, Upgrades]:
    """Return what is known about upgrades to the pinned releases, by the operator's name."""
    return _read("upgrades.yaml", Upgrades)


@cache
def images() -> Mapping[str, Image]:
    """Return the images that blocks run, by the name of their role."""
    return _read("images.yaml", Image)


@cache
def locations() -> Mapping[str, Location]:
    """Return the known places of cloud providers by ``provider/name``, such as ``aws/eu-central-1``."""
    return {
        f"{provider}/{name}": Location.model_validate({"provider": provider, "name": name} | shared | facts)
        for provider, groups in _data("regions.yaml").items()
        for shared, named in map(_parted, groups)
        for name, facts in named.items()
    }


def _parted(group: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Part a group of locations into what all of them have in common, and each by name."""
    return {key: fact for key, fact in group.items() if key != "locations"}, group["locations"]


@cache
def organizations() -> Mapping[str, Organization]:
    """Return who operates, owns and licenses, by the key that locations, hosts and factory.yaml use."""
    return _read("organizations.yaml", Organization)


@cache
def blocs() -> Mapping[str, Bloc]:
    """Return the groups of countries that rules speak of, by name, such as ``eu``."""
    return _read("blocs.yaml", Bloc)


@cache
def export_groups() -> Mapping[str, ExportGroup]:
    """Return the groups of countries that an export law names, by name."""
    return _read("export_groups.yaml", ExportGroup)


@cache
def hosts() -> Mapping[str, Host]:
    """Return the hosts on the internet whose operator is known, by host name; each stands for all names below it too."""
    return _read("hosts.yaml", Host)

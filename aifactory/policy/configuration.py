"""Which rules hold for a stack: from the configuration of the pack, or from the factory that the stack belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, IdentitySpec, KeySpec, RegionSpec, SiteSpec, StorageClassSpec, WaiverSpec
from aifactory.model.base import CountryCode, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.governance import DataClassSpec, ProfileSpec
from aifactory.model.load import load_factory, validate
from aifactory.model.nearest import nearest
from aifactory.policy.observation import Setting
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.profile import NO_RULES, Stated, shipped_profiles, statements_of
from aifactory.sovereignty.surroundings import Surroundings
from aifactory.sovereignty.world import World, world_of

SOURCE: Final = "policy pack"
"""What names the configuration in errors."""

WORDS: Final = (
    'nobody said which rules hold for this stack, and what nobody said is denied; write {"sovereignty": {"profiles": '
    '["eu-gdpr"]}} into a file and give it to Pulumi as --policy-pack-config FILE ("profiles": ["none"] says that no rules '
    "hold), or make the stack a region of a factory: its name is a region's in stacks/factory.yaml"
)


class PackSpec(Spec):
    """Configuration of the pack, under the name of its policy ``sovereignty`` in the file of ``--policy-pack-config``."""

    factory: str | None = None
    """Path of factory.yaml, from the directory of the stack's program. None: that of the stack's project, if any."""

    region: ShortDnsLabel | None = None
    """Region of the factory that the stack belongs to. None: that of the stack's name."""

    profiles: tuple[str, ...] = ()
    """Profiles that hold, instead of the region's. ``none`` says that no rules do."""

    own_profiles: dict[ShortDnsLabel, ProfileSpec] = Field(default_factory=dict)
    """Profiles of one's own, besides those of the factory; as ``profiles`` of factory.yaml."""

    as_of: date | None = None
    """Day of the judgement. None: today."""

    site: SiteSpec | None = None
    """Where the cluster stands that Kubernetes objects go into. None: the region's site; without a region nobody knows."""

    administrators: tuple[CountryCode, ...] | None = None
    """Countries from which people administer. None: those of the region; without one nobody said."""

    identity: IdentitySpec | None = None
    """Their identity provider. None: that of the region; without one nobody said."""

    storage_classes: dict[DnsLabel, StorageClassSpec] = Field(default_factory=dict)
    """What is known of storage classes, besides what the region says; ``default`` is that of claims that name none."""

    keys: dict[ShortDnsLabel, KeySpec] = Field(default_factory=dict)
    """Keys that storage classes and tags of keys name, besides those of the region."""

    key_tag: str = "sovereignty-key"
    """Tag of a cloud's key that names one of `keys`: where a key lies that the cloud does not hold, nobody else can tell."""

    data_class_tag: str = "data-class"
    """Tag (of clouds), label or annotation (of Kubernetes) that says the class of a resource's data."""

    data_classes: dict[ShortDnsLabel, DataClassSpec] = Field(default_factory=dict)
    """Classes of data, besides those of the factory. A tag that names another class says nothing."""

    waivers: dict[ShortDnsLabel, WaiverSpec] = Field(default_factory=dict)
    """Exceptions, besides those of the factory's waivers.yaml."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that the verdict on a resource of a stack depends on.

    Attributes:
        region: region that findings block: the factory's, or the stack's name.
        statements: what holds; empty only where somebody said that no rules do.
        world: who is who, on the day of the judgement.
        waivers: exceptions by name.
        setting: what no resource says.
    """

    region: str
    statements: tuple[Stated, ...]
    world: World
    waivers: Mapping[str, WaiverSpec]
    setting: Setting


def rules_of(config: Mapping[str, Any], stack: str, directory: Path, today: date) -> Rules:
    """Return which rules hold for a stack.

    Args:
        config: properties of the policy ``sovereignty``.
        stack: name of the stack.
        directory: where the stack's program is.
        today: the day, where the configuration says none.

    Raises:
        SpecError: nobody said which rules hold, or what is said is wrong; every problem with the words to write.
    """
    spec = validate(PackSpec, dict(config), f"{SOURCE}: sovereignty")
    path = directory / spec.factory if spec.factory else _factory_near(directory)
    factory = load_factory(path) if path else None
    region = _region(factory, spec, stack)
    profiles = spec.profiles or (region.profiles if region else ())
    if not profiles:
        raise SpecError(SOURCE, [Problem("profiles", "", WORDS)])
    own = {**(factory.profiles if factory else {}), **spec.own_profiles}
    unknown = [name for name in profiles if name not in {NO_RULES, *own, *shipped_profiles()}]
    if unknown:
        known = sorted({NO_RULES, *own, *shipped_profiles()})
        rule = f"no such profile; there are {', '.join(known)}"
        raise SpecError(SOURCE, [Problem("profiles", name, rule, nearest(name, known)) for name in unknown])
    on = spec.as_of or today
    world = _world(on, factory, spec)
    return Rules(
        (spec.region or stack) if region else stack,
        statements_of(profiles, own, on),
        world,
        {**(factory.waivers if factory else {}), **spec.waivers},
        _setting(spec, region, world),
    )


def _factory_near(directory: Path) -> Path | None:
    """Return the factory.yaml of a project: beside the program, in ``stacks/``, or above, up to where Pulumi.yaml is."""
    for place in (directory, *directory.parents):
        for path in (place / "factory.yaml", place / "stacks" / "factory.yaml"):
            if path.is_file():
                return path
        if (place / "Pulumi.yaml").is_file():
            return None
    return None


def _region(factory: FactorySpec | None, spec: PackSpec, stack: str) -> RegionSpec | None:
    if factory is None:
        return None
    name = spec.region or stack
    if name not in factory.regions and spec.profiles and not spec.region:
        return None
    return factory.region(name)


def _world(on: date, factory: FactorySpec | None, spec: PackSpec) -> World:
    world = world_of(on, factory)
    personal = {name: described.personal for name, described in spec.data_classes.items()}
    return World(on, world.organizations, {**world.personal, **personal}, world.transfers)


def _setting(spec: PackSpec, region: RegionSpec | None, world: World) -> Setting:
    site = spec.site or (region.site if region else None)
    access = region.access if region else None
    identity = spec.identity or (access.identity if access else None)
    telemetry = region.telemetry if region else None
    return Setting(
        place=Surroundings("", site).place if site else Place(),
        operator=site.operator if site else None,
        administrators=spec.administrators or (access.countries if access else None),
        identity_country=identity.country if identity else None,
        storage_classes={**(region.storage_classes if region else {}), **spec.storage_classes},
        keys={**(region.keys if region else {}), **spec.keys},
        key_tag=spec.key_tag,
        class_tag=spec.data_class_tag,
        classes=frozenset(world.personal),
        reporting=frozenset(telemetry.reporting if telemetry else ()),
        seats={key: organization.seat for key, organization in world.organizations.items()},
    )

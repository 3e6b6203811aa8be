"""Who can use the key that something is encrypted with, as far as a stack tells."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aifactory.model import Custody
from aifactory.policy.observation import Setting
from aifactory.policy.places import operator_at, place_named
from aifactory.policy.resource import Resource
from aifactory.policy.tables import KeyKind, rows
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first
from aifactory.sovereignty.fact import Place

PROVIDERS: Final = {"aws": "aws", "azure-native": "azure"}
"""Package to the provider as the catalog calls it."""

_ARN: Final = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):")


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a key.

    Attributes:
        custody: who can use it; None when nobody knows.
        place: where it lies.
        holder: who runs what holds it; None when nobody knows.
    """

    custody: Custody | None
    place: Place
    holder: str | None = None


def arn_region(value: Any) -> str:  # noqa: ANN401 - a property of a resource
    """Return the region that an ARN names; empty when it is no ARN, or names none."""
    matched = _ARN.match(value) if isinstance(value, str) else None
    return matched[1] if matched else ""


def key_of(
    reference: Any,  # noqa: ANN401 - a property of a resource
    provider: str,
    here: Place,
    linked: Iterable[Resource],
    setting: Setting,
) -> Held:
    """Return what is known of the key that a property names.

    Args:
        reference: the property's value.
        provider: ``aws`` or ``azure``.
        here: where the data lie.
        linked: resources of the stack that the value comes from.
        setting: what no resource says.
    """
    if reference is ABSENT:
        return Held(Custody.PROVIDER, here, operator_at(here))
    for resource in linked:
        held = held_by(resource, setting)
        if held is not None:
            return held
    if reference is UNKNOWN or not isinstance(reference, str):
        return Held(None, Place())
    if provider == "aws":
        if reference.startswith("alias/aws/") or ":alias/aws/" in reference:
            return Held(Custody.PROVIDER, here, operator_at(here))
        region = arn_region(reference)
        place = place_named("aws", region) if region else here
        return Held(Custody.CUSTOMER, place, operator_at(place))
    # The address of a vault names no region; whoever runs the data's place runs the vault.
    custody = Custody.HSM if ".managedhsm.azure." in reference.lower() else Custody.CUSTOMER
    return Held(custody, Place(), operator_at(here))


def held_by(resource: Resource, setting: Setting, depth: int = 0) -> Held | None:
    """Return what kind of key a resource is; None when it is none, and stands for none.

    A tag of a key may name one that is described in the configuration: where a key outside of the provider lies, nobody else
    can tell.
    """
    provider = PROVIDERS.get(resource.package)
    row = rows(provider).get(resource.kind) if provider else None
    if provider is None or row is None or row.key is None:
        return None
    if row.key.stands_for is not None:
        root = row.key.stands_for.partition(".")[0]
        behind = (held_by(each, setting, depth + 1) for each in resource.links.get(root, ()) if depth < 4)
        return next((held for held in behind if held), Held(None, Place()))
    tag = Found("tags", resource.properties.get("tags")).fields.get(setting.key_tag)
    said = setting.keys.get(tag) if isinstance(tag, str) else None
    if said is not None:
        return Held(said.custody, Place(country=said.country), said.operator)
    custody = _custody(row.key, resource)
    if custody is Custody.EXTERNAL:
        return Held(custody, Place())
    place = region_of(resource, provider)
    return Held(custody, place, operator_at(place))


def region_of(resource: Resource, provider: str) -> Place:
    """Return where a resource stands: by its own region, or its provider's."""
    name = "region" if provider == "aws" else "location"
    own = first(resource.properties, name)
    return place_named(provider, own.value if own.value is not ABSENT else first(resource.provider, name).value)


def _custody(kind: KeyKind, resource: Resource) -> Custody:
    if kind.always is not None:
        return kind.always
    if any(first(resource.properties, path).value is not ABSENT for path in kind.external):
        return Custody.EXTERNAL
    if any(first(resource.properties, path).value is not ABSENT for path in kind.hsm):
        return Custody.HSM
    return Custody.CUSTOMER

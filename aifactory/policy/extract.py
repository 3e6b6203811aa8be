"""From a resource to what is seen of it, whoever provides it."""

from dataclasses import dataclass
from typing import Final

from aifactory.policy.clouds import cloud_facts, cloud_of
from aifactory.policy.doors import doors
from aifactory.policy.objects import Item
from aifactory.policy.observation import Observation, Setting
from aifactory.policy.pods import charts, images, nodes, reports
from aifactory.policy.resource import Resource
from aifactory.policy.volumes import claims, storage_class

OWN: Final = frozenset({"pulumi", "aifactory"})
"""Packages that make nothing by themselves: stacks, references to stacks, and components, whose parts are resources too."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of a resource.

    Attributes:
        observations: facts, in the order in which they were found.
        known: whether its type is one that somebody has read: what is not, yields no fact, or only its place.
    """

    observations: tuple[Observation, ...]
    known: bool


def seen(resource: Resource, setting: Setting, stack: tuple[Resource, ...] | None = None) -> Seen:
    """Return what is seen of a resource.

    Args:
        resource: the resource.
        setting: what no resource says.
        stack: all resources of its stack, with their links; None as long as not all of them are there.
    """
    if resource.package == "kubernetes":
        item = Item(resource, setting)
        if resource.is_provider:
            return Seen((), known=True)
        looks = (images, charts, nodes, reports, claims, storage_class, doors)
        return Seen(tuple(found for look in looks for found in look(item)), item.known)
    cloud = cloud_of(resource, setting, stack)
    if cloud is None:
        return Seen((), known=resource.is_provider or resource.package in OWN)
    observations, known = cloud_facts(cloud)
    return Seen(tuple(observations), known)

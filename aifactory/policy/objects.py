"""One object of Kubernetes, and what its kind is known to hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aifactory.policy.observation import Setting
from aifactory.policy.resource import Resource
from aifactory.policy.tables import data
from aifactory.policy.values import Found, whole


@cache
def table() -> Mapping[str, Any]:
    """Return what is known of kinds."""
    return data("kubernetes")


@dataclass(frozen=True, slots=True)
class Item:
    """One object, with what all its facts have in common.

    Attributes:
        resource: its resource.
        setting: what no resource says.
    """

    resource: Resource
    setting: Setting

    def subject(self, what: str) -> str:
        """Return what a finding is about, as a waiver writes it; it holds no value of a property."""
        return f"{self.resource.stack}/{self.resource.kind} {self.resource.name}/{what}"

    @property
    def source(self) -> str:
        """Where facts stand."""
        return f"resource {self.resource.name}"

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its fields."""
        return self.resource.properties

    @property
    def kind(self) -> str:
        """Group and kind, without the version: ``apps/Deployment``; ``core/Service``."""
        module, _, name = self.resource.type.removeprefix("kubernetes:").partition(":")
        group = module.partition("/")[0]
        return f"{group}/{name}"

    @property
    def data_class(self) -> str | None:
        """Class of the data in it, as a label or an annotation says; None when none says a class that there is."""
        for part in ("labels", "annotations"):
            said = Found(part, whole(self.properties, f"metadata.{part}")).fields.get(self.setting.class_tag)
            if isinstance(said, str) and said in self.setting.classes:
                return said
        return None

    @property
    def known(self) -> bool:
        """Whether somebody has read its kind: Kubernetes' own, and those of operators that the tables name."""
        group = self.kind.partition("/")[0]
        own = "." not in group or group.endswith(".k8s.io") or self.resource.type in table()["charts"]
        return own or self.kind in table()["images"] or group in table()["known_groups"]

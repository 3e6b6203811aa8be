"""The factory: all regions, one file."""

from typing import Annotated, Literal

from pydantic import Field

from aifactory.errors import Problem, SpecError
from aifactory.model.base import ShortDnsLabel, Spec
from aifactory.model.declared import TransferSpec
from aifactory.model.governance import DataClassSpec, DifferenceSpec, ProfileSpec, WaiverSpec
from aifactory.model.nearest import nearest
from aifactory.model.organization import OrganizationName, OrganizationSpec
from aifactory.model.region import RegionSpec


class FactorySpec(Spec):
    """All regions and rules of one sovereign AI factory; the truth that stacks, policies and evidence derive from."""

    version: Literal[1]
    """Version of this file's form."""

    name: ShortDnsLabel
    """Name of the factory; part of the owner that every object carries."""

    data_classes: dict[ShortDnsLabel, DataClassSpec] = Field(default_factory=dict)
    """Classes of data by name, for rules that depend on what the data is."""

    profiles: dict[ShortDnsLabel, ProfileSpec] = Field(default_factory=dict)
    """Sets of rules of one's own, by name; a region names them in its ``profiles``."""

    differences: dict[ShortDnsLabel, DifferenceSpec] = Field(default_factory=dict)
    """Differences between regions that are meant, by name; all others are drift."""

    organizations: dict[OrganizationName, OrganizationSpec] = Field(default_factory=dict)
    """Who somebody is, over what the catalog knows; ``self`` is the owner of the factory, whom the catalog cannot know."""

    transfers: dict[ShortDnsLabel, TransferSpec] = Field(default_factory=dict)
    """Transfers of data to other countries that somebody has assessed, by name."""

    regions: Annotated[dict[ShortDnsLabel, RegionSpec], Field(min_length=1)]
    """Regions by name. A region's name is its Pulumi stack's name."""

    waivers: dict[ShortDnsLabel, WaiverSpec] = Field(
        default_factory=dict, exclude=True, json_schema_extra={"readOnly": True}
    )
    """Exceptions to findings, by name. They stand in ``waivers.yaml`` beside this file, so that it can have code owners of
    its own; in this file they are refused."""

    def region(self, name: str) -> RegionSpec:
        """Return a region by name.

        Raises:
            SpecError: there is no region of that name; the message lists those there are.
        """
        found = self.regions.get(name)
        if found is None:
            rule = f"no such region; factory {self.name} has {', '.join(sorted(self.regions))}"
            raise SpecError("factory.yaml", [Problem("stack", name, rule, nearest(name, self.regions))])
        return found


class WaiversFile(Spec):
    """``waivers.yaml``: the exceptions, apart from what they except."""

    version: Literal[1]
    """Version of this file's form."""

    waivers: dict[ShortDnsLabel, WaiverSpec] = Field(default_factory=dict)
    """Exceptions to findings, by name."""

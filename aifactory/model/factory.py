"""The factory: all regions, one file."""

from typing import Annotated, Literal

from pydantic import Field

from aifactory.errors import Problem, SpecError
from aifactory.model.base import ShortDnsLabel, Spec
from aifactory.model.nearest import nearest
from aifactory.model.region import RegionSpec


class FactorySpec(Spec):
    """All regions and rules of one sovereign AI factory; the truth that stacks, policies and evidence derive from."""

    version: Literal[1]
    """Version of this file's form."""

    name: ShortDnsLabel
    """Name of the factory; part of the owner that every object carries."""

    regions: Annotated[dict[ShortDnsLabel, RegionSpec], Field(min_length=1)]
    """Regions by name. A region's name is its Pulumi stack's name."""

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

"""From a region's specs to the facts that rules judge: all that is declared, nothing that is guessed."""

from collections.abc import Mapping
from datetime import date

from aifactory.model import FactorySpec
from aifactory.sovereignty.fact import Fact
from aifactory.sovereignty.operators import Fetched


def region_facts(
    factory: FactorySpec, name: str, on: date, fetched: Mapping[str, Fetched] | None = None
) -> tuple[Fact, ...]:
    """Return every fact of a region.

    Args:
        factory: the factory.
        name: name of the region.
        on: the day, for how long ago something was.
        fetched: what of operators lies in bundles.
    """
    raise NotImplementedError

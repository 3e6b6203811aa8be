"""What a region is, as one result: rows for people, facts for programs."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from aifactory.conventions import SIMULATED
from aifactory.status.databases import DatabaseFacts
from aifactory.status.models import ModelFacts
from aifactory.status.namespaces import QuotaFacts
from aifactory.status.nodes import NodeFacts
from aifactory.status.rows import BlockStatus, State, count


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """Numbers of a region as its cluster shows it."""

    kubernetes: str
    nodes: tuple[NodeFacts, ...]
    quotas: tuple[QuotaFacts, ...]
    databases: tuple[DatabaseFacts, ...]
    models: tuple[ModelFacts, ...]


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """A region as its cluster shows it.

    Attributes:
        factory: name of the factory.
        region: name of the region.
        blocks: a row for each block, in the order in which they stand on each other.
        facts: the numbers behind the rows.
        requests: how many requests it took to read.
    """

    factory: str
    region: str
    blocks: tuple[BlockStatus, ...]
    facts: RegionFacts
    requests: int

    @property
    def ready(self) -> bool:
        """Whether there is nothing to do: every block is ready, or none of ours."""
        return all(row.fine for row in self.blocks)

    @property
    def score(self) -> str:
        """How many are ready, in words: ``12 of 14 ready, 1 external``."""
        external = sum(row.state is State.EXTERNAL for row in self.blocks)
        done = sum(row.state is State.READY for row in self.blocks)
        return f"{done} of {len(self.blocks) - external} ready{f', {external} external' if external else ''}"

    @property
    def simulated(self) -> list[str]:
        """What is not real here, in words; empty when everything is."""
        nodes = sum(node.simulated for node in self.facts.nodes)
        found = [f"{count(nodes, 'node')} and the containers on them"] if nodes else []
        if any(row.simulated for row in self.blocks if row.block not in {"cluster", "gpu-pool"}):
            found.append("the operators' statuses (no Postgres, virtual machine, gateway or certificate is behind them)")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values, with what is simulated under the key ``SIMULATED``."""
        return {
            "factory": self.factory,
            "region": self.region,
            "ready": self.ready,
            "score": self.score,
            "blocks": rows_as_json(self.blocks),
            "facts": asdict(self.facts),
            "requests": self.requests,
            SIMULATED: self.simulated,
        }


def rows_as_json(rows: Iterable[BlockStatus]) -> list[dict[str, Any]]:
    """Return rows as plain values."""
    return [asdict(row) | {"state": row.state.value} for row in rows]

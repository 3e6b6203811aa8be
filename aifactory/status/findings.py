"""Looking at the objects of one block, one after the other, and making one row of what was found."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aifactory.kube.objects import Document, condition, is_simulated, owner_of, status_of, words
from aifactory.status.kinds import Kind
from aifactory.status.rows import READY, BlockStatus, State, Verdict, failed, missing, progressing, together
from aifactory.status.snapshot import Snapshot

Judge = Callable[[Document], Verdict]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose region a cluster is looked at for.

    Attributes:
        factory: name of the factory.
        region: name of the region.
    """

    factory: str
    region: str

    def foreign(self, item: Document) -> Verdict | None:
        """Return that an object is somebody else's; None when it is this region's."""
        owner = owner_of(item)
        if owner.startswith(f"{self.factory}/{self.region}/"):
            return None
        kind, name = item.get("kind") or "it", item["metadata"]["name"]
        if owner:
            return failed(f"{kind} {name} belongs to {owner}, not to {self.factory}/{self.region}: `pulumi up` refuses it")
        return failed(f"{kind} {name} is there, but nothing says that it is ours: `pulumi up` refuses it")


@dataclass(slots=True)
class Findings:
    """What was found about one block.

    Attributes:
        snapshot: the cluster.
        place: whose region it should be.
        verdicts: what was found so far.
        simulated: whether something of it is not real.
    """

    snapshot: Snapshot
    place: Place
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    simulated: bool = False

    def look(self, kind: Kind, name: str, namespace: str = "", judge: Judge | None = None) -> Document | None:
        """Look at an object that should be there, and return it when it is there and ours."""
        listing = self.snapshot.listings[kind]
        if listing.problem is not None:
            self.verdicts.append(listing.problem)
            return None
        item = listing.items.get((namespace, name))
        if item is None:
            shown = f"{namespace}/{name}" if namespace else name
            self.verdicts.append(missing(f"{kind.kind} {shown} is not in the cluster; `pulumi up` makes it"))
            return None
        return self.see({"kind": kind.kind} | item, judge)

    def see(self, item: Document, judge: Judge | None = None) -> Document | None:
        """Judge an object that is there, and return it when it is ours."""
        if foreign := self.place.foreign(item):
            self.verdicts.append(foreign)
            return None
        self.simulated = self.simulated or is_simulated(item)
        if item["metadata"].get("deletionTimestamp"):
            self.verdicts.append(progressing(f"{item.get('kind', 'it')} {item['metadata']['name']} is being deleted"))
        elif judge is not None:
            self.verdicts.append(judge(item))
        return item

    def add(self, *verdicts: Verdict) -> None:
        """Note more findings."""
        self.verdicts += verdicts

    def row(self, block: str, name: str, what: str, address: str = "") -> BlockStatus:
        """Return the row: the worst of what was found, and every reason."""
        verdict = together(self.verdicts)
        return BlockStatus(block, name, what, verdict.state, verdict.reason, self.simulated, address)


def external(block: str, name: str, what: str) -> BlockStatus:
    """Return the row of a block whose operator and objects are none of ours."""
    return BlockStatus(block, name, what, State.EXTERNAL)


def by_condition(kind: str, otherwise: Callable[[str], Verdict] = progressing, subject: str = "") -> Judge:
    """Return a judge that wants a condition to be true.

    Args:
        kind: type of the condition.
        otherwise: what it means when it is false.
        subject: what the reason begins with; empty for nothing.
    """

    def judge(item: Document) -> Verdict:
        return judge_condition(condition(status_of(item), kind), kind, item, otherwise, subject)

    return judge


def judge_condition(
    one: Document, kind: str, item: Document, otherwise: Callable[[str], Verdict] = progressing, subject: str = ""
) -> Verdict:
    """Judge one condition: true is ready, unless it speaks of an older spec than the object has now."""
    begin = f"{subject}: " if subject else ""
    if not one:
        return progressing(f"{begin}nothing has set its condition {kind} yet")
    seen, now = one.get("observedGeneration"), item["metadata"].get("generation")
    if seen is not None and now is not None and int(seen) < int(now):
        return progressing(f"{begin}its operator has not looked at the latest change yet")
    if one.get("status") == "True":
        return READY
    said = words(one) or f"its condition {kind} is {one.get('status')}"
    return otherwise(begin + said)

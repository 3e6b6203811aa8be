"""Claims and storage classes: where volumes lie, and whose key they are encrypted with."""

from collections.abc import Iterator

from aifactory.model import FlowKind
from aifactory.policy import keys
from aifactory.policy.conditions import flagged
from aifactory.policy.objects import Item, table
from aifactory.policy.observation import Observation
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first, select
from aifactory.sovereignty.fact import Kept, Located


def claims(item: Item) -> Iterator[Observation]:
    """Yield what is to be said of every claim in an object."""
    for path in table()["claims"].get(item.kind, ()):
        for found in select(item.properties, path):
            if found.value is not ABSENT:
                yield from _claim(item, found)


def _claim(item: Item, claim: Found) -> Iterator[Observation]:
    """A claim lies where the cluster is, and is encrypted as its storage class is said to be."""
    subject, setting = item.subject(f"storage {claim.path}"), item.setting
    located = Located(
        subject=subject, source=item.source, data_class=item.data_class, kind=FlowKind.STORAGE, place=setting.place
    )
    yield Observation(located)
    names = [first(claim.value, name).value for name in table()["storage_class_of_claim"]] if claim.known else [UNKNOWN]
    name = next((each for each in names if each is not ABSENT), "default")
    known = setting.storage_classes.get(name or "default") if isinstance(name, str) else None
    held = setting.keys.get(known.key or "") if known else None
    fact = Kept(
        subject=subject,
        source=item.source,
        data_class=item.data_class,
        encrypted=known.encrypted if known else None,
        custody=held.custody if held else None,
        country=held.country if held else None,
        holder=held.operator if held else None,
        keeper=setting.operator,
    )
    yield Observation(fact, (f"{claim.path}.storageClassName",) if name is UNKNOWN else ())


def storage_class(item: Item) -> Iterator[Observation]:
    """A storage class says by its parameters how volumes are encrypted; of one that nobody knows, nobody knows."""
    if item.kind != "storage.k8s.io/StorageClass":
        return
    found = first(item.properties, "provisioner")
    known = table()["provisioners"].get(found.value) if isinstance(found.value, str) else None
    subject = item.subject("volumes")
    if known is None:
        name = first(item.properties, "metadata.name").value
        said = item.setting.storage_classes.get(name) if isinstance(name, str) else None
        held = item.setting.keys.get(said.key or "") if said else None
        fact = Kept(
            subject=subject,
            source=item.source,
            data_class=None,
            encrypted=said.encrypted if said else None,
            custody=held.custody if held else None,
            country=held.country if held else None,
            holder=held.operator if held else None,
            keeper=item.setting.operator,
        )
        yield Observation(fact, (found.path,) if found.value is UNKNOWN else ())
        return
    key = first(item.properties, known["key"])
    answer = flagged(item.properties, known.get("flag", "parameters.encrypted"), (), known.get("default"))
    held = keys.key_of(key.value, known["provider"], item.setting.place, (), item.setting)
    unknown = (*answer.unknown, *((key.path,) if key.value is UNKNOWN else ()))
    fact = Kept(
        subject=subject,
        source=item.source,
        data_class=None,
        encrypted=answer.holds,
        custody=held.custody if answer.holds is not False else None,
        country=held.place.country,
        holder=item.setting.operator if held.custody else None,
        keeper=item.setting.operator,
    )
    yield Observation(fact, unknown)

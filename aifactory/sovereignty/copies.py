"""Copies that a provider makes by itself: geo-redundant storage crosses a border where the paired region does."""

from collections.abc import Iterator
from dataclasses import replace

from aifactory.catalog import locations
from aifactory.model import ObjectStoreSpec
from aifactory.sovereignty.flow import Flow, FlowKind

OWN = "self"
"""The operator that is the owner of the factory."""


def copies_of(backup: Flow, store: ObjectStoreSpec) -> Iterator[Flow]:
    """Yield the copies that a provider makes of what lies in a store.

    A store of one's own makes none that nobody set up. Of a provider's of which nobody said the redundancy, nobody knows.

    Args:
        backup: the flow into the store.
        store: the store.
    """
    if store.redundancy in {"local", "zone"} or (store.redundancy is None and store.operator == OWN):
        return
    if store.redundancy is None:
        note = "whether the provider copies it elsewhere, nobody said; object_stores.*.redundancy does"
        yield replace(backup, kind=FlowKind.COPY, note=note, country=None, location="")
        return
    place = locations().get(store.location or "")
    paired = f"{place.provider}/{place.paired}" if place and place.paired else ""
    pair = locations().get(paired)
    note = f"geo-redundant copy in {paired or 'a place that nobody named'}"
    country = pair.country if pair else None
    yield replace(backup, kind=FlowKind.COPY, note=note, country=country, location=paired)

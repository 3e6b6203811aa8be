"""Digests in the values of charts, so that what runs is what the catalog has seen, whatever its tag names by then."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from aifactory.catalog.chart_digest import chart_digests, image_parts

Values = dict[str, Any]


def digest_values(key: str, images: Iterable[str], over: Mapping[str, Any] | None = None) -> Values:
    """Return those values of a chart by which the catalog's digests reach it; empty as long as nobody has read any.

    A user who names another tag means another image: ours is left out there. Another repository is taken for a mirror, and
    keeps the digest, which is that of the same image anywhere.

    Args:
        key: what the facts about the chart are kept under.
        images: what the release's pods run, each with its digest where there is one.
        over: the user's values for this chart.
    """
    facts = chart_digests().get(key)
    if facts is None:
        return {}
    pinned = {name: (tag, digest) for name, tag, digest in map(image_parts, images) if digest}
    values: Values = {}
    for path, name in facts.tags.items():
        if name in pinned:
            _set(values, path, "@".join(pinned[name]))
    for path, name in facts.digests.items():
        if name in pinned and not _has(over or {}, f"{path.rpartition('.')[0]}.tag"):
            _set(values, path, pinned[name][1])
    return values


def _has(values: Mapping[str, Any], path: str) -> bool:
    head, _, rest = path.partition(".")
    if not rest:
        return bool(values.get(head))
    below = values.get(head)
    return isinstance(below, Mapping) and _has(cast("Mapping[str, Any]", below), rest)


def _set(values: Values, path: str, value: str) -> None:
    *above, last = path.split(".")
    held = values
    for name in above:
        held = held.setdefault(name, {})
    held[last] = value

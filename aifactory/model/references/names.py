"""Names that must exist: a table of places and what they point at."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.catalog import accelerators, blocs, export_groups, releases
from aifactory.catalog.profile_files import profile_names
from aifactory.errors import Problem
from aifactory.model.document import Path
from aifactory.model.nearest import nearest

NO_PROFILE = "none"

Data = Mapping[str, Any]
Found = Iterator[tuple[Path, Problem]]


@dataclass(frozen=True, slots=True)
class Reference:
    """A place of a region, or of the factory, whose value, or whose keys, must be a known name.

    Attributes:
        place: keys from the region, or the factory, on; ``*`` is any key or index; a last ``@`` means the keys themselves.
        target: section of the region whose keys are the names, or a catalog: ``accelerators``, ``releases``, ``blocs``,
            ``export_groups``; or ``/data_classes``, ``/profiles`` and ``/regions``, which are the factory's.
        rule: what is wrong with a name that is not there, and what follows.
        hint: how to make it, when no name is near.
    """

    place: str
    target: str
    rule: str
    hint: str = ""


_NO_NAMESPACE = "no such namespace in this region; objects in it would have no guardrails"
_NEW_NAMESPACE = "a namespace `{}:` under namespaces"
_NO_POOL = "no such GPU pool in this region"
_NO_CLASS = "no such class of data in this factory; rules could not tell what may happen to it"
_NO_KEY = "no such key in this region, so nobody knows who can open what is encrypted with it"
_NEW_KEY = "a key `{}:` under keys"
_NO_PROFILE = "no such profile, so nobody knows which rules are meant"
_NO_BLOC = "no such bloc in the catalog; there are {known}, and a statement on another is about nobody knows whom"
_NO_GROUP = "no such export group in the catalog; there are {known}, and of another nobody knows who needs a licence"

REFERENCES = (
    Reference("profiles.*", "/profiles", "no such profile; there are {known}, and an unknown profile denies"),
    Reference("operators.@", "releases", "no such operator in the catalog; there are {known}"),
    Reference("gpu_pools.*.accelerator", "accelerators", "no such accelerator in the catalog; there are {known}"),
    Reference("databases.*.namespace", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("databases.*.clients.*", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference(
        "databases.*.backup.store", "object_stores", "no such object store in this region, so there would be no backup",
        "an object store `{}:` under object_stores",
    ),
    Reference("databases.*.data_class", "/data_classes", _NO_CLASS),
    Reference("virtual_machines.*.namespace", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("virtual_machines.*.clients.*", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("virtual_machines.*.data_class", "/data_classes", _NO_CLASS),
    Reference("models.*.namespace", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("models.*.clients.*", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("models.*.pool", "gpu_pools", _NO_POOL),
    Reference("models.*.data_class", "/data_classes", _NO_CLASS),
    Reference("tenants.*.namespaces.*", "namespaces", _NO_NAMESPACE, _NEW_NAMESPACE),
    Reference("tenants.*.guaranteed.@", "gpu_pools", _NO_POOL),
    Reference("tenants.*.borrow_limit.@", "gpu_pools", _NO_POOL),
    Reference("tenants.*.lend_limit.@", "gpu_pools", _NO_POOL),
    Reference("object_stores.*.key", "keys", _NO_KEY, _NEW_KEY),
    Reference("storage_classes.*.key", "keys", _NO_KEY, _NEW_KEY),
    Reference("state.key", "keys", _NO_KEY, _NEW_KEY),
    Reference("telemetry.sinks.*.key", "keys", _NO_KEY, _NEW_KEY),
    Reference("telemetry.sinks.*.data_class", "/data_classes", _NO_CLASS),
    Reference("services.*.data_class", "/data_classes", _NO_CLASS),
)  # fmt: skip
"""Every name in a region that points at something."""

_STATEMENTS = "profiles.*.statements.*"

FACTORY_REFERENCES = (
    Reference("profiles.*.extends.*", "/profiles", _NO_PROFILE),
    *(Reference(f"{_STATEMENTS}.{field}.blocs.*", "blocs", _NO_BLOC) for field in ("within", "free", "seat", "exposure")),
    Reference(f"{_STATEMENTS}.adequate.*", "blocs", _NO_BLOC),
    Reference(f"{_STATEMENTS}.groups.*", "export_groups", _NO_GROUP),
    Reference("differences.*.regions.*", "/regions", "no such region, so nothing would be excepted from drift"),
)
"""Every name outside of regions that points at something."""


def known_profiles() -> tuple[str, ...]:
    """Return the profiles of rules that this version brings."""
    return (NO_PROFILE, *profile_names())


def check_names(region: Data, factory: Data, root: Path) -> Found:
    """Yield every name of a region, as the file has it, that points at nothing."""
    return _broken(REFERENCES, region, factory, root)


def check_factory_names(factory: Data) -> Found:
    """Yield names outside of regions that point at nothing: in profiles of the factory's own, in differences."""
    return _broken(FACTORY_REFERENCES, factory, factory, ())


def _broken(references: Iterable[Reference], within: Data, factory: Data, root: Path) -> Found:
    for reference in references:
        known = _known(reference.target, within, factory)
        for place, name in _values(within, tuple(reference.place.split(".")), root):
            if name not in known:
                yield place, _unknown(reference, name, known)


def _unknown(reference: Reference, name: str, known: set[str]) -> Problem:
    rule = reference.rule.format(known=", ".join(sorted(known)))
    among = 1 if reference.target == "releases" else 4
    return Problem("", name, rule, nearest(name, known, among=among) or reference.hint.format(name))


_CATALOGS: dict[str, Callable[[], Mapping[str, object]]] = {
    "accelerators": accelerators,
    "releases": releases,
    "blocs": blocs,
    "export_groups": export_groups,
}


def _known(target: str, region: Data, factory: Data) -> set[str]:
    if target in _CATALOGS:
        return set(_CATALOGS[target]())
    built_in = set(known_profiles()) if target == "/profiles" else set[str]()
    source = factory if target.startswith("/") else region
    return built_in | set(_mapping(source.get(target.removeprefix("/"))))


def _values(value: object, pattern: tuple[str, ...], place: Path) -> Iterator[tuple[Path, str]]:
    """Yield the words at a pattern's places; whatever has another shape is somebody else's to complain about."""
    if not pattern:
        if isinstance(value, str):
            yield place, value
        return
    head, rest = pattern[0], pattern[1:]
    if head == "@":
        yield from (((*place, key), key) for key in _mapping(value))
    elif head == "*" and isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _values(item, rest, (*place, index))
    else:
        mapping = _mapping(value)
        for key in mapping if head == "*" else (head,):
            if key in mapping:
                yield from _values(mapping[key], rest, (*place, key))


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

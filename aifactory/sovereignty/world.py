"""What the rules know of the world on one day: who is a member of what, who owns whom, what data are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aifactory.catalog import Organization, members, organizations
from aifactory.catalog.jurisdiction import all_countries
from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, OrganizationSpec, Realm, TransferSpec
from aifactory.model.statement import Classes
from aifactory.sovereignty.fact import ALL_CLASSES

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """Everything besides statement and fact that a judgement depends on; it has no clock of its own.

    Attributes:
        on: the day of the judgement.
        organizations: who is who: the catalog's, and over them the factory's.
        personal: class of data to whether it holds data of persons.
        transfers: declared transfers by name.
    """

    on: date
    organizations: Mapping[str, Organization]
    personal: Mapping[str, bool] = field(default_factory=dict[str, bool])
    transfers: Mapping[str, TransferSpec] = field(default_factory=dict[str, TransferSpec])
    _realms: dict[Realm, frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _found: dict[tuple[int, str], tuple[object, object]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def countries(self, realm: Realm) -> frozenset[str]:
        """Return the countries of a realm on this day: named or members, and not denied."""
        found = self._realms.get(realm)
        if found is None:
            every = all_countries() if realm.anywhere else ()
            named = set(realm.countries).union(every).union(*(members(bloc, self.on) for bloc in realm.blocs))
            found = self._realms[realm] = frozenset(named - set(realm.deny))
        return found

    def once(self, about: object, what: str, find: Callable[[], T]) -> T:
        """Return what depends on nothing but its arguments and this world, found at the first time and remembered.

        Args:
            about: what it is about, such as a statement; told from others by what it is, not by what is in it.
            what: what of it, such as the name of an operator; each rule asks of its own statements.
            find: how to find it.
        """
        key = (id(about), what)
        known = self._found.get(key)
        if known is None or known[0] is not about:
            # Kept with what it is about, so that no other object comes to have its identity; a copy of this has others.
            known = self._found[key] = (about, find())
        return cast("T", known[1])

    def covers(self, classes: Classes, data_class: str | None) -> bool | None:
        """Return whether a statement about these classes is about data of this one; None when nobody said what they are."""
        if classes == "all" or data_class == ALL_CLASSES:
            return True
        if data_class is None:
            return None
        if classes == "personal":
            return self.personal.get(data_class)
        return data_class in classes


def world_of(on: date, factory: FactorySpec | None = None) -> World:
    """Return the world on a day, as the catalog and a factory know it.

    Args:
        on: the day.
        factory: whose organizations, classes and transfers count; None: the catalog's alone.

    Raises:
        SpecError: what is said of an organization cannot be, such as owners of more than all of it.
    """
    if factory is None:
        return World(on, organizations())
    named = {name: _organization(name, spec) for name, spec in factory.organizations.items()}
    return World(
        on,
        {**organizations(), **named},
        {name: spec.personal for name, spec in factory.data_classes.items()},
        dict(factory.transfers),
    )


def _organization(name: str, spec: OrganizationSpec) -> Organization:
    owners = [{"owner": owner, "percent": percent} for owner, percent in spec.owners.items()]
    values = {
        "name": spec.title,
        "kind": spec.kind,
        "seat": spec.seat,
        "owners": owners,
        "ultimate_parent": spec.ultimate_parent,
        "licensors": spec.licensors,
        "dated": spec.dated,
        "source": f"factory.yaml: {spec.source}",
    }
    try:
        return Organization.model_validate(values)
    except ValidationError as error:
        raise SpecError("organizations", [_problem(name, details) for details in error.errors()]) from None


def _problem(name: str, details: ErrorDetails) -> Problem:
    """Return what the catalog refuses of an organization; an owner is told by its place in the list alone."""
    place = ".".join(["organizations", name, *(str(part) for part in details["loc"])])
    return Problem(place, "", details["msg"].removeprefix("Value error, "))

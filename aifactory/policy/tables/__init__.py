"""What types of resources hold, run, open and copy: tables of data, one file for each provider."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field

from aifactory.model import Custody, FlowKind

Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+([./][A-Za-z0-9]+)*$")]
"""Names joined by dots; lists on the way are walked. After a ``/`` a text is read as JSON."""

Value = bool | str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Part):
    """Whether something holds, by the value of a property.

    Attributes:
        path: property.
        values: values for which it holds.
        others: values for which it does not; empty: all others. A value that is in neither says nothing.
        default: what holds where nobody said a value; None: nobody knows.
        given: whether any value at all makes it hold.
        unless: a condition that, where it holds, makes this one false.
    """

    path: Path
    values: tuple[Value, ...] = ()
    others: tuple[Value, ...] = ()
    default: bool | None = None
    given: bool = False
    unless: "Condition | None" = None


class AtRest(_Part):
    """How data are encrypted where they lie.

    Attributes:
        flag: property that says whether they are; None: nothing but the default does.
        values: values of the flag for which they are; empty: it is a boolean.
        default: what holds where nobody said; None: nobody knows.
        key: property that names the key. A key that is named encrypts, where no flag says otherwise.
        said_by: types of other resources that may say it instead, by pointing here with `Row.of`.
    """

    flag: Path | None = None
    values: tuple[Value, ...] = ()
    default: bool | None = None
    key: Path | None = None
    said_by: tuple[str, ...] = ()


class Volume(AtRest):
    """A disk of a machine.

    Attributes:
        name: what findings call it.
        each: list of such disks, from whose items the other paths start; empty: there is none. None: there is always one.
    """

    name: str
    each: Path | None = None


class Copies(_Part):
    """Copies that a resource makes elsewhere.

    Attributes:
        path: property that names the place, once for each copy; a region, or an ARN with one.
        kind: why they are made.
        of: ``region`` when it names a region; ``resource`` when it names another resource, which tells its region.
    """

    path: Path
    kind: FlowKind
    of: Literal["region", "resource"] = "region"


class Paired(Condition):
    """Copies that the provider makes in the paired region.

    Attributes:
        kind: why they are made.
    """

    kind: FlowKind = FlowKind.COPY


class Admin(_Part):
    """An API that administers something.

    Attributes:
        closed: conditions each of which alone closes it to the internet.
        ranges: networks that it answers; absent or everything: the whole internet.
    """

    closed: tuple[Condition, ...]
    ranges: Path | None = None


class KeyKind(_Part):
    """What kind of key a resource is.

    Attributes:
        external: properties that, when given, say that it is held outside of the provider.
        hsm: properties that, when given, say that a hardware module of the customer's holds it.
        always: what it is whatever its properties say.
        stands_for: property that names the key which this is another name of.
    """

    external: tuple[Path, ...] = ()
    hsm: tuple[Path, ...] = ()
    always: Custody | None = None
    stands_for: Path | None = None


class Firewall(_Part):
    """Rules on who may come in.

    Attributes:
        at: list of rules; None: the resource is one rule.
        when: rules that it is about. None: all.
        only: rules that let somebody in. None: all do.
        cidrs: networks that may come in.
        low: first port.
        high: last port.
        ports: ports as text: ``22``, ``20-30``, ``*``.
    """

    at: Path | None = None
    when: Condition | None = None
    only: Condition | None = None
    cidrs: tuple[Path, ...]
    low: Path | None = None
    high: Path | None = None
    ports: tuple[Path, ...] = ()


class Row(_Part):
    """What is known of one type.

    Attributes:
        source: where names and defaults were read.
        keeps: that it holds data, and why; None: it holds none.
        runs: whether it runs programs.
        everywhere: whether it stands in many places at once.
        service: sort of managed service that it is; None: none.
        of: property that names the resource which it says something of, and not of itself.
        at_rest: encryption of the data that it holds.
        volumes: disks that it has.
        copies: copies elsewhere.
        paired: copies in the paired region.
        origin: property that names the region which its data come from (``from`` in the file).
        open: conditions each of which alone lets everybody in to data.
        admin: an API that administers it.
        in_transit: whether data are encrypted on their way.
        retention: property that says for how many days copies are kept.
        images: properties that name images.
        key: that it is a key, and which.
        firewall: rules on who may come in.
    """

    source: Annotated[str, Field(min_length=10)]
    keeps: FlowKind | None = None
    runs: bool = False
    everywhere: bool = False
    service: str | None = None
    of: Path | None = None
    at_rest: AtRest | None = None
    volumes: tuple[Volume, ...] = ()
    copies: tuple[Copies, ...] = ()
    paired: Paired | None = None
    origin: Annotated[Path | None, Field(alias="from")] = None
    open: tuple[Condition, ...] = ()
    admin: Admin | None = None
    in_transit: Condition | None = None
    retention: Path | None = None
    images: tuple[Path, ...] = ()
    key: KeyKind | None = None
    firewall: tuple[Firewall, ...] = ()


def data(name: str) -> dict[str, Any]:
    """Return a table as its file has it."""
    text = files("aifactory.policy.tables").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def rows(name: str) -> Mapping[str, Row]:
    """Return what is known of a provider's types, by type.

    Args:
        name: ``aws`` or ``azure``.
    """
    return {kind: Row.model_validate(facts) for kind, facts in data(name).items()}

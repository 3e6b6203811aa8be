"""Registers: tables of evidence, each row with what is declared, what is in the state, and what the cluster shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NO_STATE: Final = "not read: no state was given"
NO_CLUSTER: Final = "not observed: no cluster was asked"
NOT_A_RESOURCE: Final = "nothing of it is a resource"
NOT_AN_OBJECT: Final = "nothing of it is an object of the cluster"
NOT_ANSWERED: Final = "not answered"
"""What stands where nobody said something that only people can say."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from, three times.

    Attributes:
        declared: where it stands in factory.yaml.
        state: what the Pulumi state says of it, or that nobody read one.
        observed: what the cluster's API says of it, or that nobody asked.
        differs: where these disagree, in words; empty when they do not, or cannot be compared.
    """

    declared: str
    state: str = NO_STATE
    observed: str = NO_CLUSTER
    differs: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"declared": self.declared, "state": self.state, "observed": self.observed, "differs": list(self.differs)}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        subject: what it is about.
        cells: the values by column; None is shown as `NOT_ANSWERED`.
        origin: where it comes from.
        verdict: worst verdict of the findings about it; empty where no rule speaks of it.
    """

    subject: str
    cells: Mapping[str, str | None]
    origin: Origin
    verdict: str = ""

    def values(self) -> dict[str, Any]:
        """Return it as plain values."""
        cells = {key: NOT_ANSWERED if value is None else value for key, value in self.cells.items()}
        return {"subject": self.subject, **cells, "verdict": self.verdict or "no rule speaks of it", **self.origin.values()}


@dataclass(frozen=True, slots=True)
class Register:
    """A table of evidence.

    Attributes:
        name: its file's name without the ending.
        title: for people.
        about: what it shows and where that is demanded, in one or two sentences.
        columns: keys of cells with their titles, in order.
        rows: the rows.
        notes: what a reader must know besides.
    """

    name: str
    title: str
    about: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    def values(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "register": self.name,
            "title": self.title,
            "about": self.about,
            "notes": list(self.notes),
            "columns": dict(self.columns),
            "rows": [row.values() for row in self.rows],
        }


def yes(value: bool | None) -> str | None:  # noqa: FBT001 - a value that is put into words
    """Return a yes or a no; None stays None."""
    return None if value is None else "yes" if value else "no"


def words(values: "tuple[str, ...] | list[str]", none: str = "none") -> str:
    """Return values in a row."""
    return ", ".join(values) if values else none

"""The command `aifactory regions`: every place of a cloud provider that is known, and whose law holds there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from aifactory.errors import Problem, SpecError
from aifactory.terminal import Format, FormatOption, friendly

if TYPE_CHECKING:
    from aifactory.catalog import Location

_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """One region of a provider, as it is listed.

    Attributes:
        provider: whose, such as ``aws``.
        name: the provider's name of it.
        country: ISO 3166-1 code; None for what is no place, and for a place that no source puts into a country.
        subdivision: ISO 3166-2 code; None where the provider does not tell.
        partition: AWS partition; None for other providers.
        operator: who runs it, a key of the catalog's organizations.
        kind: ``physical``, or ``logical`` for what is no place.
        paired: region that the provider copies to where geo-redundancy is chosen.
    """

    provider: str
    name: str
    country: str | None
    subdivision: str | None
    partition: str | None
    operator: str
    kind: str
    paired: str | None


def places(provider: str | None = None, country: str | None = None) -> list[Place]:
    """Return the known places by provider and name.

    Args:
        provider: only of this one; default: all.
        country: only in this country, by its ISO code or an alias of it, such as ``UK``; default: everywhere, and nowhere.

    Raises:
        SpecError: every argument that names nothing known.
    """
    from aifactory.catalog import canonical, is_country, locations

    known = [locations()[key] for key in sorted(locations())]
    providers = sorted({location.provider for location in known})
    code = canonical(country) if country else None
    problems: list[Problem] = []
    if provider is not None and provider not in providers:
        problems.append(Problem("--provider", provider, "the catalog has no regions of it", " or ".join(providers)))
    if country is not None and (code is None or not is_country(code)):
        rule = "must be a country's code of two letters (ISO 3166-1), or nothing would ever be found"
        problems.append(Problem("--country", country, rule, code[:2] if code else ""))
    if problems:
        raise SpecError("regions", problems)
    return [
        _place(location) for location in known if provider in (None, location.provider) and code in (None, location.country)
    ]


def _place(location: "Location") -> Place:
    return Place(
        location.provider,
        location.name,
        location.country,
        location.subdivision,
        location.partition,
        location.operator,
        location.kind,
        location.paired,
    )


@friendly
def regions_command(
    provider: Annotated[str | None, typer.Option("--provider", help="Only regions of this one: aws or azure.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Only regions in this country, such as DE.")] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """List every region of cloud providers that is known: country, subdivision, partition, operator, kind and pair.

    A logical location stands for several places and is in no country. A place without a country is one that no source puts
    into one: rules take both for unknown, which is a denial.

    Exit code 0; also when nothing is found. 2: an option is wrong.
    """
    found = places(provider, country)
    if output is Format.JSON:
        typer.echo(json.dumps([asdict(place) for place in found], indent=2))
        return
    typer.echo(text_table(found))


def text_table(found: Sequence[Place]) -> str:
    """Return places in columns for people, with how many there are; what is not known is a dash."""
    head = ("PROVIDER", "NAME", "COUNTRY", "SUBDIVISION", "PARTITION", "OPERATOR", "KIND", "PAIRED")
    rows = [head, *(tuple(str(value or _UNKNOWN) for value in asdict(place).values()) for place in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    nowhere = sum(place.kind == "logical" for place in found)
    unknown = sum(place.kind == "physical" and place.country is None for place in found)
    noun = "region" if len(found) == 1 else "regions"
    return "\n".join([*lines, f"{len(found)} {noun}, {nowhere} of them logical (no place), {unknown} in an unknown country"])

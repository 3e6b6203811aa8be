"""The commands `aifactory profile ...`: which sets of rules there are, what each says and where that is written."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from aifactory.errors import Problem, SpecError
from aifactory.model import ProfileSpec, Statement, nearest
from aifactory.terminal import Format, FormatOption, friendly

profiles = typer.Typer(name="profile", help="Profiles: named, dated sets of sovereignty rules.", no_args_is_help=True)

AID = "an aid, not legal advice"

FactoryOption = Annotated[
    Path | None,
    typer.Option("--factory", "-f", help="With the profiles of this factory's own; default: those of the package."),
]


@profiles.command(name="list")
@friendly
def list_profiles(
    factory: FactoryOption = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="Day on which the reviews are judged; default: today.", formats=["%Y-%m-%d"])
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """List the profiles, with the day whose rules they have, and whether somebody must read their sources again.

    Exit code 0, whether or not a review is due. 2: the factory is wrong.
    """
    on = as_of.date() if as_of else datetime.now(UTC).date()
    rows = [_row(name, profile, on) for name, profile in sorted(_known(factory).items())]
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        due = f", review due since {row['review_by']}" if row["review_due"] else f", review by {row['review_by']}"
        extends = f", extends {', '.join(row['extends'])}" if row["extends"] else ""
        counts = f"{row['factual']} factual and {row['interpretive']} interpretive statements"
        typer.echo(f"{row['profile']} {row['version']} of {row['dated']}{due}: {row['title']}; {counts}{extends}")
    typer.echo(f"{AID}; aifactory profile show NAME has each statement with its source")


@profiles.command()
@friendly
def show(
    name: Annotated[str, typer.Argument(help="The profile.")],
    factory: FactoryOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Show what a profile says: each statement with its bounds, what follows when it is not met, and its source.

    Exit code 0. 2: there is no such profile, or the factory is wrong.
    """
    profile = _named(name, _known(factory))
    if output is Format.JSON:
        typer.echo(json.dumps({"profile": name, "note": AID, **profile.model_dump(mode="json")}, indent=2))
        return
    typer.echo(f"{name} {profile.version} of {profile.dated}, review by {profile.review_by}; {AID}\n{profile.title}")
    if profile.extends:
        typer.echo(f"with all statements of {', '.join(profile.extends)}")
    for key, statement in profile.statements.items():
        typer.echo("\n" + "\n".join(_told(key, statement)))


@profiles.command()
@friendly
def template() -> None:
    """Print a commented profile to copy into factory.yaml: one statement for each rule, none of which holds by itself."""
    typer.echo(files("aifactory.catalog").joinpath("profile_template.yaml").read_text(encoding="utf-8"), nl=False)


def _row(name: str, profile: ProfileSpec, on: date) -> dict[str, Any]:
    natures = [statement.nature for statement in profile.statements.values()]
    return {
        "profile": name,
        "title": profile.title,
        "version": profile.version,
        "dated": profile.dated.isoformat(),
        "review_by": profile.review_by.isoformat(),
        "review_due": on > profile.review_by,
        "extends": list(profile.extends),
        "factual": natures.count("factual"),
        "interpretive": natures.count("interpretive"),
    }


def _told(key: str, statement: Statement) -> Iterator[str]:
    from aifactory.sovereignty.profile_document import bounds_of, data_of, follows_of, in_force

    yield f"{key} ({statement.rule}, {statement.nature}): {statement.says}"
    yield f"  about: {'; '.join([data_of(statement), *bounds_of(statement)])}"
    yield f"  if not met: {follows_of(statement)}"
    if days := in_force(statement):
        yield f"  in force: {days}"
    yield f"  source: {statement.source}"


def _known(factory: Path | None) -> Mapping[str, ProfileSpec]:
    """Return the package's profiles, and over them those of a factory."""
    from aifactory.model import load_factory
    from aifactory.sovereignty.profile import shipped_profiles

    return {**shipped_profiles(), **(load_factory(factory).profiles if factory else {})}


def _named(name: str, known: Mapping[str, ProfileSpec]) -> ProfileSpec:
    """Return a profile.

    Raises:
        SpecError: there is none of that name.
    """
    if name in known:
        return known[name]
    rule = "there is no such profile; `aifactory profile list` has them, and --factory FILE adds those of a factory"
    raise SpecError("profile show", [Problem("NAME", name, rule, nearest(name, known))])

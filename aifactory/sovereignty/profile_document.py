"""Profiles in words: what a statement bounds and what follows from it, and the tables of docs/profiles.md.

`python -m aifactory.sovereignty.profile_document docs/profiles.md` makes these tables anew.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Final, cast

from aifactory.catalog.document import between, renew_files
from aifactory.model import ProfileSpec, Realm, Statement
from aifactory.sovereignty.profile import shipped_profiles

COMMAND: Final = "python -m aifactory.sovereignty.profile_document"
BEGIN: Final = f"<!-- profiles: made by {COMMAND} -->"
END: Final = "<!-- end of profiles -->"

_COMMON: Final = frozenset(
    {"rule", "says", "source", "nature", "classes", "since", "until", "mandatory", "waivable"},
)
"""Fields that every statement has; the others are its bounds."""


def bounds_of(statement: Statement) -> tuple[str, ...]:
    """Return the bounds of a statement in words, those that are not set left out: ``within: eea, CH``."""
    found = ((name, getattr(statement, name)) for name in type(statement).model_fields if name not in _COMMON)
    return tuple(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in found if value is not None and value != ())


def _words(value: object) -> str:
    if isinstance(value, Realm):
        named = ", ".join([*value.blocs, *value.countries]) or "no country"
        return f"{named}, never {', '.join(value.deny)}" if value.deny else named
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in cast("tuple[object, ...]", value))
    return str(value)


def follows_of(statement: Statement) -> str:
    """Return what follows when a statement is not met, in words."""
    if not statement.mandatory:
        return "shown, blocks nothing"
    return "blocks; a waiver may except" if statement.waivable else "blocks; takes no waiver"


def in_force(statement: Statement) -> str:
    """Return the days on which a statement holds, in words; empty when it always does."""
    parts = [f"since {statement.since}"] if statement.since else []
    return " ".join([*parts, *([f"until {statement.until}"] if statement.until else [])])


def data_of(statement: Statement) -> str:
    """Return which data a statement is about, in words."""
    if isinstance(statement.classes, tuple):
        return ", ".join(statement.classes)
    return {"all": "all data", "personal": "data of persons"}[statement.classes]


def tables(profiles: Mapping[str, ProfileSpec]) -> str:
    """Return Markdown with a table of all profiles, and one of the statements of each."""
    lines = [
        "| profile | what for | version | of | review by | statements |",
        "|---|---|---|---|---|---|",
        *(_summary(name, profiles[name]) for name in sorted(profiles)),
        "",
    ]
    return "\n".join([*lines, *(line for name in sorted(profiles) for line in _section(name, profiles[name]))])


def _summary(name: str, profile: ProfileSpec) -> str:
    natures = [statement.nature for statement in profile.statements.values()]
    count = f"{natures.count('factual')} factual, {natures.count('interpretive')} interpretive"
    extends = f", and those of {', '.join(f'`{other}`' for other in profile.extends)}" if profile.extends else ""
    cells = (f"`{name}`", profile.title, profile.version, str(profile.dated), str(profile.review_by), count + extends)
    return _row(*cells)


def _section(name: str, profile: ProfileSpec) -> Iterator[str]:
    yield from (f"### `{name}`", "", "| statement | says | rule and bounds | if not met | source |", "|---|---|---|---|---|")
    for key, statement in profile.statements.items():
        about = [data_of(statement), *bounds_of(statement)]
        follows = [statement.nature, follows_of(statement), in_force(statement)]
        yield _row(
            f"`{key}`",
            statement.says,
            f"`{statement.rule}`: {'; '.join(about)}",
            "; ".join(part for part in follows if part),
            statement.source,
        )
    yield ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def renew(text: str) -> str:
    """Return a document with the tables between its markers made anew.

    Raises:
        ValueError: it does not hold both markers.
    """
    return between(text, BEGIN, END, tables(shipped_profiles()))


if __name__ == "__main__":
    renew_files(sys.argv[1:], renew)

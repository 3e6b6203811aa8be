"""The tables of docs/regions.md, made of the same facts as every rule.

``python -m aifactory.catalog.facts_document docs/regions.md`` writes them anew between their markers; a test holds that
nobody forgot.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from aifactory.catalog.bloc import Membership
from aifactory.catalog.document import between, renew_files
from aifactory.catalog.load import blocs, export_groups, hosts, locations, organizations
from aifactory.catalog.organization import Organization

COMMAND: Final = "python -m aifactory.catalog.facts_document"
SECTIONS: Final = ("regions", "organizations", "blocs", "export groups", "hosts")


def markers(section: str) -> tuple[str, str]:
    """Return the lines between which a section stands."""
    return f"<!-- {section}: made by {COMMAND} -->", f"<!-- end of {section} -->"


def renew(text: str) -> str:
    """Return the page with every section made anew.

    Raises:
        ValueError: it does not hold both markers of each.
    """
    made = {
        "regions": _regions(),
        "organizations": _organizations(),
        "blocs": _blocs(),
        "export groups": _export_groups(),
        "hosts": _hosts(),
    }
    for section in SECTIONS:
        text = between(text, *markers(section), made[section])
    return text


def _table(head: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join((cell or '-').replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _regions() -> str:
    head = ("provider", "region", "country", "subdivision", "partition", "operator", "kind", "paired")
    known = sorted(locations().values(), key=lambda place: (place.provider, place.kind != "physical", place.name))
    return _table(
        head,
        (
            (f.provider, f"`{f.name}`", f.country, f.subdivision, f.partition, f"`{f.operator}`", f.kind, f.paired)
            for f in known
        ),
    )


def _organizations() -> str:
    head = ("organization", "name", "seat", "owners", "ultimate parent", "licensors", "as of", "source")
    return _table(
        head,
        (
            (f"`{key}`", f.name, f.seat, _owners(f), f.ultimate_parent, ", ".join(f.licensors), _day(f.dated), f.source)
            for key, f in sorted(organizations().items())
        ),
    )


def _owners(facts: Organization) -> str:
    if facts.kind != "company":
        return f"none: a {facts.kind}"
    return ", ".join(f"{held.owner} {held.percent} %" if held.percent else f"{held.owner} (?)" for held in facts.owners)


def _blocs() -> str:
    parts: list[str] = []
    for name, bloc in sorted(blocs().items()):
        members = "; ".join(
            f"{country} {', '.join(map(_stretch, stretches))}".strip() for country, stretches in sorted(bloc.members.items())
        )
        parts += [f"**`{name}`**: {bloc.title}. {members}. Source: {bloc.source}.", ""]
    return "\n".join(parts)


def _stretch(membership: Membership) -> str:
    since, until = _day(membership.since), _day(membership.until)
    days = f"{since or ''}..{until or ''}" if since or until else ""
    condition = f"(if {membership.condition})" if membership.condition else ""
    source = f"[{membership.source}]" if membership.source else ""
    return " ".join(filter(None, (days, condition, source)))


def _export_groups() -> str:
    parts: list[str] = []
    for name, group in sorted(export_groups().items()):
        since = f"since {group.since}, " if group.since else ""
        parts += [f"**`{name}`**: {group.title}. {', '.join(group.members)}. {since}read {group.dated}: {group.source}.", ""]
    return "\n".join(parts)


def _hosts() -> str:
    head = ("host, and all below it", "operator", "what", "source")
    return _table(head, ((f"`{name}`", f"`{f.operator}`", f.what, f.source) for name, f in sorted(hosts().items())))


def _day(day: object) -> str | None:
    return str(day) if day else None


if __name__ == "__main__":
    renew_files(sys.argv[1:], renew)

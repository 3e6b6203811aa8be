"""A site as it would be: from an option such as `aws:us-east-1` to the values of a site, as the catalog knows the place."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from aifactory.catalog import Location, canonical, is_country, locations
from aifactory.errors import Problem, SpecError
from aifactory.model import SiteSpec, nearest
from aifactory.model.site import Provider
from aifactory.sovereignty.alternatives import OWNER

PROVIDERS: Final[tuple[str, ...]] = get_args(Provider)
"""Whose infrastructure a site may be on."""

OWN: Final = ("on-prem", "edge")
"""Providers whose places the catalog does not know: each has a name and a country of one's own."""

ELSEWHERE: Final = "what lies elsewhere (object stores, state, keys, sinks, support) stays where it is declared"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was changed, in words.

    Attributes:
        changes: each as ``field: before -> after``.
        notes: what a reader must know of it.
    """

    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def proposed_site(
    site: SiteSpec,
    location: str | None,
    operator: str | None,
    country: str | None,
    known: Collection[str],
) -> tuple[dict[str, Any], Proposal]:
    """Return the values of a changed site, and what was changed.

    A place of a cloud brings its country, its subdivision and whoever runs it; what is named beside it goes before,
    and is for the model to refuse.

    Args:
        site: the site as it is.
        location: the place, with its provider; None: where it is.
        operator: who would run it; None: whoever runs that place, or runs it now.
        country: the country; None: that of the place.
        known: keys of the organizations that somebody described.

    Raises:
        SpecError: the place or the country is none.
    """
    problems = list(_country_problems(country))
    values = site.model_dump()
    notes: list[str] = []
    if location is not None:
        try:
            values, notes = _elsewhere(site, location, country)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError("what-if", problems)
    if country is not None:
        values["country"] = country
        if not str(values["subdivision"] or "").startswith(f"{country}-"):
            values["subdivision"] = None
    if operator is not None:
        values["operator"] = operator
    if values["operator"] != site.operator and values["operator"] not in {OWNER, *known}:
        near = nearest(str(values["operator"]), known)
        hint = f"; nearest known: {near}" if near else ""
        notes.append(f"nobody described operator {values['operator']}, so rules take who it is for unknown{hint}")
    if (values["provider"], values["location"], values["country"]) != (site.provider, site.location, site.country):
        notes.append(ELSEWHERE)
    return values, Proposal(tuple(_changes(site.model_dump(), values)), tuple(notes))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key, value in after.items():
        if before[key] != value:
            yield f"site.{key}: {before[key] or '-'} -> {value or '-'}"


def _country_problems(country: str | None) -> Iterable[Problem]:
    if country is not None and not is_country(country):
        code = canonical(country)
        rule = "must be a country's code of two letters (ISO 3166-1)"
        yield Problem("--country", country, rule, code[:2] if code else "")


def _elsewhere(site: SiteSpec, location: str, country: str | None) -> tuple[dict[str, Any], list[str]]:
    provider, name = _parted(site, location)
    if (provider, name) == (site.provider, site.location):
        return site.model_dump(), []
    if provider in OWN:
        return _own(site, provider, name, country)
    known = _known(provider, name)
    notes: list[str] = []
    if known.country is None:
        if country is None:
            rule = "no source tells in which country it is, so nothing may be there; --country CC says it for the site alone"
            raise SpecError("what-if", [Problem("--location", location, rule)])
        notes.append(f"no source tells in which country {provider} {name} is; rules take it for unknown, whatever is said")
    values = {
        "provider": provider,
        "location": name,
        "country": known.country,
        "operator": known.operator,
        "subdivision": known.subdivision,
    }
    return values, notes


def _own(site: SiteSpec, provider: str, name: str, country: str | None) -> tuple[dict[str, Any], list[str]]:
    """Return a place of one's own: nobody but its owner knows where it is."""
    if country is None:
        rule = "is a place of your own, of which the catalog knows nothing; say with --country CC where it is"
        raise SpecError("what-if", [Problem("--location", f"{provider}:{name}", rule)])
    values = site.model_dump() | {"provider": provider, "location": name, "country": country, "subdivision": None}
    return values, [f"operator stays {site.operator}; --operator says who else would run {provider} {name}"]


def _parted(site: SiteSpec, location: str) -> tuple[str, str]:
    """Return provider and name of a place; without a provider it is one of the provider that the site has."""
    provider, _, name = location.replace("/", ":", 1).partition(":")
    if not name and f"{site.provider}/{provider}" in locations():
        return site.provider, provider
    if not name:
        fits = [key.replace("/", ":") for key in locations() if key.partition("/")[2] == provider]
        rule = "must be a provider and its name of a place, such as aws:eu-central-1; `aifactory regions` lists them"
        near = " or ".join(fits) or _near(provider)
        raise SpecError("what-if", [Problem("--location", location, rule, near)])
    if provider == "local":
        rule = "local is this machine, for trying and for tests, and no place that anything could move to"
        raise SpecError("what-if", [Problem("--location", location, rule)])
    if provider not in PROVIDERS:
        rule = f"no such provider; there are {', '.join(PROVIDERS)}"
        raise SpecError("what-if", [Problem("--location", location, rule, nearest(provider, PROVIDERS))])
    return provider, name


def _known(provider: str, name: str) -> Location:
    """Return a place of a cloud.

    Raises:
        SpecError: there is none of that name, or it is a logical one.
    """
    found = locations().get(f"{provider}/{name}")
    if found is None:
        rule = "the catalog knows no such place, so nothing may be there; `aifactory regions` lists those that it knows"
        raise SpecError("what-if", [Problem("--location", f"{provider}:{name}", rule, _near(f"{provider}:{name}"))])
    if not found.is_place:
        rule = "stands for several places, and so for none: no country's law can be told for it; name the region itself"
        raise SpecError("what-if", [Problem("--location", f"{provider}:{name}", rule, _near(f"{provider}:{name}"))])
    return found


def _near(value: str) -> str:
    return nearest(value, [key.replace("/", ":") for key, place in locations().items() if place.is_place], among=1)

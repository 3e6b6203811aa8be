"""Values of charts: ours, with the registry of the region in them, under the user's."""

from collections.abc import Mapping
from typing import Any, cast

from aifactory.catalog import Chart, releases
from aifactory.catalog.chart_image import chart_images
from aifactory.catalog.release import facts_key
from aifactory.errors import Problem, SpecError
from aifactory.model.registry import RegistrySpec
from aifactory.render.chart_digests import digest_values
from aifactory.render.registry import unmirrored_problem

Values = dict[str, Any]


def merged(ours: Mapping[str, Any], over: Mapping[str, Any]) -> Values:
    """Return values with others over them: maps are merged at any depth, everything else is replaced.

    Args:
        ours: values below.
        over: values above; a list replaces a list, as Helm does it.
    """
    result = dict(ours)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value)) if both else value
    return result


def chart_values(
    release: str,
    registry: RegistrySpec | None = None,
    over: Mapping[str, Any] | None = None,
    chart: Chart | None = None,
) -> Values:
    """Return the values of a release's chart: the catalog's with its digests, the registry's over them, the user's over all.

    Args:
        release: its name in the catalog.
        registry: where the region's images come from; None: from where they are.
        over: the user's values, for this chart.
        chart: which of its charts; None: its only one, or the first.

    Raises:
        SpecError: the region has no mirror for an image of the chart, and takes images from mirrors only; or nobody has read
            how this chart takes a mirror, and it would go on pulling from outside.
    """
    chart = chart or releases()[release].chart
    ours = dict(chart.values) if chart else {}
    if chart is not None:
        found = releases()[release]
        ours = merged(ours, digest_values(facts_key(release, found, chart), found.images, over))
    if registry is not None:
        ours = merged(ours, registry_values(release, registry, chart))
    return merged(ours, over or {})


def registry_values(release: str, registry: RegistrySpec, chart: Chart | None = None) -> Values:
    """Return only those values of a release's chart by which the registry of a region reaches it.

    Raises:
        SpecError: as `chart_values`.
    """
    chart = chart or releases()[release].chart
    if chart is not None and chart.definitions_only:
        return {}
    facts = chart_images().get(facts_key(release, releases()[release], chart)) if chart else None
    if facts is None:
        rule = "takes no mirror and no pull secret: nobody has read which values of its chart name its images"
        raise SpecError("registry", [Problem(f"operators.{release}", release, rule, "install: adopt, or olm")])
    values: Values = {}
    problems = [_fixed_problem(release, host) for host in facts.fixed if registry.prefix(host) != host]
    for path, host in facts.registries.items():
        if (prefix := registry.prefix(host)) is None:
            problems.append(unmirrored_problem(f"operators.{release}.values.{path}", host, registry))
        elif prefix != host:
            _set(values, path, prefix)
    for path, name in facts.repositories.items():
        # A last part is added and taken away: on Docker Hub a name with one part only would mean another.
        if (found := registry.through(f"{name}/image")) is None:
            problems.append(unmirrored_problem(f"operators.{release}.values.{path}", name, registry))
        elif found != f"{name}/image":
            _set(values, path, found.removesuffix("/image"))
    if problems:
        raise SpecError("registry", problems)
    if secret := registry.pull_secret:
        for path, form in facts.pull_secrets.items():
            _set(values, path, [{"name": secret}] if form == "objects" else [secret])
    return values


def _fixed_problem(release: str, host: str) -> Problem:
    rule = "names images there that no value of its chart changes, so they would not come from where the region's images do"
    return Problem(f"operators.{release}", host, rule, "install: adopt, or no mirror for this host")


def _set(values: Values, path: str, value: object) -> None:
    *above, last = path.split(".")
    held = values
    for name in above:
        held = held.setdefault(name, {})
    held[last] = value

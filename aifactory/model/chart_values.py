"""Values of charts that no template reads: Helm takes them in silence, and what they were to change stays as it was."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from aifactory.catalog import Chart, Release
from aifactory.catalog.chart_keys import ChartKeys, chart_keys
from aifactory.catalog.release import facts_key
from aifactory.errors import Problem
from aifactory.model.nearest import nearest


def values_are_known(key: str, chart: Chart) -> bool:
    """Return whether a user's values of a chart are checked: somebody has read the values of this very version.

    Args:
        key: what facts about the chart are kept under (`facts_key`).
        chart: the chart, as the catalog pins it.
    """
    known = chart_keys().get(key)
    return known is not None and known.version == chart.version


def given_values(release: Release, chart: Chart, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return those of a user's values that are for one chart: all, or of several charts what stands below its name.

    Args:
        release: the release.
        chart: one of its charts.
        values: the user's.
    """
    if not release.more_charts:
        return values
    below = values.get(chart.name)
    return cast("Mapping[str, Any]", below) if isinstance(below, Mapping) else {}


def release_value_problems(name: str, release: Release, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every value that no chart of a release has. Places begin with ``values``.

    Args:
        name: of the release in the catalog.
        release: the release.
        values: the user's.
    """
    names = [chart.name for chart in release.charts]
    if release.more_charts:
        for key, value in values.items():
            if key not in names:
                rule = f"is no chart of {release.title}, whose values stand below the name of the chart: {', '.join(names)}"
                yield Problem(f"values.{key}", "", rule, nearest(key, names, among=1))
            elif not isinstance(value, Mapping):
                yield Problem(f"values.{key}", str(value), "must hold the values of that chart", f"{key}: {{name: value}}")
    for chart in release.charts:
        below = f"values.{chart.name}" if release.more_charts else "values"
        for problem in value_problems(facts_key(name, release, chart), chart, given_values(release, chart, values)):
            yield replace(problem, where=problem.where.replace("values", below, 1))


def value_problems(key: str, chart: Chart, values: Mapping[str, Any]) -> list[Problem]:
    """Return every value that the chart does not have; none when nobody has read what it has (`values_are_known`).

    A name that the chart's values.yaml only speaks of in a comment is taken: it is how charts document values that have no
    default. Places begin with ``values``.

    Args:
        key: what facts about the chart are kept under (`facts_key`).
        chart: the chart, as the catalog pins it.
        values: the user's, or ours.
    """
    if not values_are_known(key, chart):
        return []
    known = chart_keys()[key]
    return list(_unknown("values", values, known.names, known, f"{chart.name} {chart.version}"))


def _unknown(
    where: str, values: Mapping[str, Any], names: Mapping[str, Any], known: ChartKeys, chart: str
) -> Iterator[Problem]:
    for name, value in values.items():
        place = f"{where}.{name}"
        if name not in names:
            if name not in known.mentioned:
                there = f"; there are {', '.join(sorted(names))}" if len(names) <= 12 else ""
                rule = f"chart {chart} has no such value{there}; Helm would take it and nothing would change"
                yield Problem(place, "", rule, nearest(name, names, among=1))
        elif isinstance(names[name], Mapping) and isinstance(value, Mapping):
            below = cast("Mapping[str, Any]", names[name])
            yield from _unknown(place, cast("Mapping[str, Any]", value), below, known, chart)

"""Values of charts that no template reads: Helm takes them in silence, and what they were to change stays as it was."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from aifactory.catalog import Chart
from aifactory.catalog.chart_keys import ChartKeys, chart_keys
from aifactory.errors import Problem
from aifactory.model.nearest import nearest


def values_are_known(release: str, chart: Chart) -> bool:
    """Return whether a user's values of a chart are checked: somebody has read the values of this very version.

    Args:
        release: its name in the catalog.
        chart: its chart, as the catalog pins it.
    """
    known = chart_keys().get(release)
    return known is not None and known.version == chart.version


def value_problems(release: str, chart: Chart, values: Mapping[str, Any]) -> list[Problem]:
    """Return every value that the chart does not have; none when nobody has read what it has (`values_are_known`).

    A name that the chart's values.yaml only speaks of in a comment is taken: it is how charts document values that have no
    default. Places begin with ``values``.

    Args:
        release: its name in the catalog.
        chart: its chart, as the catalog pins it.
        values: the user's, or ours.
    """
    if not values_are_known(release, chart):
        return []
    known = chart_keys()[release]
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

"""Every chart of the catalog, by what facts about it are kept under."""

from typing import Final

from aifactory.catalog import Chart, releases
from aifactory.catalog.release import facts_key

OF: Final[dict[str, tuple[str, Chart]]] = {
    facts_key(name, release, chart): (name, chart) for name, release in releases().items() for chart in release.charts
}
"""Release and chart, by key."""

PULLING: Final = sorted(key for key, (_, chart) in OF.items() if not chart.definitions_only)
"""Keys of charts that pull images."""

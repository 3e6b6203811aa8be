"""Which values each chart has: the names of its values.yaml, so that a misspelt one is refused before anything is installed.

Helm hands every value to a chart's templates, known or not, and says nothing of one that none of them reads.
`python -m aifactory.catalog.chart_keys RELEASE[/CHART] VALUES_YAML` writes the names of one chart anew; a release of several
charts needs to be told which.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, cast

import yaml
from pydantic import Field

from aifactory.catalog.fact import Fact
from aifactory.catalog.load import releases
from aifactory.catalog.release import facts_key

_FILE: Final = "chart_keys.json"
_MENTIONED: Final = re.compile(r"^\s*#+\s*(?:-\s+)?([A-Za-z][A-Za-z0-9_-]*):(?:\s|$)", re.MULTILINE)

_KUBERNETES: Final = re.compile(
    r"(securityContext|resources|limits|requests|selector|affinity|annotations|labels|strategy|rollingUpdate|probe)$",
    re.IGNORECASE,
)
"""Values that charts hand on as they are: what may stand in them is Kubernetes' business, whatever the default holds."""

OPEN: Final[Mapping[str, tuple[str, ...]]] = {"gpu-operator": ("node-feature-discovery",), "": ("global",)}
"""Values whose names are not the chart's: those of charts in it (by release), and what Helm hands to all charts."""


class ChartKeys(Fact):
    """The values of a chart.

    Attributes:
        version: version of the chart that they are of.
        names: name to the names below it; None where anything may stand: a value, a list, an empty map.
        mentioned: names that its values.yaml only speaks of in comments: values without a default.
    """

    version: str
    names: dict[str, Any]
    mentioned: Annotated[tuple[str, ...], Field(default=())]


@cache
def chart_keys() -> Mapping[str, ChartKeys]:
    """Return the values of charts by what `facts_key` gives for each; of the others nobody has read them."""
    text = files("aifactory.catalog").joinpath(_FILE).read_text(encoding="utf-8")
    return {key: ChartKeys.model_validate(facts) for key, facts in json.loads(text).items()}


def keys_of(release: str, version: str, text: str) -> ChartKeys:
    """Return the names in a values.yaml.

    Args:
        release: whose chart it is, as `facts_key` gives it.
        version: version of the chart.
        text: the file.
    """
    values = cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader) or {})
    names = {key: _below(key, value) for key, value in values.items()}
    names |= dict.fromkeys((*OPEN[""], *OPEN.get(release, ())))
    return ChartKeys(version=version, names=names, mentioned=tuple(sorted(set(_MENTIONED.findall(text)))))


def _below(name: str, value: object) -> dict[str, Any] | None:
    if not isinstance(value, dict) or not value or _KUBERNETES.search(name):
        return None
    return {str(key): _below(str(key), inner) for key, inner in cast("dict[str, object]", value).items()}


def main(arguments: Sequence[str]) -> None:
    """Write the names of one chart into the file of the catalog."""
    key, source = arguments
    charts = {facts_key(name, release, chart): chart for name, release in releases().items() for chart in release.charts}
    if key not in charts:
        raise SystemExit(f"there is no chart {key}; there are {', '.join(sorted(charts))}")
    path = Path(__file__).with_name(_FILE)
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found = keys_of(key, charts[key].version, Path(source).read_text(encoding="utf-8"))
    known[key] = found.model_dump(mode="json")
    lines = ",\n".join(f"{json.dumps(each)}: {json.dumps(known[each], sort_keys=True)}" for each in sorted(known))
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

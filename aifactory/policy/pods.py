"""Pods, wherever they stand in an object: their images, the nodes that they ask for, and what they may report."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from aifactory import conventions
from aifactory.catalog.telemetry_switch import TelemetrySwitch, telemetry_switches
from aifactory.policy.images import pull
from aifactory.policy.objects import Item, table
from aifactory.policy.observation import Observation
from aifactory.policy.places import place_named
from aifactory.policy.values import UNKNOWN, Found, first, list_of, select, whole
from aifactory.sovereignty.fact import Located, Place, Pulled, Reported

CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")

COUNTRY_LABEL: Final = f"{conventions.GROUP}/country"
"""Label by which nodes say in which country they stand."""

_WORD: Final = re.compile(r"^[a-z][A-Za-z]{0,40}$")
"""Names of fields, which may be shown; names in maps of people's own may be anything."""

_COUNTRY: Final = re.compile(r"^[A-Z]{2}$")
_HOST: Final = re.compile(r"^[a-z0-9][a-z0-9.-]{0,252}(:\d{1,5})?$")


def images(item: Item) -> Iterator[Observation]:
    """Yield every image that an object names."""
    for container in containers(item.properties):
        if container.value is UNKNOWN:
            yield from pull(Found(f"{container.path}.image", UNKNOWN), item.subject, item.source)
        else:
            image = first(container.fields, "image")
            yield from pull(replace(image, path=f"{container.path}.image"), item.subject, item.source)
    for path in table()["images"].get(item.kind, ()):
        for found in select(item.properties, path):
            yield from pull(found, item.subject, item.source)
    for path in ("spec", "spec.template.spec"):
        for found in select(item.properties, f"{path}.volumes.image.reference"):
            yield from pull(found, item.subject, item.source)


def containers(value: Any, path: str = "", depth: int = 0) -> Iterator[Found]:  # noqa: ANN401 - any field of any object
    """Yield every container, wherever pods stand, custom resources included."""
    if depth > 24:
        return
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            word = key if _WORD.match(key) else "*"
            here = f"{path}.{word}" if path else word
            if key in CONTAINERS and inner is UNKNOWN:
                yield Found(here, UNKNOWN)
            elif key in CONTAINERS and isinstance(inner, list):
                items = cast("list[Any]", inner)
                yield from (Found(f"{here}[{index}]", each) for index, each in enumerate(items))
            yield from containers(inner, here, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from containers(inner, f"{path}[{index}]", depth + 1)


def charts(item: Item) -> Iterator[Observation]:
    """A chart is code; its images are its own affair, and are seen where the chart's objects are resources."""
    chart = table()["charts"].get(item.resource.type)
    if chart is None:
        return
    for path in (chart["repository"], chart["chart"]):
        found = first(item.properties, path)
        what = item.subject(f"chart {path}")
        if found.value is UNKNOWN:
            yield Observation(Pulled(subject=what, source=item.source, host=None, pinned=None), (path,))
            return
        if isinstance(found.value, str) and found.value.startswith(("https://", "http://", "oci://")):
            host = found.value.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
            # The index of a repository is not pinned by a digest; a chart in a registry of images may be.
            pinned = True if "@sha256:" in found.value else None
            shown = host if _HOST.match(host) else None
            yield Observation(Pulled(subject=what, source=item.source, host=shown, pinned=pinned))
            return


def nodes(item: Item) -> Iterator[Observation]:
    """Pods that ask for nodes of a country, or of a region of a cloud, run there, wherever the cluster's machines stand."""
    for label, found in _asked(item.properties):
        if label == COUNTRY_LABEL:
            said = found.value if isinstance(found.value, str) and _COUNTRY.match(found.value) else None
            place = Place(country=said)
        elif label in table()["region_labels"]:
            places = [place_named(provider, found.value) for provider in ("aws", "azure")]
            place = next((each for each in places if each.location and each.country), places[0])
        else:
            continue
        fact = Located(subject=item.subject(f"nodes {found.path}"), source=item.source, kind="compute", place=place)
        yield Observation(fact, (found.path,) if found.value is UNKNOWN else ())


def _asked(properties: Mapping[str, Any]) -> Iterator[tuple[str, Found]]:
    """Yield the labels of nodes that pods ask for, with their values."""
    for pod in ("spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"):
        selector = Found(f"{pod}.nodeSelector", whole(properties, f"{pod}.nodeSelector"))
        for label, value in selector.fields.items():
            yield label, Found(selector.path, value)
        affinity = f"{pod}.affinity.nodeAffinity"
        terms = (
            f"{affinity}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions",
            f"{affinity}.preferredDuringSchedulingIgnoredDuringExecution.preference.matchExpressions",
        )
        for expression in (found for term in terms for found in select(properties, term)):
            said = expression.fields
            if said.get("operator") == "In":
                for value in select(said, "values"):
                    yield str(said.get("key")), replace(value, path=f"{expression.path}.{value.path}")


def reports(item: Item) -> Iterator[Observation]:
    """Yield what programs in containers may report to their makers."""
    for container in containers(item.properties):
        image = container.fields.get("image")
        if not isinstance(image, str):
            continue
        for name, switch in sorted(telemetry_switches().items()):
            if _is_of(image, switch):
                silenced = _silenced(container.fields, switch)
                fact = Reported(
                    subject=item.subject(f"reporting of {name} {container.path}"),
                    source=item.source,
                    declared=switch.maker in item.setting.reporting,
                    vendor=switch.maker,
                    silenced=silenced,
                    country=item.setting.seats.get(switch.maker),
                )
                yield Observation(fact, (f"{container.path}.env",) if silenced is None else ())


def _is_of(image: str, switch: TelemetrySwitch) -> bool:
    paths = "|".join(re.escape(path) for path in switch.images)
    return bool(re.search(f"(^|/)({paths})(:[^/@]*)?(@.*)?$", image))


def _silenced(container: Mapping[str, Any], switch: TelemetrySwitch) -> bool | None:
    """Return whether a container says each of the switches; of a variable that stands there twice, both count."""
    env = whole(container, "env")
    if env is UNKNOWN:
        return None
    said: dict[str, list[Any]] = {}
    for entry in list_of(env):
        if entry is UNKNOWN:
            return None
        said.setdefault(str(first(entry, "name").value), []).append(first(entry, "value").value)
    answers = [[_holds(said.get(name, []), value) for name, value in one.items()] for one in switch.switches]
    if all(any(answer is True for answer in one) for one in answers):
        return True
    return None if all(any(answer is not False for answer in one) for one in answers) else False


def _holds(values: list[Any], wanted: str) -> bool | None:
    if any(value is UNKNOWN for value in values):
        return None
    return bool(values) and all(value == wanted for value in values)

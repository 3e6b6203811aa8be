"""Everything that a region pulls, from the region itself: what its blocks render, its flows, the plan of its operators."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from aifactory.bundled_operators import Bundled
from aifactory.catalog import Chart, releases
from aifactory.catalog.pinning import catalog_images
from aifactory.errors import Problem, SpecError
from aifactory.mirror.found import images_in
from aifactory.mirror.item import Gap, Item, Kind, Reference, Way, referred
from aifactory.model import FactorySpec, FlowKind, InstallMode, OperatorsSpec, RegionSpec, RegistrySpec
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators import Brought, HelmRelease, OperatorInstall, plan_operators
from aifactory.render.operators.bundled import OPERATOR_ANNOTATION
from aifactory.render.region import block_name, render_region
from aifactory.render.registry import unmirrored_problem
from aifactory.sovereignty import Flow
from aifactory.sovereignty.region import region_flows

_WORDS: Final = {
    "Postgres": "database",
    "InferenceService": "model",
    "VirtualMachine": "virtual machine",
    "GpuOperator": "gpu operator",
    "VirtualMachinePlatform": "virtual machine platform",
}
"""Blocks in the words of their flows."""

_ONE_OF_A_REGION: Final = ("GpuOperator", "VirtualMachinePlatform")

_VERSION: Final = re.compile(r"(?i)(tag|digest|hub|version)$")
"""Keys of values by which charts are told which version of an image to run."""

_ORDER: Final = {Kind.CHART: 0, Kind.IMAGE: 1, Kind.MODEL: 2}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a region refers to.

    Attributes:
        region: its name.
        registry: where its images come from; None: from where their makers keep them.
        items: everything that is pulled, by kind and name.
        gaps: what it needs and nobody can list, in order.
        problems: what can come to it by no way.
    """

    region: str
    registry: RegistrySpec | None
    items: tuple[Item, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]

    @property
    def to_copy(self) -> tuple[Item, ...]:
        """What must lie in the region's registry."""
        return tuple(item for item in self.items if item.way is Way.MIRROR)


def listing(factory: FactorySpec, name: str, bundled: Bundled | None = None) -> Listing:
    """Return what a region refers to, by the names that its makers know it by, and where it must lie for the region.

    Args:
        factory: the factory.
        name: the region.
        bundled: what bundles bring; None: nothing.

    Raises:
        SpecError: there is no such region, or a block refuses its spec.
    """
    region, brought = factory.region(name), bundled or Bundled()
    plain = region.model_copy(update={"registry": None})
    flows = region_flows(name, plain, brought.fetched)
    used, gaps = Used(), list[Gap]()
    sources = {spec.source.removeprefix("oci://") for spec in region.models.values() if spec.source.startswith("oci://")}
    for user, image in [*_rendered(_without_registry(factory, name, plain), name, brought.brought), *_pulled(flows, name)]:
        gaps += used.add(user, image, Kind.MODEL if image in sources else Kind.IMAGE)
    images = [_on_its_way(item, region.registry) for item in used.items()]
    charts = list(_charts(factory, name, region, brought.brought))
    gaps += [*_undecided(flows, name), *_owners(region)]
    items = sorted([*charts, *images], key=lambda item: (_ORDER[item.kind], item.reference))
    problems = (*_problems(items, region.registry), *_chart_problems(factory, name, region, brought.brought))
    return Listing(name, region.registry, tuple(items), tuple(dict.fromkeys(gaps)), problems)


def _without_registry(factory: FactorySpec, name: str, plain: RegionSpec) -> FactorySpec:
    return factory.model_copy(update={"regions": {**factory.regions, name: plain}})


def _rendered(factory: FactorySpec, name: str, brought: Mapping[str, Brought]) -> Iterator[tuple[str, str]]:
    """Yield the images of every object of a region, with who uses them."""
    for block in render_region(factory, name, brought):
        word = _WORDS.get(block.block, block.block.lower())
        user = word if block.block in _ONE_OF_A_REGION else f"{word} {block.name}"
        for manifest in (*block.manifests, *block.theirs):
            for image in images_in([manifest]):
                yield _operator_of(manifest) or user, image


def _operator_of(manifest: Manifest) -> str:
    notes = cast("Mapping[str, str]", manifest["metadata"].get("annotations") or {})
    operator = notes.get(OPERATOR_ANNOTATION)
    return f"operator {operator}" if operator else ""


def _user(flow: Flow, region: str) -> str:
    """Return who causes a flow, without the region's own name: the list is of one region."""
    word, _, rest = flow.block.rpartition(f" {region}")
    return f"{word} {rest.removeprefix('/')}".strip() if word and (not rest or rest.startswith("/")) else flow.block


def _pulled(flows: Iterable[Flow], region: str) -> Iterator[tuple[str, str]]:
    """Yield what flows say is pulled: pods that charts and operators make are rendered by none of us."""
    for flow in flows:
        if flow.kind in {FlowKind.IMAGE_PULL, FlowKind.MODEL_PULL}:
            for image in flow.images:
                yield _user(flow, region), image


def _undecided(flows: Iterable[Flow], region: str) -> Iterator[Gap]:
    """Yield what is fetched and is no image that could be named."""
    for flow in flows:
        # Charts are items of their own.
        if flow.kind is FlowKind.IMAGE_PULL and not flow.images and not flow.note.startswith("chart "):
            yield Gap(_user(flow, region), f"from {flow.destination}: {flow.note}")
        elif flow.kind is FlowKind.DISK_PULL and flow.destination != "here":
            yield Gap(_user(flow, region), f"{flow.note} from {flow.destination}, which is no registry")


def _owners(region: RegionSpec) -> Iterator[Gap]:
    """Yield operators that somebody else brings."""
    for key, spec in region.operators.items():
        if not spec.install.installs:
            yield Gap(f"operator {key}", f"install: {spec.install.value}, so its own images are its owner's to bring")
        elif spec.install is InstallMode.HELM and (paths := list(_versions_in(spec.values))):
            why = f"values set {', '.join(paths)}: which image that is, whoever set it knows; the catalog's are listed"
            yield Gap(f"operator {key}", why)


def _versions_in(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the places of values that say which version of an image runs."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _versions_in(cast("Mapping[str, Any]", value), f"{above}{key}.")
        elif _VERSION.search(key):
            yield f"{above}{key}"


class Used:
    """Images with who uses them, completed from the catalog."""

    def __init__(self) -> None:
        self._users: dict[tuple[Kind, Reference], set[str]] = {}
        known = [image for image in catalog_images() if not image.why_not]
        self._digests = {image.reference: image.digest for image in known if image.digest}
        self._tags: dict[str, set[str]] = {}
        for image in known:
            found = referred(image.reference)
            self._tags.setdefault(found.name, set()).add(found.tag)
        self._unnamed = {referred(image.reference).name: image.why_not for image in catalog_images() if image.why_not}

    def add(self, user: str, image: str, kind: Kind) -> list[Gap]:
        """Take an image; return why it is not one, as a gap."""
        found = referred(image)
        if found.name in self._unnamed:
            return [Gap(user, f"{image}: {self._unnamed[found.name]}, so no registry has it as it stands")]
        tags = self._tags.get(found.name, set())
        if not found.is_whole and len(tags) == 1:
            found = replace(found, tag=next(iter(tags)))
        if not found.is_whole:
            what = image.removesuffix("/image")
            return [Gap(user, f"images of {what}: values name the place and not the version, so whoever set them knows it")]
        digest = found.digest or self._digests.get(f"{found.name}:{found.tag}")
        self._users.setdefault((kind, replace(found, digest=digest)), set()).add(user)
        return []

    def items(self) -> Iterator[Item]:
        """Yield them, one for each name, tag and digest; without a digest only where none with the same tag has one."""
        pinned: dict[Reference, list[set[str]]] = {}
        for (_, found), users in self._users.items():
            if found.digest:
                pinned.setdefault(replace(found, digest=None), []).append(users)
        for (_, found), users in self._users.items():
            for others in pinned.get(found, []):
                others |= users
        for (kind, found), users in self._users.items():
            if found not in pinned:
                yield Item(kind, found.name, found.tag, found.digest, Way.DIRECT, used_by=tuple(sorted(users)))


def _on_its_way(item: Item, registry: RegistrySpec | None) -> Item:
    """Return an item with the way by which it comes to the region."""
    scheme, separator, name = item.name.rpartition("://")
    if registry is None:
        return item
    taken = registry.through(name)
    if taken is None:
        return replace(item, way=Way.REFUSED)
    if taken != name:
        return replace(item, way=Way.MIRROR, target=f"{scheme}{separator}{taken}")
    return replace(item, way=Way.THERE) if name.partition("/")[0] in registry.hosts else item


def _charts(factory: FactorySpec, name: str, region: RegionSpec, brought: Mapping[str, Brought]) -> Iterator[Item]:
    """Yield the charts that install operators."""
    for install in _plan(factory, name, region, brought, None):
        for chart, release in zip(releases()[install.operator].charts, install.releases, strict=False):
            yield _chart(f"operator {install.operator}", chart, release, region.registry)


def _plan(
    factory: FactorySpec, name: str, region: RegionSpec, brought: Mapping[str, Brought], registry: RegistrySpec | None
) -> list[OperatorInstall]:
    component = block_name(name, "operators")
    spec = OperatorsSpec(operators=region.operators)
    return plan_operators(Scope(factory.name, name, component), component, spec, brought, registry) if spec.operators else []


def _chart_problems(
    factory: FactorySpec, name: str, region: RegionSpec, brought: Mapping[str, Brought]
) -> tuple[Problem, ...]:
    """Return why a chart's images would not come from the region's registry, though they may lie there."""
    # Hosts without a mirror are items of the list, all at once; a plan stops at its first chart.
    lenient = region.registry and region.registry.model_copy(update={"only": False})
    try:
        _plan(factory, name, region, brought, lenient)
    except SpecError as error:
        return tuple(error.problems)
    return ()


def _chart(user: str, chart: Chart, release: HelmRelease, registry: RegistrySpec | None) -> Item:
    place = chart.reference if chart.is_oci else f"{chart.repo}/{chart.name}"
    item = Item(Kind.CHART, place, chart.version, None, Way.DIRECT, used_by=(user,))
    if not release.version:
        return replace(item, way=Way.BUNDLE)
    return _on_its_way(item, registry) if chart.is_oci else replace(item, way=Way.INDEX)


def _problems(items: Iterable[Item], registry: RegistrySpec | None) -> Iterator[Problem]:
    for item in items:
        if registry and item.way is Way.REFUSED:
            yield unmirrored_problem(", ".join(item.used_by), item.reference, registry)


def refuse_unreachable(found: Listing) -> None:
    """Refuse a list with something in it that can come to the region by no way.

    Raises:
        SpecError: with each of them.
    """
    if found.problems:
        raise SpecError(f"region {found.region}", list(found.problems))

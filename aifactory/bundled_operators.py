"""What the bundles beside factory.yaml bring, read and verified once: for what renders objects, and for what declares flows.

Bundles and rendering know nothing of each other; here they meet. Nothing here knows Pulumi or asks a network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aifactory.bundles import Bundle, load_bundle
from aifactory.catalog import releases
from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, InstallMode, OperatorSpec
from aifactory.render.operators import Brought
from aifactory.sovereignty.operators import Fetched

_FROM_BUNDLES = frozenset({InstallMode.HELM, InstallMode.MANIFESTS})


@dataclass(frozen=True, slots=True)
class Bundled:
    """What bundles bring, by operator; an operator without a bundle is in neither.

    Attributes:
        brought: charts, definitions and objects, for `plan_operators`.
        fetched: what is not fetched again, and the images of what is applied, for `operator_flows`.
    """

    brought: Mapping[str, Brought] = field(default_factory=dict[str, Brought])
    fetched: Mapping[str, Fetched] = field(default_factory=dict[str, Fetched])


def read_bundles(directory: Path, operators: Mapping[str, OperatorSpec], source: str) -> Bundled:
    """Return what the bundles of those operators bring that are installed from one, each file held against its digest.

    Args:
        directory: of the bundles, such as ``stacks/operators``; one that is not there has none.
        operators: the operators of a region, by their name in the catalog.
        source: whose operators they are, for problems.

    Raises:
        SpecError: a bundle is not what it was when it was fetched; the problems of all of them are listed.
    """
    found: dict[str, Bundle] = {}
    problems: list[Problem] = []
    for key, operator in operators.items():
        if operator.install in _FROM_BUNDLES and key in releases():
            try:
                bundle = load_bundle(directory, key, releases()[key].version)
            except SpecError as error:
                problems += [replace(each, where=f"{key}: {each.where}") for each in error.problems]
            else:
                found |= {key: bundle} if bundle else {}
    if problems:
        raise SpecError(f"{source}: bundles in {directory}", problems)
    return Bundled(
        {key: _brought(bundle) for key, bundle in found.items()},
        {key: Fetched(chart=bundle.chart is not None, images=bundle.images) for key, bundle in found.items()},
    )


def read_factory_bundles(directory: Path, factory: FactorySpec) -> Bundled:
    """Return what bundles bring to any region of a factory; all of its regions share one directory.

    Args:
        directory: of the bundles.
        factory: the factory.

    Raises:
        SpecError: as `read_bundles`.
    """
    regions = factory.regions.values()
    wanted = {key: spec for region in regions for key, spec in region.operators.items() if spec.install in _FROM_BUNDLES}
    return read_bundles(directory, wanted, f"Factory {factory.name}")


def _brought(bundle: Bundle) -> Brought:
    # As it was given, and relative if it was: an absolute path would differ from machine to machine, and with it the state.
    return Brought(str(bundle.chart or ""), bundle.crds, bundle.manifests)

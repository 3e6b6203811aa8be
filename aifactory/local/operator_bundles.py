"""Fetching what installs an operator into a bundle: its chart with Helm, its definitions from the chart or a Go module."""

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.bundles import Bundle, Contents, Manifest, load_bundle, write_bundle
from aifactory.bundles.contents import MOST_BYTES, definition_problems, read_objects, split
from aifactory.catalog import Chart, Release, releases
from aifactory.errors import Problem, SpecError, ToolError
from aifactory.local import tools
from aifactory.local.crds.fetch import module_directories
from aifactory.local.crds.sources import table
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter

PULL_SECONDS: Final = 300
"""Longest wait for one chart; the largest has 3 MB, and a registry that asks for a password never answers."""

_RENDER_SECONDS: Final = 120
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")

Helm = Callable[[Sequence[str]], str]
"""Runs Helm and returns what it says."""


@dataclass(frozen=True, slots=True)
class Given:
    """Files that are at hand and not fetched, as in a place without a network.

    Attributes:
        chart: a packed chart, or the directory of one; of several charts the directory that holds all of them, packed as
            ``helm pull`` names them or each as a directory of its name.
        crds: a YAML file of definitions, or a directory of them.
        manifests: a YAML file of the operator's objects, or a directory of them; definitions among them are sorted out.
    """

    chart: Path | None = None
    crds: Path | None = None
    manifests: Path | None = None


@dataclass(frozen=True, slots=True)
class FetchedBundle:
    """What became of one operator's bundle.

    Attributes:
        operator: its name in the catalog.
        bundle: the bundle as it is now.
        changed: whether it is another one than before.
    """

    operator: str
    bundle: Bundle
    changed: bool


def fetch(operator: str, directory: Path, given: Given, paths: Paths, reporter: Reporter) -> FetchedBundle:
    """Fill the bundle of an operator at its pinned version.

    Without files at hand: its chart from its repository, and the definitions that Helm installs once and never upgrades.
    Definitions that the chart makes as ordinary objects stay with the chart: Helm upgrades those. An operator without a
    chart has its definitions taken from its Go modules.

    Args:
        operator: its name in the catalog.
        directory: of the bundles.
        given: files at hand.
        paths: the cache, for Helm where it has to be built.
        reporter: told what is fetched.

    Raises:
        SpecError: no such operator, or a file is not what it should be.
        ToolError: Helm or Go is missing, or could not fetch.
    """
    release = _release(operator)
    _require_files(operator, given)
    with tempfile.TemporaryDirectory(prefix="aifactory-bundle-") as scratch, reporter.step(f"Fetching {operator}") as news:
        made_of = _contents(operator, release, given, Path(scratch), paths, reporter, news)
        _, changed = write_bundle(directory, operator, release.version, made_of)
    bundle = load_bundle(directory, operator, release.version)
    if bundle is None:
        raise ToolError(f"the bundle of {operator} was removed while it was written", fix="repeat")
    return FetchedBundle(operator, bundle, changed)


def _release(operator: str) -> Release:
    if operator not in releases():
        from aifactory.model.nearest import nearest

        rule = f"no such operator in the catalog; there are {', '.join(sorted(releases()))}"
        raise SpecError("operators fetch", [Problem("NAME", operator, rule, nearest(operator, releases(), among=1))])
    return releases()[operator]


def _require_files(operator: str, given: Given) -> None:
    named = {"--chart": given.chart, "--crds": given.crds, "--manifests": given.manifests}
    missing = [Problem(flag, str(path), "is not there") for flag, path in named.items() if path and not path.exists()]
    if missing:
        raise SpecError(f"operators fetch {operator}", missing)


def _contents(
    operator: str,
    release: Release,
    given: Given,
    scratch: Path,
    paths: Paths,
    reporter: Reporter,
    news: Callable[[str], None],
) -> Contents:
    helm = _helm(scratch, paths, reporter)
    made_of = Contents()
    if given.manifests is not None:
        crds, others = split(_objects(given.manifests, operator))
        sources = {"manifests": given.manifests.name, "crds": given.manifests.name}
        made_of = Contents(crds=tuple(crds), manifests=tuple(others), sources=sources)
    if release.charts and (given.chart or not given.manifests):
        made_of = _with_charts(made_of, operator, release, given.chart, scratch, helm, news)
    elif given.chart is not None:
        rule = "no chart of this operator is known, so nobody has said what to install it with"
        raise SpecError(f"operators fetch {operator}", [Problem("--chart", str(given.chart), rule, "--manifests FILE")])
    if given.crds is not None:
        found = tuple(_definitions(given.crds, operator))
        own = {
            name
            for chart, path in zip(release.charts, _paths(made_of.chart, release), strict=False)
            for name in _templated(path, release, chart, helm)
        }
        return _with_crds(made_of, [crd for crd in found if crd["metadata"]["name"] not in own], given.crds.name)
    if not made_of.crds and made_of.chart is None:
        news("reading its definitions")
        crds, source = _of_modules(operator, release)
        return _with_crds(made_of, crds, source)
    return made_of


def _with_charts(
    made_of: Contents,
    operator: str,
    release: Release,
    given: Path | None,
    scratch: Path,
    helm: Helm,
    news: Callable[[str], None],
) -> Contents:
    """Add the charts, and the definitions in their ``crds/``, which Helm would install once and never again."""
    paths: list[Path] = []
    crds: list[Manifest] = []
    for chart in release.charts:
        if given is None:
            news(f"pulling chart {chart.name} from {chart.hosts[0]}")
            path = _pull(chart, scratch / "pulled" / chart.name, helm)
        else:
            path = _one_of(given, operator, chart) if release.more_charts else given
        _require_chart(path, operator, release, chart)
        crds += _definitions_beside(path, operator, release, chart, helm)
        paths.append(path)
    origins = [f"{chart.repo}/{chart.name} {chart.version}" for chart in release.charts]
    source = given.name if given else ", ".join(origins)
    held = _side_by_side(paths, release, scratch / "charts") if release.more_charts else paths[0]
    with_chart = replace(made_of, chart=held, sources=dict(made_of.sources) | {"chart": source})
    return with_chart if made_of.crds else _with_crds(with_chart, crds, source)


def _definitions_beside(path: Path, operator: str, release: Release, chart: Chart, helm: Helm) -> list[Manifest]:
    """Return the definitions in a chart's ``crds/`` that it does not make as ordinary objects too."""
    found, problems = read_objects(helm(["show", "crds", str(path)]), "crds")
    if problems:
        raise SpecError(f"operators fetch {operator}: chart {chart.name}", problems)
    own = _templated(path, release, chart, helm) if found else set[str]()
    return [crd for crd in split(found)[0] if crd["metadata"]["name"] not in own]


def _paths(held: Path | None, release: Release) -> list[Path]:
    """Return where each chart of a release lies in what a bundle holds; empty when it holds none."""
    if held is None:
        return []
    return [held / chart.name for chart in release.charts] if release.more_charts else [held]


def _one_of(given: Path, operator: str, chart: Chart) -> Path:
    """Return one of several charts that a directory holds."""
    for path in (given / chart.name, given / f"{chart.name}-{chart.version}.tgz"):
        if path.exists():
            return path
    rule = f"must be the directory that holds every chart of {operator}, and it has no {chart.name}"
    raise SpecError(f"operators fetch {operator}", [Problem("--chart", given.name, rule, path.name)])


def _side_by_side(paths: Sequence[Path], release: Release, target: Path) -> Path:
    """Put several charts into one directory, each unpacked and under its name, as a bundle holds them."""
    for path, chart in zip(paths, release.charts, strict=True):
        if path.is_dir():
            shutil.copytree(path, target / chart.name)
            continue
        try:
            with tarfile.open(path, "r:gz") as packed:
                # The filter refuses links and names that lead out of the directory.
                packed.extractall(target, filter="data")
        except (OSError, tarfile.TarError, EOFError) as error:
            rule = f"cannot be unpacked: {error}"
            raise SpecError("operators fetch", [Problem("--chart", path.name, rule, "a chart by `helm package`")]) from None
        if not (target / chart.name).is_dir():
            rule = "does not hold a directory of the chart's name, as `helm package` makes it"
            raise SpecError("operators fetch", [Problem("--chart", path.name, rule, chart.name)])
    return target


def _with_crds(made_of: Contents, crds: Sequence[Manifest], source: str) -> Contents:
    return replace(made_of, crds=tuple(_plain(crd) for crd in crds), sources=dict(made_of.sources) | {"crds": source})


def _plain(crd: Manifest) -> Manifest:
    """Return a definition without what a cluster writes into it."""
    metadata = {key: value for key, value in crd["metadata"].items() if key != "creationTimestamp"}
    return {key: value for key, value in crd.items() if key != "status"} | {"metadata": metadata}


def _pull(chart: Chart, target: Path, helm: Helm) -> Path:
    target.mkdir(parents=True)
    where = [chart.reference] if chart.is_oci else [chart.name, "--repo", chart.repo]
    helm(["pull", *where, "--version", chart.version, "--destination", str(target)])
    packed = sorted(target.glob("*.tgz"))
    if len(packed) != 1:
        raise ToolError(f"helm pulled {len(packed)} files for chart {chart.name}, and one was expected", fix="--chart PATH")
    return packed[0]


def _templated(path: Path, release: Release, chart: Chart, helm: Helm) -> set[str]:
    """Return the names of the definitions that a chart makes as ordinary objects with our values."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="aifactory-values-") as file:
        file.write(json.dumps(chart.values))
        file.flush()
        text = helm(["template", "it", str(path), "--namespace", release.namespace or "default", "--values", file.name])
    objects, problems = read_objects(text, "chart")
    if problems and not objects:
        raise SpecError(f"operators fetch: chart {chart.name}", problems)
    return {crd["metadata"]["name"] for crd in split(objects)[0]}


def _require_chart(path: Path, operator: str, release: Release, chart: Chart) -> None:
    """Refuse a chart that is another one, or another version, than the pinned one.

    Charts in source trees bear a version that only their release overwrites; those say by `appVersion` what they install.
    """
    facts = _chart_facts(path)
    name, version, app = (str(facts.get(key) or "") for key in ("name", "version", "appVersion"))
    problems: list[Problem] = []
    if name != chart.name:
        problems.append(Problem("--chart: name", name, "is another chart than the operator's", chart.name))
    if chart.version.lstrip("v") != version.lstrip("v") and app.lstrip("v") != release.version:
        rule = f"is not the pinned version of the chart, and installs {app or 'nobody knows which version'}"
        problems.append(Problem("--chart: version", version, rule, chart.version))
    if problems:
        raise SpecError(f"operators fetch {operator}: {path.name}", problems)


def _chart_facts(path: Path) -> dict[str, Any]:
    try:
        if path.is_dir():
            text = (path / "Chart.yaml").read_text(encoding="utf-8")
        else:
            with tarfile.open(path, "r:gz") as packed:
                member = next(each for each in packed if each.name.count("/") == 1 and each.name.endswith("/Chart.yaml"))
                stream = packed.extractfile(member)
                text = stream.read(1 << 20).decode("utf-8") if stream else ""
        found: object = yaml.safe_load(text)
    except (OSError, tarfile.TarError, StopIteration, UnicodeDecodeError, yaml.YAMLError, EOFError) as error:
        rule = f"is no chart that can be read ({type(error).__name__})"
        raise SpecError("operators fetch", [Problem("--chart", str(path), rule)]) from None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _definitions(path: Path, operator: str) -> list[Manifest]:
    found = _objects(path, operator)
    if problems := list(definition_problems(found, path.name)):
        raise SpecError(f"operators fetch {operator}", problems)
    return found


def _objects(path: Path, operator: str) -> list[Manifest]:
    files = sorted(file for pattern in ("*.yaml", "*.yml") for file in path.rglob(pattern)) if path.is_dir() else [path]
    found: list[Manifest] = []
    problems: list[Problem] = []
    for file in files:
        if file.stat().st_size > MOST_BYTES:
            problems.append(Problem(file.name, f"{file.stat().st_size} bytes", "is larger than any operator's"))
            continue
        try:
            objects, wrong = read_objects(file.read_text(encoding="utf-8"), file.name)
        except UnicodeDecodeError:
            objects, wrong = [], [Problem(file.name, "", "is no text in UTF-8")]
        found += objects
        problems += wrong
    if not found and not problems:
        problems.append(Problem(path.name, "", "holds no object"))
    if problems:
        raise SpecError(f"operators fetch {operator}", problems)
    return found


def _of_modules(operator: str, release: Release) -> tuple[list[Manifest], str]:
    """Return every definition in the Go modules that the catalog names for an operator, and where they were read."""
    known = {module.spec: module for module in table().modules if module.form == "manifests"}
    modules = [known[source] for source in release.crd_sources if source in known]
    if not modules:
        rule = f"the definitions of {release.title} {release.version} are in no Go module that is known"
        raise SpecError(f"operators fetch {operator}", [Problem("--crds", "", rule, "--crds FILE")])
    directories = module_directories(modules)
    found: list[Manifest] = []
    for module in modules:
        paths = sorted(path for pattern in module.files for path in directories[module.spec].glob(pattern))
        found += [crd for path in paths for crd in split(_objects(path, operator))[0]]
    return found, ", ".join(module.spec for module in modules)


def _helm(scratch: Path, paths: Paths, reporter: Reporter) -> Helm:
    """Return what runs Helm; it is looked for, or built, when it is run for the first time."""
    found: list[Path] = []

    def run(arguments: Sequence[str]) -> str:
        if not found:
            found.append(tools.ensure(["helm"], paths, reporter).path("helm"))
        seconds = PULL_SECONDS if arguments[0] == "pull" else _RENDER_SECONDS
        command = [str(found[0]), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds, cwd=scratch, check=False
            )
        except subprocess.TimeoutExpired:
            raise ToolError(
                f"helm {arguments[0]} took longer than {seconds} s", fix="check the network, or give the chart with --chart"
            ) from None
        if done.returncode != 0:
            said = _CREDENTIALS.sub("://", done.stderr.strip().removeprefix("Error: "))[-1000:]
            raise ToolError(
                f"helm {arguments[0]} failed: {said}",
                why="without the chart nothing would install the operator where there is no network",
                fix="check the network and `helm registry login`, or give the chart with --chart PATH",
            )
        return done.stdout

    return run

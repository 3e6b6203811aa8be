"""Operators: whether each is in the cluster, and which version really runs."""

from collections.abc import Iterable, Mapping

from aifactory.catalog import Release, releases
from aifactory.kube.objects import Document, condition, labels_of, mapping, name_of, namespace_of, spec_of, status_of, words
from aifactory.model import InstallMode, OperatorSpec, RegionSpec
from aifactory.model.operators import channel_of
from aifactory.model.operators import namespace_of as home_of
from aifactory.status.findings import external
from aifactory.status.kinds import DEPLOYMENTS, Kind
from aifactory.status.rows import BlockStatus, State, Verdict, missing, progressing, together
from aifactory.status.snapshot import Snapshot
from aifactory.status.webhooks import KINDS as WEBHOOKS
from aifactory.status.webhooks import Silent, silent

_VERSION_LABEL = "app.kubernetes.io/version"


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (DEPLOYMENTS, *WEBHOOKS) if region.operators else ()


def definitions(region: RegionSpec) -> list[str]:
    """Return the names of the CustomResourceDefinitions that the region's operators bring."""
    ours = (name for name, spec in region.operators.items() if spec.install is not InstallMode.EXTERNAL)
    return list(dict.fromkeys(crd for name in ours for crd in releases()[name].crds))


def rows(snapshot: Snapshot, region: RegionSpec, *, nothing_runs: bool) -> list[BlockStatus]:
    """Return a row for each operator.

    Args:
        snapshot: the cluster.
        region: what is wanted.
        nothing_runs: whether all nodes are simulated, so that no controller can run anywhere.
    """
    # Behind a simulated operator nothing answers, and nothing asks: no chart has made its webhooks.
    mute = [] if nothing_runs else silent(snapshot)
    return [_row(snapshot, name, region.operators, mute, nothing_runs=nothing_runs) for name in region.operators]


def _row(
    snapshot: Snapshot, name: str, operators: Mapping[str, OperatorSpec], mute: Iterable[Silent], *, nothing_runs: bool
) -> BlockStatus:
    release, spec = releases()[name], operators[name]
    if spec.install is InstallMode.EXTERNAL:
        return external("operator", name, f"{release.title}, none of ours")
    namespace = home_of(name, spec)
    controllers = [item for item in snapshot.all(DEPLOYMENTS) if namespace and namespace_of(item) == namespace]
    version = _expected(name, release, spec)
    what = f"{release.title} {version}, {_how(spec.install)}"
    if not nothing_runs:
        what += _running(controllers, version, _beside(name, namespace, operators))
    own = [one for one in mute if one.namespace == namespace and (not one.operators or name in one.operators)]
    found = [*_absent(snapshot, release, spec.install), *_not_ready(controllers), *(progressing(str(one)) for one in own)]
    verdict = together(found)
    if not nothing_runs and namespace and spec.install.installs and verdict.state is State.READY:
        problem = snapshot.listings[DEPLOYMENTS].problem
        verdict = problem or (verdict if controllers else missing(f"nothing runs in namespace {namespace}"))
    return BlockStatus("operator", name, what, verdict.state, verdict.reason, nothing_runs)


def _how(install: InstallMode) -> str:
    return f"installed by {install.value}" if install.installs else "adopted"


def _expected(name: str, release: Release, spec: OperatorSpec) -> str:
    """Return which version should run: the pinned one; with OLM whatever its channel gives."""
    if spec.install is InstallMode.OLM and release.olm:
        return f"of channel {channel_of(name, spec)}"
    return spec.version or release.version


def _beside(name: str, namespace: str | None, operators: Mapping[str, OperatorSpec]) -> set[str]:
    """Return the versions of other operators that run in the same namespace."""
    return {
        _expected(key, releases()[key], spec)
        for key, spec in operators.items()
        if key != name and home_of(key, spec) == namespace
    }


def _running(controllers: Iterable[Document], expected: str, beside: set[str]) -> str:
    """Return which version runs, in words; nothing when it is the one that is expected."""
    found = {labels_of(item).get(_VERSION_LABEL, "").removeprefix("v") for item in controllers} - {""} - beside
    if not found:
        return "; which version runs is unknown"
    # Charts carry other programs beside the operator, each with a version of its own.
    return "" if expected in found else f"; {', '.join(sorted(found))} runs"


def _absent(snapshot: Snapshot, release: Release, install: InstallMode) -> Iterable[Verdict]:
    found = {name: snapshot.definitions[name] for name in release.crds if name in snapshot.definitions}
    yield from (verdict for verdict in found.values() if verdict.state is not State.MISSING)
    gone = [name for name, verdict in found.items() if verdict.state is State.MISSING]
    if gone:
        how = "`pulumi up` installs it" if install.installs else f"install it ({release.usual})"
        yield missing(f"it is not in the cluster (no {', '.join(gone)}); {how}")


def _not_ready(controllers: Iterable[Document]) -> Iterable[Verdict]:
    for item in controllers:
        wanted, ready = int(spec_of(item).get("replicas", 1)), int(status_of(item).get("readyReplicas") or 0)
        if ready < wanted:
            said = words(condition(mapping(item, "status"), "Available"))
            yield progressing(f"{name_of(item)}: {ready} of {wanted} ready{': ' if said else ''}{said}")

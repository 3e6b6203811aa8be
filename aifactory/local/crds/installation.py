"""Putting the definitions into a cluster, once, and knowing that they are served."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aifactory.conventions import GROUP
from aifactory.errors import ControlPlaneError
from aifactory.kube.api import Api, ApiRefusalError, connect, each, wait_until
from aifactory.local.progress import Reporter

from .collection import collect
from .documents import Document
from .sources import table
from .store import Crd, Strictness

HASH_ANNOTATION: Final = f"{GROUP}/definition-hash"
"""Hash of the definition that was installed: an equal one is not sent again, which makes a second run quick."""

_PATH: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SERVED_SECONDS: Final = 120.0
"""Longest wait for the API server to serve what was installed; it takes some seconds for all together."""


@dataclass(frozen=True, slots=True)
class InstalledCrd:
    """One definition that the cluster now serves.

    Attributes:
        group: API group.
        kind: the kind.
        version: the stored API version.
        operator: whose definition it is.
        source: where it was read.
        strictness: ``strict`` is the operator's own schema; ``open`` accepts any field.
        applied: whether it was sent this time; False when the cluster had the same already.
    """

    group: str
    kind: str
    version: str
    operator: str
    source: str
    strictness: Strictness
    applied: bool


def install(
    kubeconfig: Path,
    crds: Path,
    reporter: Reporter,
    reference: Path | None = None,
    *,
    directory: Path | None = None,
) -> list[InstalledCrd]:
    """Install the definitions of the source table and wait until all are Established, served and published.

    Idempotent: what the cluster has with the same content is left alone (a second run takes under a second).
    Kinds that the table marks `schema_only` are not installed, unless they come from `directory`.

    Args:
        kubeconfig: of the cluster; its current context is used.
        crds: the cache, `Paths.crds`.
        reporter: told about the fetch and the installation.
        reference: folder with strict definitions; see `collect`.
        directory: definitions to use instead of the Go modules'; see `collect`.

    Returns:
        what the cluster now serves, sorted by name.

    Raises:
        ToolError: a definition cannot be had.
        ControlPlaneError: the API server refuses one or does not serve it in time; its own reason is in the message.
    """
    left_out = table().schema_only if directory is None else frozenset[tuple[str, str]]()
    found = collect(crds, reporter, reference=reference, directory=directory)
    wanted = [crd for crd in found if (crd.group, crd.kind) not in left_out]
    with connect(kubeconfig) as api:
        present = {item["name"]: item.get("annotations", {}).get(HASH_ANNOTATION) for item in api.metadata(_PATH)}
        changed = [crd for crd in wanted if present.get(crd.name) != crd.hash]
        if changed:
            with reporter.step(f"Installing {len(changed)} custom resource definitions", estimate_seconds=30) as news:
                _apply(api, changed, news)
                news("waiting until they are served")
                _wait_served(api, wanted)
                _wait_published(api, changed)
        else:
            _wait_served(api, wanted)
    sent = {crd.name for crd in changed}
    return [_installed(crd, applied=crd.name in sent) for crd in wanted]


def _apply(api: Api, crds: Sequence[Crd], news: Callable[[str], None]) -> None:
    done = 0

    def one(crd: Crd) -> None:
        nonlocal done
        manifest = crd.definition()
        manifest["metadata"].setdefault("annotations", {})[HASH_ANNOTATION] = crd.hash
        api.apply(f"{_PATH}/{crd.name}", manifest)
        done += 1
        news(f"{done} of {len(crds)}")

    # The largest first: they take the API server seconds, and the small ones fill the other places meanwhile.
    each(one, sorted(crds, key=lambda crd: crd.path.stat().st_size, reverse=True))


def _wait_served(api: Api, crds: Sequence[Crd]) -> None:
    """Wait until discovery lists every served version, which follows the condition Established.

    Discovery is asked instead of the definitions' own conditions: one small answer for all, where the definitions
    together are 8 MB.
    """
    pairs = {(f"{crd.group}/{version}", crd.kind): crd for crd in crds for version in crd.versions}

    def check() -> bool | None:
        return True if pairs.keys() <= api.served() else None

    if wait_until(check, timeout_seconds=_SERVED_SECONDS) is None:
        missing = {pairs[pair].name for pair in pairs.keys() - api.served()}
        reasons = "\n".join(f"  - {name}: {_why(api, name)}" for name in sorted(missing))
        raise ControlPlaneError(
            f"{len(missing)} custom resource definitions are not served after {_SERVED_SECONDS:.0f} s\n{reasons}"
        )


def _wait_published(api: Api, crds: Sequence[Crd]) -> None:
    """Wait until the OpenAPI documents have the kinds, which comes after discovery.

    Clients that validate or merge by schema read them: kubectl, and KWOK, which gives up at its start otherwise.
    """
    left = {f"{crd.group}/{version}" for crd in crds for version in crd.versions}
    plurals: dict[str, set[str]] = {}
    for crd in crds:
        for version in crd.versions:
            plurals.setdefault(f"{crd.group}/{version}", set()).add(crd.name.partition(".")[0])

    def check() -> bool | None:
        for group_version, complete in zip(waiting := sorted(left), each(published, waiting), strict=True):
            if complete:
                left.discard(group_version)
        return None if left else True

    def published(group_version: str) -> bool:
        try:
            paths: Document = api.request("GET", f"/openapi/v3/apis/{group_version}")["paths"]
        except ApiRefusalError:  # not there yet
            return False
        ends = {path.rpartition("/{name}")[0].rpartition("/")[2] for path in paths if path.endswith("/{name}")}
        return plurals[group_version] <= ends

    if wait_until(check, timeout_seconds=_SERVED_SECONDS) is None:
        raise ControlPlaneError(
            f"the API server does not publish the schemas of {', '.join(sorted(left))} after {_SERVED_SECONDS:.0f} s",
            fix="look at the log of kube-apiserver",
        )


def _why(api: Api, name: str) -> str:
    definition: Document = api.request("GET", f"{_PATH}/{name}")
    conditions: list[Document] = definition.get("status", {}).get("conditions", [])
    bad = [f"{item['type']}={item['status']} ({item.get('message', '')})" for item in conditions]
    return "; ".join(bad) or "no condition yet"


def _installed(crd: Crd, *, applied: bool) -> InstalledCrd:
    return InstalledCrd(crd.group, crd.kind, crd.stored, crd.operator, crd.source, crd.strictness, applied=applied)

"""A cluster at one moment: each kind listed once, and what could not be read said in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aifactory.catalog import releases
from aifactory.kube.api import Api, ApiRefusalError, each
from aifactory.kube.objects import Document, name_of, namespace_of
from aifactory.status.kinds import Kind
from aifactory.status.rows import State, Verdict

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_FORBIDDEN, _NOT_FOUND, _UNAUTHORIZED = 403, 404, 401


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a kind.

    Attributes:
        items: the objects, by namespace and name; the namespace is empty for kinds that have none.
        problem: why they could not be read; None when they were.
    """

    items: Mapping[tuple[str, str], Document] = field(default_factory=dict[tuple[str, str], Document])
    problem: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read of a cluster.

    Attributes:
        kubernetes: version of its API server; empty when that may not be read.
        listings: the objects of each kind that was asked for.
        definitions: what is wrong with each operator's definition that the cluster does not serve, by its name.
        requests: how many requests it took.
    """

    kubernetes: str
    listings: Mapping[Kind, Listing]
    definitions: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])
    requests: int = 0

    def all(self, kind: Kind) -> list[Document]:
        """Return the objects of a kind; none when they could not be read."""
        return list(self.listings[kind].items.values()) if kind in self.listings else []


def read(api: Api, kinds: Iterable[Kind], definitions: Iterable[str] = ()) -> Snapshot:
    """Read a cluster: its version, what it serves, and each kind once, several at a time.

    Kinds that it does not serve are not asked for. Secrets are never among what is read.

    Args:
        api: the cluster.
        kinds: what to list.
        definitions: names of CustomResourceDefinitions that should be there.

    Raises:
        ControlPlaneError: the API server gives no answer, or does not know who asks.
    """
    version, served = _version(api), api.collections()
    plurals = {(plural, api_version.partition("/")[0]) for api_version, plural in served}
    wanted = list(dict.fromkeys(kinds))
    asked = [kind for kind in wanted if not kind.operator or (kind.api_version, kind.plural) in served]
    listings = dict(zip(asked, each(lambda kind: _list(api, kind), asked), strict=True))
    listings |= {kind: Listing(problem=_not_served(kind, plurals)) for kind in wanted if kind not in listings}
    absent = [name for name in dict.fromkeys(definitions) if _group_of(name) not in plurals]
    why = dict(zip(absent, each(lambda name: _definition(api, name), absent), strict=True))
    return Snapshot(version, listings, why, requests=2 + len(asked) + len(absent))


def _version(api: Api) -> str:
    try:
        return str(api.request("GET", "/version").get("gitVersion", ""))
    except ApiRefusalError as refusal:
        if refusal.status != _FORBIDDEN:
            raise
        return ""


def _list(api: Api, kind: Kind) -> Listing:
    params = {"fieldSelector": kind.selector} if kind.selector else {}
    try:
        found: list[Document] | None = api.request("GET", kind.path, params=params).get("items")
    except ApiRefusalError as refusal:
        return Listing(problem=_refused(kind, refusal))
    return Listing({(namespace_of(item), name_of(item)): item for item in found or ()})


def _refused(kind: Kind, refusal: ApiRefusalError) -> Verdict:
    if refusal.status == _UNAUTHORIZED:
        raise refusal
    group = kind.api_version.rpartition("/")[0].partition("/")[0]
    plural = f"{kind.plural}.{group}" if group else kind.plural
    if refusal.status == _FORBIDDEN:
        return Verdict(State.UNKNOWN, f"may not read {plural}: the kubeconfig's user needs `list` on them")
    if refusal.status == _NOT_FOUND:
        return Verdict(State.MISSING, _absent(kind))
    return Verdict(State.UNKNOWN, f"could not read {plural}: the API server said {refusal.status}, {refusal.reason}")


def _absent(kind: Kind) -> str:
    operator = releases().get(kind.operator)
    return f"the operator {operator.title if operator else kind.operator} is not in the cluster (it serves no {kind.kind})"


def _not_served(kind: Kind, plurals: set[tuple[str, str]]) -> Verdict:
    group, _, version = kind.api_version.partition("/")
    if (kind.plural, group) in plurals:
        reason = f"the cluster serves {kind.plural}.{group}, but not as {version}: its operator has another version"
        return Verdict(State.FAILED, reason)
    return Verdict(State.MISSING, _absent(kind))


def _group_of(definition: str) -> tuple[str, str]:
    plural, _, group = definition.partition(".")
    return plural, group


def _definition(api: Api, name: str) -> Verdict:
    """Return why a definition is not served."""
    try:
        found = api.request("GET", f"{_DEFINITIONS}/{name}")
    except ApiRefusalError as refusal:
        if refusal.status == _NOT_FOUND:
            return Verdict(State.MISSING, f"{name} is not in the cluster")
        return Verdict(State.MISSING, f"{name} is not served, and why may not be read")
    conditions: list[Document] = found.get("status", {}).get("conditions") or []
    bad = [str(one.get("message") or one.get("reason")) for one in conditions if one.get("status") == "False"]
    return Verdict(State.PROGRESSING, f"{name} is not established yet{': ' if bad else ''}{'; '.join(bad)}")

"""Registry: where code comes from, and whether it is what somebody looked at."""

from collections.abc import Iterable, Iterator

from aifactory.model.statement import Registry
from aifactory.sovereignty.alternatives import hosts_near
from aifactory.sovereignty.fact import Pulled
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.rule import ALL_STAGES, Rule, allow, combined, deny, listed, unknown
from aifactory.sovereignty.world import World

_PINNED = ("pinned by digest",)


def host_allowed(host: str, hosts: Iterable[str]) -> bool:
    """Whether a registry is one of these: the whole name with its port, in any case.

    Nothing is taken for the same that is only alike: not what begins or ends so (``ghcr.io.example``, ``evil-ghcr.io``), not
    a name below it, not another port. Who wants these lists them.
    """
    return host.lower() in {allowed.lower() for allowed in hosts}


def judge(statement: Registry, fact: Pulled, _world: World) -> Judgement | None:
    """Judge a pull by its host, and by its digest."""
    return combined(_checks(statement, fact))


def _checks(statement: Registry, fact: Pulled) -> Iterator[Judgement]:
    if statement.hosts:
        yield _host(statement, fact)
    if statement.digests:
        yield _digest(fact)


def _host(statement: Registry, fact: Pulled) -> Judgement:
    if fact.host is not None and host_allowed(fact.host, statement.hosts):
        return allow(f"it comes from {fact.host}, which is one of the allowed registries", statement.hosts)
    near = hosts_near(fact.host, statement.hosts)
    bounds = f"allowed registries: {listed(near)}"
    if len(statement.hosts) > len(near):
        bounds += f" and {len(statement.hosts) - len(near)} more"
    if fact.host is None:
        return unknown(f"nobody knows from which registry it comes; {bounds}", near)
    return deny(f"it comes from {fact.host}; {bounds}", statement.hosts, near)


def _digest(fact: Pulled) -> Judgement:
    host = fact.host or "an unknown registry"
    if fact.pinned is None:
        return unknown(f"nobody knows whether what {host} gives is pinned; it must be pinned by digest", _PINNED)
    if fact.pinned:
        return allow(f"what {host} gives is pinned by digest, as it must be", _PINNED)
    return deny(f"what {host} gives is not pinned; it must be pinned by digest (@sha256:...)", _PINNED, _PINNED)


REGISTRY = Rule(
    "registry",
    "Where code comes from",
    ALL_STAGES,
    Registry,
    Pulled,
    judge,
    denies="The registry is not one of `hosts` (whole name, with its port); with `digests`, it is not pinned by digest.",
    unsure="Nobody knows the registry, or whether it is pinned.",
)

"""Ways into and out of a cluster: services, ingresses, gateways, names for something outside, network policies."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from aifactory.catalog import host_facts
from aifactory.model import FlowKind
from aifactory.policy.objects import Item
from aifactory.policy.observation import Observation
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first, list_of, select, whole
from aifactory.sovereignty.fact import Moved, Place, Reported, Sent

INSIDE: Final = tuple(
    ip_network(cidr)
    for cidr in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
"""Address ranges that no internet is behind (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291)."""

_WAYS_OUT: Final = frozenset({"LoadBalancer", "NodePort", "ExternalName"})
_PLAIN: Final = frozenset({"http", "kubernetes.io/h2c", "kubernetes.io/ws"})
_CLUSTER: Final = (".svc", ".cluster.local")


def doors(item: Item) -> Iterator[Observation]:
    """Yield what an object lets in or out."""
    if item.kind == "core/Service":
        yield from _service(item)
    elif item.kind == "networking.k8s.io/Ingress":
        yield from _ingress(item)
    elif item.kind == "gateway.networking.k8s.io/Gateway":
        yield from _gateway(item)
    elif item.kind == "networking.k8s.io/NetworkPolicy":
        yield from _egress(item)


def _sent(item: Item, what: str, encrypted: bool | None, unknown: tuple[str, ...] = ()) -> Observation:  # noqa: FBT001 - a value
    fact = Sent(subject=item.subject(what), source=item.source, data_class=item.data_class, encrypted=encrypted)
    return Observation(fact, unknown)


def _service(item: Item) -> Iterator[Observation]:
    """A service that leads out says nothing of encryption; one that speaks plain HTTP says that there is none."""
    kind, addresses = first(item.properties, "spec.type"), first(item.properties, "spec.externalIPs")
    outside = kind.value in _WAYS_OUT or addresses.known
    unknown = tuple(found.path for found in (kind, addresses) if found.value is UNKNOWN)
    if not outside and not unknown:
        return
    ports = list_of(whole(item.properties, "spec.ports"))
    plain = outside and any(_is_plain(port) for port in ports if isinstance(port, Mapping))
    yield _sent(item, "requests", False if plain else None, unknown)
    if kind.value == "ExternalName":
        yield from _outside(item, first(item.properties, "spec.externalName"))


def _is_plain(port: Any) -> bool:  # noqa: ANN401 - any field of any object
    name = str(first(port, "name").value).lower().partition("-")[0]
    return str(first(port, "appProtocol").value).lower() in _PLAIN or name == "http" or first(port, "port").value == 80


def _outside(item: Item, name: Found) -> Iterator[Observation]:
    """Whoever calls a name for something outside sends data there."""
    host = name.value.rstrip(".").lower() if isinstance(name.value, str) else ""
    if host.endswith(_CLUSTER):
        return
    known = host_facts(host) if host else None
    fact = Moved(
        subject=item.subject("external name"),
        source=item.source,
        data_class=item.data_class,
        kind=FlowKind.REQUEST,
        origin=item.setting.place,
        place=Place(country=known.country if known else None),
        recipient=known.operator if known else None,
    )
    yield Observation(fact, (name.path,) if name.value is UNKNOWN else ())


def _ingress(item: Item) -> Iterator[Observation]:
    """Each host needs an entry with TLS: its own, a wildcard's, or one for all hosts."""
    if item.properties.get("spec") is UNKNOWN:
        yield _sent(item, "requests", None, ("spec",))
        return
    entries, rules = first(item.properties, "spec.tls"), select(item.properties, "spec.rules")
    open_entry = any(whole(entry, "hosts") in (ABSENT, []) for entry in list_of(whole(item.properties, "spec.tls")))
    named = [found.value for found in select(item.properties, "spec.tls.hosts")] if entries.known else []
    unknown = tuple(found.path for found in (entries, *rules) if found.value is UNKNOWN)
    for index, rule in enumerate(list_of(whole(item.properties, "spec.rules"))):
        host = first(rule, "host").value
        if open_entry or _covered(host, named):
            yield _sent(item, f"requests spec.rules[{index}]", True)  # noqa: FBT003 - a value
        else:
            doubt = unknown or ((f"spec.rules[{index}].host",) if host is UNKNOWN or UNKNOWN in named else ())
            yield _sent(item, f"requests spec.rules[{index}]", None if doubt else False, doubt)
    if whole(item.properties, "spec.defaultBackend") is not ABSENT:
        encrypted = None if unknown else bool(list_of(whole(item.properties, "spec.tls")))
        yield _sent(item, "requests spec.defaultBackend", encrypted, unknown)


def _covered(host: Any, named: list[Any]) -> bool:  # noqa: ANN401 - as above
    if not isinstance(host, str) or not host:
        return False
    below = f"*.{host.partition('.')[2]}"
    return any(name in (host, below) for name in named if isinstance(name, str))


def _gateway(item: Item) -> Iterator[Observation]:
    for found in select(item.properties, "spec.listeners.protocol"):
        encrypted = None if not isinstance(found.value, str) else found.value in {"HTTPS", "TLS"}
        yield _sent(item, f"requests {found.path}", encrypted, (found.path,) if found.value is UNKNOWN else ())


def _egress(item: Item) -> Iterator[Observation]:
    """What a network policy opens outside of private ranges is a sink that nobody declared."""
    kinds = [found.value for found in select(item.properties, "spec.policyTypes")]
    if "Egress" not in kinds and UNKNOWN not in kinds:
        return
    for index, rule in enumerate(list_of(whole(item.properties, "spec.egress"))):
        path = f"spec.egress[{index}]"
        peers = UNKNOWN if rule is UNKNOWN else Found(path, rule).fields.get("to")
        if not peers or peers is UNKNOWN:
            # Without peers it opens the way to everywhere.
            yield _opened(item, path, (path,) if peers is UNKNOWN else ())
            continue
        for found in select(rule, "to.ipBlock.cidr"):
            if found.value is not ABSENT and not _inside(found.value):
                yield _opened(item, f"{path}.{found.path}", (f"{path}.{found.path}",) if found.value is UNKNOWN else ())


def _opened(item: Item, path: str, unknown: tuple[str, ...]) -> Observation:
    fact = Reported(subject=item.subject(f"egress {path}"), source=item.source, declared=False)
    return Observation(fact, unknown)


def _inside(value: Any) -> bool:  # noqa: ANN401 - as above
    try:
        network = ip_network(value) if isinstance(value, str) else None
    except ValueError:
        return False
    if network is None:
        return False
    return any(network.version == each.version and network.subnet_of(each) for each in INSIDE)  # pyright: ignore[reportArgumentType]

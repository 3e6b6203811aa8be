"""Rules of a network that let the whole internet in, and to what."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from aifactory.policy.conditions import tell
from aifactory.policy.tables import Firewall
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first, select

EVERYONE: Final = frozenset({"0.0.0.0/0", "::/0", "*", "internet", "any"})
"""Networks that are all networks, as providers write them."""

ADMINISTRATION: Final = (22, 3389, 6443)
"""Ports that people administer by: SSH, RDP, the API of Kubernetes."""

PLAIN: Final = (21, 23, 80)
"""Ports whose protocols are not encrypted: FTP, Telnet, HTTP."""

_RANGE: Final = re.compile(r"^(\d{1,5})(?:-(\d{1,5}))?$")


@dataclass(frozen=True, slots=True)
class Door:
    """A rule that lets everybody in, or may.

    Attributes:
        path: where it stands in the resource; empty when the resource is the rule.
        administers: whether people administer by its ports; None when nobody knows who is let in, or to which ports.
        plain: whether it lets in to ports of protocols without encryption.
        unknown: properties that would tell and are known only at `pulumi up`.
    """

    path: str
    administers: bool | None
    plain: bool
    unknown: tuple[str, ...] = ()


def open_ports(properties: Mapping[str, Any], firewalls: Iterable[Firewall]) -> Iterator[Door]:
    """Yield rules that let everybody in, and those of which nobody knows yet."""
    for firewall in firewalls:
        rules = _items(properties, firewall.at) if firewall.at else [Found("", properties)]
        for rule in rules:
            if rule.value is UNKNOWN:
                yield Door(rule.path, None, plain=False, unknown=(rule.path,))
            elif isinstance(rule.value, Mapping):
                yield from _door(rule.path, cast("Mapping[str, Any]", rule.value), firewall)


def _items(properties: Mapping[str, Any], name: str) -> list[Found]:
    value = properties.get(name)
    if value is UNKNOWN:
        return [Found(name, UNKNOWN)]
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [Found(f"{name}[{index}]", item) for index, item in enumerate(items)]


def _door(path: str, rule: Mapping[str, Any], firewall: Firewall) -> Iterator[Door]:
    conditions = [condition for condition in (firewall.when, firewall.only) if condition]
    if any(tell(condition, rule).holds is False for condition in conditions):
        return
    networks = [found for name in firewall.cidrs for found in select(rule, name) if found.value is not ABSENT]
    everyone = any(str(found.value).lower() in EVERYONE for found in networks if found.known)
    waiting = tuple(_joined(path, found.path) for found in networks if found.value is UNKNOWN)
    if not everyone and not waiting:
        return
    ranges, unsaid = _ranges(rule, firewall)
    waiting += tuple(_joined(path, name) for name in unsaid)
    if waiting or unsaid:
        yield Door(path, None, plain=False, unknown=waiting)
        return
    yield Door(path, _covers(ranges, ADMINISTRATION), plain=_covers(ranges, PLAIN))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _ranges(rule: Mapping[str, Any], firewall: Firewall) -> tuple[list[tuple[int, int]], list[str]]:
    """Return ranges of ports, and the properties of which nobody knows them."""
    if firewall.low and firewall.high:
        low, high = first(rule, firewall.low), first(rule, firewall.high)
        unknown = [found.path for found in (low, high) if found.value is UNKNOWN]
        if unknown:
            return [], unknown
        numbers = [int(found.value) if isinstance(found.value, int | float) else -1 for found in (low, high)]
        # All protocols are written as -1, or as ports 0 to 0, or without ports.
        whole = -1 in numbers or numbers == [0, 0]
        return [(0, 65535) if whole else (numbers[0], numbers[1])], []
    ranges: list[tuple[int, int]] = []
    unknown: list[str] = []
    for found in (found for name in firewall.ports for found in select(rule, name) if found.value is not ABSENT):
        matched = _RANGE.match(found.value) if isinstance(found.value, str) else None
        if found.value is UNKNOWN:
            unknown.append(found.path)
        elif matched:
            ranges.append((int(matched[1]), int(matched[2] or matched[1])))
        else:
            ranges.append((0, 65535))
    return ranges or [(0, 65535)], unknown


def _covers(ranges: Iterable[tuple[int, int]], ports: Iterable[int]) -> bool:
    return any(low <= port <= high for low, high in ranges for port in ports)

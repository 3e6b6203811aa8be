"""Values on the wire between the Pulumi engine and its plugins, as Python values and back.

The engine speaks `google.protobuf.Struct`, whose only number is a double, and marks what JSON has no word
for by magic keys and one magic string (pulumi `sdk/go/common/resource/properties.go`,
`sdk/go/common/resource/plugin/rpc.go`):

- an *unknown* (a value that only exists after `up`) is the string `UNKNOWN_SIGNATURE`;
- a *secret*, an *asset*, an *archive*, a *resource reference* or an *output value* is an object with the key
  `SIGNATURE_KEY`.

Here an unknown is the one object `UNKNOWN` and a secret is a `Secret`, so that no code compares magic
strings, and a program that prints a decoded value by mistake prints ``[secret]``. Integers come back as
`int`: an API server refuses ``replicas: 3.0``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, cast, final

from google.protobuf import struct_pb2

UNKNOWN_SIGNATURE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The string by which the engine says "not known yet" (`plugin.UnknownStringValue`)."""

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
"""Key of an object that is more than an object (`resource.SigKey`)."""

SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a published marker, no password
ASSET_SIGNATURE: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

EXACT_INTEGERS: Final = 2**53
"""Largest magnitude up to which every integer is exactly a double; beyond it a number stays a float,
because the digits that were sent are lost already."""

Value = Any
"""A decoded value: None, bool, int, float, str, list, dict[str, Value], `UNKNOWN`, `Secret`, `Asset`."""

Properties = dict[str, Any]
"""The decoded properties of a resource: a dict of `Value`."""


class Unknown(Enum):
    """A value that is not known before `up`; an enum so that type checkers narrow ``value is UNKNOWN``."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "[unknown]"

    __str__ = __repr__


UNKNOWN: Final = Unknown.UNKNOWN


@final
@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be shown; its `repr` hides it, so a log line or a traceback cannot leak it."""

    value: Value = field(repr=False)

    def __repr__(self) -> str:
        return "[secret]"

    __str__ = __repr__


@final
@dataclass(frozen=True, slots=True)
class Asset:
    """An asset, archive or resource reference; handed on as it came, never looked into.

    Attributes:
        signature: one of `ASSET_SIGNATURE`, `ARCHIVE_SIGNATURE`, `RESOURCE_SIGNATURE`.
        fields: the other keys of the object (``path``, ``text``, ``uri``, ``hash``, ``urn``, ...).
    """

    signature: str
    fields: Mapping[str, Value]


# --- from the wire -------------------------------------------------------------------------------------


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the properties in `struct`: integers as int, unknowns as `UNKNOWN`, secrets as `Secret`."""
    return {key: decode_value(value) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value) -> Value:
    """Return one value of the wire; see `decode`."""
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_SIGNATURE else value.string_value
        case "number_value":
            return _number(value.number_value)
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [decode_value(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(value.struct_value)
        case _:
            return None


def _number(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) <= EXACT_INTEGERS else number


def _decode_object(struct: struct_pb2.Struct) -> Value:
    marker = struct.fields.get(SIGNATURE_KEY)
    if marker is None:
        return decode(struct)
    signature = marker.string_value
    rest = {key: decode_value(value) for key, value in struct.fields.items() if key != SIGNATURE_KEY}
    if signature == SECRET_SIGNATURE:
        return secret(rest.get("value"))
    if signature == OUTPUT_SIGNATURE:
        # No value means that it is unknown; the dependencies are the engine's business, not a plugin's.
        inner = rest.get("value", UNKNOWN)
        return secret(inner) if rest.get("secret") else inner
    if signature in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE, RESOURCE_SIGNATURE):
        return Asset(signature, rest)
    return {SIGNATURE_KEY: signature, **rest}


# --- to the wire ---------------------------------------------------------------------------------------


def encode(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Return `properties` as the engine reads them; the inverse of `decode`."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(encode_value(value))
    return struct


def encode_value(value: Value) -> struct_pb2.Value:
    """Return one value for the wire.

    Raises:
        TypeError: the value is of a type that the wire has no form for; the message names the type, never
            the value.
    """
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_SIGNATURE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Secret):
        return _signed(SECRET_SIGNATURE, {"value": value.value})
    if isinstance(value, Asset):
        return _signed(value.signature, value.fields)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(cast("Mapping[str, Value]", value)))
    if isinstance(value, Sequence):
        items = cast("Sequence[Value]", value)
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[encode_value(item) for item in items]))
    raise TypeError(f"the engine's protocol has no form for a {type(value).__name__}")


def _signed(signature: str, fields: Mapping[str, Value]) -> struct_pb2.Value:
    return struct_pb2.Value(struct_value=encode({SIGNATURE_KEY: signature, **fields}))


# --- secrets and unknowns ------------------------------------------------------------------------------


def secret(value: Value) -> Secret:
    """Return `value` as a secret; one that is a secret already stays one, so that secrets never nest."""
    return value if isinstance(value, Secret) else Secret(value)


def reveal(value: Value) -> Value:
    """Return a copy of `value` with every `Secret` replaced by what it holds: what an API server is sent."""
    if isinstance(value, Secret):
        return reveal(value.value)
    return _rebuild(value, reveal)


def conceal(value: Value) -> Value:
    """Return a copy of `value` fit to be shown, with ``[secret]`` and ``[unknown]`` in their places."""
    if isinstance(value, Secret | Unknown):
        return str(value)
    return _rebuild(value, conceal)


def has_unknown(value: Value) -> bool:
    """Whether `value` is, or holds at any depth, an unknown."""
    return _any(value, lambda leaf: leaf is UNKNOWN)


def has_secret(value: Value) -> bool:
    """Whether `value` is, or holds at any depth, a secret."""
    return _any(value, lambda leaf: isinstance(leaf, Secret))


def secret_strings(value: Value) -> frozenset[str]:
    """Return the texts inside the secrets of `value`, for cutting them out of messages that others wrote."""
    found: set[str] = set()

    def walk(item: Value, *, inside: bool) -> None:
        if isinstance(item, Secret):
            walk(item.value, inside=True)
        elif isinstance(item, str) and inside:
            found.add(item)
        elif isinstance(item, Mapping):
            for child in cast("Mapping[str, Value]", item).values():
                walk(child, inside=inside)
        elif isinstance(item, list):
            for child in cast("list[Value]", item):
                walk(child, inside=inside)

    walk(value, inside=False)
    return frozenset(found)


def with_secrets_of(value: Value, like: Value) -> Value:
    """Return `value` with a secret wherever `like` has one at the same place.

    An API server returns plain text; this gives an object's outputs the secretness of its inputs. Where a
    list of `like` holds a secret and the lists differ in length (an admission plugin added an item),
    positions say nothing about which item it was, so the whole list becomes a secret.
    """
    if isinstance(like, Secret):
        return secret(reveal(value))
    if isinstance(value, Secret):
        return value
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        pattern = cast("Mapping[str, Value]", like)
        entries = cast("Mapping[str, Value]", value)
        return {key: with_secrets_of(item, pattern.get(key)) for key, item in entries.items()}
    if isinstance(value, list) and isinstance(like, list):
        return _list_with_secrets_of(cast("list[Value]", value), cast("list[Value]", like))
    return cast("Value", value)


def _list_with_secrets_of(items: list[Value], patterns: list[Value]) -> Value:
    if len(items) == len(patterns):
        return [with_secrets_of(item, pattern) for item, pattern in zip(items, patterns, strict=True)]
    return secret(reveal(items)) if has_secret(patterns) else items


def _rebuild(value: Value, change: Callable[[Value], Value]) -> Value:
    if isinstance(value, Mapping):
        return {key: change(item) for key, item in cast("Mapping[str, Value]", value).items()}
    if isinstance(value, list):
        return [change(item) for item in cast("list[Value]", value)]
    return value


def _any(value: Value, test: Callable[[Value], bool]) -> bool:
    if test(value):
        return True
    if isinstance(value, Secret):
        return _any(value.value, test)
    if isinstance(value, Mapping):
        return any(_any(item, test) for item in cast("Mapping[str, Value]", value).values())
    if isinstance(value, list):
        return any(_any(item, test) for item in cast("list[Value]", value))
    return False

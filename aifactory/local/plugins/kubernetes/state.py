"""What the engine records of an object, and what a refresh reads back into its inputs.

Recorded outputs are the live object plus three keys, the same as pulumi-kubernetes writes, so that a state
may pass from the stand-in to the official plugin and back: ``__inputs``, ``__initialApiVersion``,
``__fieldManager``.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.objects import (
    Object,
    is_secret,
    kind_of,
    mapping,
    text,
    to_kubernetes,
    to_pulumi,
)

INPUTS_KEY: Final = "__inputs"
API_VERSION_KEY: Final = "__initialApiVersion"
MANAGER_KEY: Final = "__fieldManager"

SERVER_METADATA: Final = ("creationTimestamp", "generation", "resourceVersion", "uid", "managedFields", "selfLink")
"""Fields of ``metadata`` that the API server sets; never inputs."""

UNTOLD_AT_PREVIEW: Final = ("creationTimestamp", "generation", "resourceVersion", "uid")
"""Fields of ``metadata`` that a dry run makes up; at preview they are not known."""

SHORTEST_COPY: Final = 8
"""Shortest secret that is looked for in annotations and status; shorter ones occur by chance."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An object as an earlier run left it in the engine's state, free of secret wrappers.

    Attributes:
        inputs: what the program asked for, in the API server's spelling; empty for an import.
        live: what the API server returned.
        api_version: the ``apiVersion`` it was first made with; empty when not recorded.
        manager: field manager that it was applied by; empty when not recorded.
    """

    inputs: Object
    live: Object
    api_version: str
    manager: str

    @classmethod
    def parse(cls, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> "Recorded":
        """Return the record in a resource's outputs; the engine's own `inputs` win over ``__inputs``."""
        plain = cast("Object", codec.reveal(dict(outputs)))
        held = cast("Object", codec.reveal(dict(inputs))) or mapping(plain, INPUTS_KEY)
        keys = (INPUTS_KEY, API_VERSION_KEY, MANAGER_KEY)
        return cls(
            inputs=to_kubernetes(held),
            live=to_kubernetes({key: value for key, value in plain.items() if key not in keys}),
            api_version=text(plain, API_VERSION_KEY),
            manager=text(plain, MANAGER_KEY),
        )


def outputs(inputs: Mapping[str, Any], live: Object, *, api_version: str, manager: str) -> codec.Properties:
    """Return what the engine records of `live`.

    Args:
        inputs: the resource's inputs as they came, secrets wrapped.
        live: the object as the API server returned it.
        api_version: the ``apiVersion`` it was first made with.
        manager: the field manager in use.

    Secret are: what is secret in the inputs at the same place, all contents of core Secrets, and every text
    in annotations and status that holds a secret of the inputs (some controllers echo what they were
    given).
    """
    shown = to_pulumi(live)
    metadata = {key: value for key, value in mapping(shown, "metadata").items() if key != "managedFields"}
    shown = {**shown, "metadata": metadata}
    marked = mark_secrets(shown, inputs)
    return {
        **marked,
        INPUTS_KEY: mark_secrets(codec.reveal(dict(inputs)), inputs),
        API_VERSION_KEY: api_version,
        MANAGER_KEY: manager,
    }


def mark_secrets(value: Mapping[str, Any], inputs: Mapping[str, Any]) -> codec.Properties:
    """Return `value` with everything wrapped that is secret by `inputs` or by the object's kind."""
    result = cast("codec.Properties", codec.with_secrets_of(dict(value), inputs))
    copies = [known for known in codec.secret_strings(inputs) if len(known) >= SHORTEST_COPY]
    if is_secret(kind_of(value)):
        for key in ("data", "stringData"):
            if key in result:
                result[key] = codec.secret(codec.reveal(result[key]))
    if copies:
        metadata = mapping(result, "metadata")
        if "annotations" in metadata:
            result["metadata"] = metadata | {"annotations": _wrap_copies(metadata["annotations"], copies)}
        if "status" in result:
            result["status"] = _wrap_copies(result["status"], copies)
    return result


def _wrap_copies(value: Any, copies: list[str]) -> Any:  # noqa: ANN401
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(value) if any(known in value for known in copies) else value
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {key: _wrap_copies(item, copies) for key, item in entries.items()}
    if isinstance(value, list):
        return [_wrap_copies(item, copies) for item in cast("list[Any]", value)]
    return value


def at_preview(dry: Object, inputs: Object) -> Object:
    """Return the object that a dry run made, with what it made up replaced by "not known yet".

    The status is left out: what is not returned is unknown to the program, an empty status would be a value.
    """
    told = {key: value for key, value in dry.items() if key != "status"}
    metadata = {key: value for key, value in mapping(dry, "metadata").items() if key != "managedFields"}
    told["metadata"] = metadata | {key: UNKNOWN for key in UNTOLD_AT_PREVIEW if key in metadata}
    if text(dry, "kind") == "Service" and text(dry, "apiVersion") == "v1":
        told["spec"] = _service_at_preview(mapping(dry, "spec"), mapping(inputs, "spec"))
    return told


def _service_at_preview(spec: Object, given: Object) -> Object:
    """A dry run hands out an address and node ports, and the real run hands out others."""
    told = dict(spec)
    for field in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
        if field in spec and field not in given and spec[field] not in ("None", ["None"]):
            told[field] = UNKNOWN
    wanted = cast("list[Object]", given.get("ports") or [])
    fixed = {port.get("nodePort") for port in wanted}
    told["ports"] = [
        {**port, "nodePort": UNKNOWN} if port.get("nodePort") not in {None, *fixed} else port
        for port in cast("list[Object]", spec.get("ports") or [])
    ]
    return told


# --- refresh and import --------------------------------------------------------------------------------


def project(inputs: Object, live: Object, applied: Object | None) -> Object:
    """Return `inputs` as the cluster has them now: the live value where it drifted, else as they were.

    Args:
        inputs: what the program asked for, as recorded.
        live: the object now.
        applied: what the API server would make of `inputs` now (a dry run); it tells a drift from the
            server's own spelling of a value (``1024Mi`` is stored as ``1Gi``, empty maps vanish). None when
            there was no
            dry run: then values are compared as they are written.
    """
    expected = inputs if applied is None else applied
    projected = cast("Object", _project(inputs, expected, live))
    if is_secret(kind_of(inputs)) and "stringData" in inputs:
        projected["stringData"] = _string_data(mapping(inputs, "stringData"), live)
    return projected


def _project(inputs: Any, expected: Any, live: Any) -> Any:  # noqa: ANN401
    unchanged, drifted = inputs, live
    if isinstance(inputs, Mapping) and isinstance(expected, Mapping) and isinstance(live, Mapping):
        return _project_map(
            cast("Mapping[str, Any]", inputs),
            cast("Mapping[str, Any]", expected),
            cast("Mapping[str, Any]", live),
        )
    if isinstance(inputs, list) and isinstance(expected, list) and isinstance(live, list):
        given, wanted, found = cast("list[Any]", inputs), cast("list[Any]", expected), cast("list[Any]", live)
        if wanted == found:
            return given
        if len(given) == len(wanted) == len(found):
            return [_project(*triple) for triple in zip(given, wanted, found, strict=True)]
        return found
    return unchanged if same(expected, live) else drifted


def _project_map(inputs: Mapping[str, Any], expected: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in inputs.items():
        if key not in expected or (key not in live and _is_empty(value)):
            # The API server keeps no such field (empty, or only ever written); its absence is no drift.
            result[key] = value
        elif key in live:
            result[key] = _project(value, expected[key], live[key])
    return result


def _string_data(given: Object, live: Object) -> Object:
    """``stringData`` is only ever written; its drift is read from ``data``."""
    result: Object = {}
    for key, value in given.items():
        stored = mapping(live, "data").get(key)
        if stored is not None:
            result[key] = value if stored == base64.b64encode(str(value).encode()).decode() else _text(stored)
    return result


def _text(stored: str) -> str:
    try:
        return base64.b64decode(stored, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return stored


def _is_empty(value: Any) -> bool:  # noqa: ANN401
    return value is None or value in ("", [], {})


def same(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Whether two JSON values are equal; unlike in Python ``true`` is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def imported(live: Object, manager: str) -> Object:
    """Return the inputs of an object that is taken into a program's hands.

    When `manager` applied it before, exactly the fields that it applied; otherwise all but what the API
    server and controllers set.
    """
    owned = _owned_fields(live, manager)
    if owned is not None:
        kept = cast("Object", _keep(live, owned))
    else:
        kept = {key: value for key, value in live.items() if key != "status"}
    metadata = {k: v for k, v in mapping(kept, "metadata").items() if k not in SERVER_METADATA}
    named = {key: mapping(live, "metadata")[key] for key in ("name", "namespace") if key in mapping(live, "metadata")}
    head = {key: live[key] for key in ("apiVersion", "kind") if key in live}
    return {**head, **kept, "metadata": {**metadata, **named}}


def _owned_fields(live: Object, manager: str) -> Object | None:
    for entry in cast("list[Object]", mapping(live, "metadata").get("managedFields") or []):
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return mapping(entry, "fieldsV1")
    return None


def _keep(value: Any, fields: Object) -> Any:  # noqa: ANN401
    """Return the part of `value` that a ``fieldsV1`` set names (KEP-555: ``f:name``, ``k:{keys}``, ``.``)."""
    inner = {key: entry for key, entry in fields.items() if key != "."}
    if not inner:
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {
            name: _keep(entries[name], cast("Object", entry))
            for key, entry in inner.items()
            if (name := key.removeprefix("f:")) in entries
        }
    if isinstance(value, list):
        return [kept for item in cast("list[Any]", value) if (kept := _keep_item(item, inner)) is not None]
    return value


def _keep_item(item: Any, fields: Object) -> Any:  # noqa: ANN401
    """Return the owned part of a list's item; None when it is not owned. Sets of scalars are kept whole."""
    for key, entry in fields.items():
        if key.startswith("k:") and isinstance(item, Mapping):
            keys = cast("Mapping[str, Any]", json.loads(key.removeprefix("k:")))
            held = cast("Mapping[str, Any]", item)
            if all(same(held.get(name), value) for name, value in keys.items()):
                return _keep(held, cast("Object", entry))
    return None if isinstance(item, Mapping) else item

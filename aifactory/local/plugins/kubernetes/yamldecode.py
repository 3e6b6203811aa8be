"""`kubernetes:yaml:decode`: what `yaml` v1 (ConfigFile, ConfigGroup) asks of the plugin.

The SDK reads the files and makes the resources; the plugin only turns text into objects.
"""

from collections.abc import Mapping
from typing import Any, cast

import yaml

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.objects import Object, items, kind_of, mapping, text


class YamlError(AifactoryError):
    """Text that should hold Kubernetes objects does not."""


def decode(arguments: Mapping[str, Any]) -> list[Object]:
    """Return the objects in ``text``, lists taken apart, those without a namespace in ``defaultNamespace``.

    Raises:
        YamlError: it is no YAML, or a document is no Kubernetes object. Values are not in the message.
    """
    try:
        documents = list(cast("Any", yaml).safe_load_all(text(arguments, "text")))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise YamlError(f"the text is no YAML{where}") from None
    namespace = text(arguments, "defaultNamespace")
    return [_placed(thing, namespace) for document in documents if document for thing in _flatten(document)]


def _flatten(document: Any) -> list[Object]:  # noqa: ANN401
    if not isinstance(document, dict) or kind_of(cast("Object", document)) is None:
        raise YamlError("a document has no apiVersion and kind", fix="every document must be a Kubernetes object")
    thing = cast("Object", document)
    if text(thing, "kind").endswith("List") and "items" in thing:
        return [entry for item in items(thing, "items") for entry in _flatten(item)]
    return [thing]


def _placed(thing: Object, namespace: str) -> Object:
    metadata = mapping(thing, "metadata")
    if not namespace or "namespace" in metadata or text(thing, "kind") in ("Namespace", "CustomResourceDefinition"):
        return thing
    return {**thing, "metadata": {**metadata, "namespace": namespace}}

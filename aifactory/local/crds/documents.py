"""Reading the YAML of definitions: fast, and without the one YAML 1.1 trap that they contain."""

import hashlib
import json
from typing import cast

import yaml

from aifactory.kube.objects import Document


class _Loader(yaml.CSafeLoader):
    """The C loader without the implicit ``=`` tag.

    PyYAML turns a bare ``=`` (in the enum of Alertmanager's matchers) into ``tag:yaml.org,2002:value`` and has no
    constructor for it. The C loader matters because there are 25 MB of YAML to read, 2.2 MB of them the definition of
    LLMInferenceService: it takes a quarter of the time of the Python one.
    """


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:value"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_yaml(text: str) -> list[Document]:
    """Return the mappings among the documents of `text`; empty documents are left out.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    loaded = yaml.load_all(text, Loader=_Loader)
    return [cast("Document", document) for document in loaded if isinstance(document, dict)]


def definitions(text: str) -> list[Document]:
    """Return the CustomResourceDefinitions among the documents of `text`, without status and creation time."""
    found = [document for document in load_yaml(text) if document.get("kind") == "CustomResourceDefinition"]
    for document in found:
        document.pop("status", None)
        document["metadata"].pop("creationTimestamp", None)
    return found


def group_kind(definition: Document) -> tuple[str, str]:
    """Return (group, kind) that a CustomResourceDefinition defines."""
    spec = definition["spec"]
    return spec["group"], spec["names"]["kind"]


def digest(document: Document) -> str:
    """Return a short hash of a document's content, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]

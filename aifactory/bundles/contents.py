"""The objects in a bundle's YAML files, read within bounds, and what may not be among them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import yaml

from aifactory.errors import Problem

Manifest = dict[str, Any]
"""One Kubernetes object as plain values."""

MOST_BYTES: Final = 32 * 1024 * 1024
"""Largest YAML file that is read. The largest definition that blocks need has 2.2 MB."""

MOST_VALUES: Final = 2_000_000
"""Most values in one file once its aliases are followed: a few lines of YAML can stand for more than a machine holds."""

CLUSTER_WIDE: Final = frozenset(
    {
        "APIService", "ClusterRole", "ClusterRoleBinding", "CSIDriver", "DeviceClass", "FlowSchema", "IngressClass",
        "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace",
        "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    }
)  # fmt: skip
"""Kinds of Kubernetes' own groups that belong to no namespace."""

_OWN_GROUPS: Final = frozenset(
    {
        "", "apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "networking.k8s.io", "policy",
        "rbac.authorization.k8s.io",
    }
)  # fmt: skip
"""Groups of Kubernetes itself whose kinds are in a namespace, but for those above."""

_DEFINITION: Final = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
_HOOK: Final = "helm.sh/hook"


class _Loader(yaml.CSafeLoader):
    """The C loader, with ``=`` and dates as the texts that Kubernetes takes them for."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":value", ":timestamp"))]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_objects(text: str, file: str) -> tuple[list[Manifest], list[Problem]]:
    """Return the objects in a YAML text, lists opened and empty documents left out, and what is wrong with it.

    Args:
        text: the YAML.
        file: its name, for problems.
    """
    try:
        loaded = [document for document in yaml.load_all(text, Loader=_Loader) if document is not None]
    except yaml.YAMLError as error:
        return [], [Problem(file, "", f"is no YAML: {' '.join(str(error).split())[:200]}")]
    except RecursionError:
        return [], [Problem(file, "", "is nested deeper than any object of Kubernetes")]
    if _more_than(loaded, MOST_VALUES):
        return [], [Problem(file, "", f"stands for more than {MOST_VALUES} values, which no operator's objects do")]
    found: list[Manifest] = []
    problems: list[Problem] = []
    for number, document in enumerate(loaded):
        for thing in _opened(document):
            if _is_object(thing):
                found.append(cast("Manifest", thing))
            else:
                rule = "must be an object with apiVersion, kind and metadata.name; nobody could find it again otherwise"
                problems.append(Problem(f"{file}[{number}]", "", rule))
    return found, problems + _twice(found, file)


def split(objects: list[Manifest]) -> tuple[list[Manifest], list[Manifest]]:
    """Return the CustomResourceDefinitions among objects, and the others."""
    return [thing for thing in objects if is_definition(thing)], [thing for thing in objects if not is_definition(thing)]


def is_definition(thing: Mapping[str, Any]) -> bool:
    """Return whether an object is a CustomResourceDefinition."""
    return thing.get("kind") == _DEFINITION[1]


def definition_problems(objects: list[Manifest], file: str) -> Iterator[Problem]:
    """Yield what may not be among definitions: other objects, and definitions that no API server takes."""
    for thing in objects:
        where, (version, kind) = f"{file}: {called(thing)}", _DEFINITION
        spec = cast("Mapping[str, Any]", thing["spec"] if isinstance(thing.get("spec"), Mapping) else {})
        names = cast("Mapping[str, Any]", spec["names"] if isinstance(spec.get("names"), Mapping) else {})
        if (thing["apiVersion"], thing["kind"]) != (version, kind):
            rule = f"is no {kind} of {version}; it would be applied and kept as one"
            yield Problem(where, str(thing["kind"]), rule, "manifests.yaml")
        elif thing["metadata"]["name"] != f"{names.get('plural')}.{spec.get('group')}":
            rule = "must be called after the plural and the group that it defines; the API server refuses it otherwise"
            yield Problem(where, thing["metadata"]["name"], rule, f"{names.get('plural')}.{spec.get('group')}")


def manifest_problems(objects: list[Manifest], file: str) -> Iterator[Problem]:
    """Yield what may not be among an operator's objects: definitions, Helm's hooks, no namespace, images that move."""
    for thing in objects:
        where = f"{file}: {called(thing)}"
        if is_definition(thing):
            yield Problem(where, str(thing["kind"]), "must be established before all others", "crds.yaml")
        if _HOOK in (thing["metadata"].get("annotations") or {}):
            rule = "is a hook of Helm, and would run once and at once as an ordinary object, whatever moment it is for"
            yield Problem(where, _HOOK, rule, "`helm template --no-hooks`")
        if not thing["metadata"].get("namespace") and _needs_namespace(thing):
            yield Problem(where, "", "names no namespace, so it would land in whichever is the default", "a namespace")
        for image in images_of(thing):
            if not _is_pinned(image):
                rule = "has no version, so what runs would change by itself"
                yield Problem(where, image, rule, "a tag that never moves, or a digest")


def called(thing: Mapping[str, Any]) -> str:
    """Return what people call an object: kind, namespace and name."""
    metadata = cast("Mapping[str, Any]", thing["metadata"])
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{thing['kind']} {place}{metadata['name']}"


def images_of(thing: Mapping[str, Any]) -> list[str]:
    """Return the images of the pods that an object makes; empty when it makes none."""
    found: list[str] = []
    for pod in _pods(thing):
        for key in ("initContainers", "containers"):
            containers = cast("list[object]", pod.get(key) or [])
            named = [cast("Mapping[str, Any]", each) for each in containers if isinstance(each, Mapping)]
            found += [str(container["image"]) for container in named if container.get("image")]
    return found


def _pods(thing: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pod specs in an object, wherever a pod template is in it."""
    for key, value in thing.items():
        if key == "spec" and isinstance(value, Mapping) and isinstance(cast("Any", value).get("containers"), list):
            yield cast("Mapping[str, Any]", value)
        elif key in {"spec", "template", "jobTemplate"} and isinstance(value, Mapping):
            yield from _pods(cast("Mapping[str, Any]", value))


def _is_pinned(image: str) -> bool:
    if "@" in image:
        return True
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return bool(colon and tag) and tag != "latest"


def _needs_namespace(thing: Mapping[str, Any]) -> bool:
    """Say whether an object of a kind of Kubernetes itself belongs to a namespace; of other kinds nobody knows here."""
    group = str(thing["apiVersion"]).rpartition("/")[0]
    return group in _OWN_GROUPS and thing["kind"] not in CLUSTER_WIDE and not is_definition(thing)


def _opened(document: object) -> Iterator[object]:
    """Yield an object, or the items of a List."""
    listed = cast("Mapping[str, Any]", document) if isinstance(document, Mapping) else dict[str, Any]()
    if listed.get("kind") == "List" and isinstance(listed.get("items"), list):
        yield from cast("list[object]", listed["items"])
    else:
        yield document


def _is_object(thing: object) -> bool:
    if not isinstance(thing, Mapping):
        return False
    found = cast("Mapping[str, Any]", thing)
    metadata = found.get("metadata")
    texts = (found.get("apiVersion"), found.get("kind"), isinstance(metadata, Mapping) and cast("Any", metadata).get("name"))
    return all(isinstance(part, str) and part for part in texts)


def _twice(objects: list[Manifest], file: str) -> list[Problem]:
    seen: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for thing in objects:
        key = (str(thing["apiVersion"]).partition("/")[0], called(thing))
        if key in seen:
            problems.append(Problem(f"{file}: {called(thing)}", "", "is there twice; which one is meant?"))
        seen.add(key)
    return problems


def _more_than(value: object, most: int) -> bool:
    """Return whether following every alias gives more than `most` values; stops as soon as it does."""
    stack, count = [value], 0
    while stack:
        current = stack.pop()
        count += 1
        if count > most:
            return True
        if isinstance(current, dict):
            stack.extend(cast("dict[object, object]", current).values())
        elif isinstance(current, list):
            stack.extend(cast("list[object]", current))
    return False

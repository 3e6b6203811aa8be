"""Digests written into the catalog's files, line by line, so that comments and order stay as people wrote them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import yaml

from aifactory.catalog.chart_digest import chart_digests, image_parts
from aifactory.catalog.gpu_operands import gpu_operands
from aifactory.catalog.load import images, releases
from aifactory.catalog.release import facts_key

IMAGES_FILE: Final = "images.yaml"
OPERANDS_FILE: Final = "gpu_operands.yaml"
RELEASES_FILE: Final = "releases.yaml"

USED_BY: Final[Mapping[str, str]] = {
    "postgresql": "Postgres",
    "pgbouncer": "Postgres",
    "cloudnative-pg": "Postgres",
    "vllm": "InferenceService",
    "endpoint-picker": "InferenceService",
}
"""Role of an image to the block whose pods run it."""

_WITHOUT_WHOLE_TAG: Final = frozenset({"driver"})
"""Operands whose tag gets the operating system of the node from the operator, so that no registry has it as it stands."""


@dataclass(frozen=True, slots=True)
class CatalogImage:
    """One image of the catalog.

    Attributes:
        name: what it is called here: a role, ``gpu/ROLE``, or ``OPERATOR/IMAGE``.
        reference: registry, path and tag.
        digest: ``sha256:...``, or None as long as nobody has read it.
        used_by: block that it belongs to, with the operator where there is one.
        file: file of the catalog that it stands in.
        key: top entry of that file.
        why_not: why it cannot be pinned at all; empty when it can.
        unreached: why its digest does not reach what runs, though the catalog may have it; empty when it does.
    """

    name: str
    reference: str
    digest: str | None
    used_by: str
    file: str
    key: str
    why_not: str = ""
    unreached: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether what runs is named by its digest, where we are those who name it."""
        return self.digest is not None and not self.unreached


def catalog_images() -> tuple[CatalogImage, ...]:
    """Return every image of the catalog, by file and in its order."""
    found = [
        CatalogImage(role, image.reference, image.digest, USED_BY[role], IMAGES_FILE, role)
        for role, image in images().items()
    ]
    for role, operand in gpu_operands().items():
        why = "its tag is completed on each node" if role in _WITHOUT_WHOLE_TAG else ""
        found.append(CatalogImage(f"gpu/{role}", operand.reference, operand.digest, "GpuOperator", OPERANDS_FILE, role, why))
    for key, release in releases().items():
        for image in release.images:
            reference, _, digest = image.partition("@")
            name = f"{key}/{reference.rpartition('/')[2].partition(':')[0]}"
            why = _unreached(key, reference)
            used_by = f"Operators ({key})"
            found.append(CatalogImage(name, reference, digest or None, used_by, RELEASES_FILE, key, unreached=why))
    return tuple(found)


def _unreached(key: str, reference: str) -> str:
    """Say why the digest of a release's image reaches nothing that runs; empty when it reaches it."""
    if reference in {operand.reference for operand in gpu_operands().values()}:
        return ""  # a ClusterPolicy names it, by the digest of its operand
    if "helm" not in releases()[key].install:
        return "its bundle or its owner names it"
    release = releases()[key]
    known = [chart_digests().get(facts_key(key, release, chart)) for chart in release.charts]
    taken = {name for facts in known if facts for name in facts.names}
    return "" if image_parts(reference)[0] in taken else "no value that is set of its chart takes a digest"


def with_digests(file: str, text: str, digests: Mapping[str, str]) -> str:
    """Return a file of the catalog with digests in it; lines that are not theirs stay to the letter.

    Args:
        file: name of the file, which says how digests stand in it.
        text: what is in it.
        digests: ``sha256:...`` by the reference (registry, path and tag).

    Raises:
        ValueError: the file is laid out in a way that lines cannot be edited in; nothing is lost, as nothing was written.
    """
    before = _parsed(text)
    wanted = {key: _pinned(file, entry, digests) for key, entry in before.items()}
    edit = _in_lists if file == RELEASES_FILE else _after_fields
    edited = edit(file, text, digests)
    if _parsed(edited) != wanted:
        raise ValueError(f"{file} has a layout that digests cannot be written into")
    return edited


def _parsed(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader))


def _reference(file: str, entry: Mapping[str, Any]) -> str:
    return entry["reference"] if file == IMAGES_FILE else f"{entry['repository']}/{entry['image']}:{entry['version']}"


def _pinned(file: str, entry: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry as it is to be afterwards: what the edited file is held against."""
    if file == RELEASES_FILE:
        listed = entry.get("images")
        return dict(entry) | ({"images": [_named(image, digests) for image in listed]} if listed else {})
    digest = digests.get(_reference(file, entry))
    return dict(entry) | ({"digest": digest} if digest else {})


def _named(image: str, digests: Mapping[str, str]) -> str:
    return f"{image}@{digests[image]}" if image in digests else image


def _after_fields(file: str, text: str, digests: Mapping[str, str]) -> str:
    """Put `digest:` behind the last line of the reference of each entry."""
    last = "reference" if file == IMAGES_FILE else "version"
    entries, key, lines = _parsed(text), "", list[str]()
    for line in text.splitlines(keepends=True):
        if head := re.match(r"([a-z0-9-]+):", line):
            key = head[1]
        digest = digests.get(_reference(file, entries[key])) if key else None
        if digest and re.match(r"  digest:", line):
            continue
        lines.append(line)
        if digest and re.match(rf"  {last}:", line):
            lines.append(f"  digest: {digest}\n")
    return "".join(lines)


def _in_lists(file: str, text: str, digests: Mapping[str, str]) -> str:
    """Put the digest behind each image in the lists of releases: on the line of `images:`, or on those that follow it."""
    del file
    lines, inside = list[str](), False
    for line in text.splitlines(keepends=True):
        if re.match(r"  images:", line):
            inside = True
        elif not re.match(r"    |\s*$", line):
            inside = False
        lines.append(_with_names(line, digests) if inside and not line.lstrip().startswith("#") else line)
    return "".join(lines)


def _with_names(line: str, digests: Mapping[str, str]) -> str:
    for image, digest in digests.items():
        line = re.sub(rf"(?<![\w./-]){re.escape(image)}(?![\w.@-])", f"{image}@{digest}", line)
    return line

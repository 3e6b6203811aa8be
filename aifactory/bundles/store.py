"""One bundle on disk: ``<operator>-<version>/`` with the files that install it and ``bundle.json``, which vouches for them.

A bundle is used as a whole or refused: a file that is not the one that was fetched, one that nobody vouched for, or one
that is a link to somewhere else stops everything, in words.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aifactory.bundles import contents
from aifactory.bundles.contents import MOST_BYTES, Manifest
from aifactory.errors import Problem, SpecError

FACTS_FILE: Final = "bundle.json"
CRDS_FILE: Final = "crds.yaml"
MANIFESTS_FILE: Final = "manifests.yaml"
CHART_NAMES: Final = ("chart.tgz", "chart")
"""A chart as Helm packs it, or its directory."""

MOST_CHART_BYTES: Final = 128 * 1024 * 1024
"""Largest chart that is read; the largest of the catalog's has 3 MB."""

PartName = Literal["chart.tgz", "chart", "crds.yaml", "manifests.yaml"]
_PARTS: Final = (*CHART_NAMES, CRDS_FILE, MANIFESTS_FILE)


class Part(BaseModel):
    """One file of a bundle, or the chart's directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=1, max_length=500)
    """Where it came from, for people: a chart's address and version, a Go module, a file."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Digest of its content; of a directory, over the digests and paths of all its files."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    operator: str
    version: str
    files: dict[PartName, Part] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What installs one operator at one version, verified.

    Attributes:
        operator: its name in the catalog.
        version: its version.
        directory: where its files are.
        chart: the chart, packed or as a directory; None when there is none.
        crds: its CustomResourceDefinitions; empty when the chart makes them itself.
        manifests: its objects, for installation without Helm.
        files: where each file came from, with its digest.
    """

    operator: str
    version: str
    directory: Path
    chart: Path | None = None
    crds: tuple[Manifest, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    files: Mapping[str, Part] = field(default_factory=dict[str, Part])

    @property
    def images(self) -> tuple[str, ...]:
        """Images of the pods that its manifests make, each once."""
        return tuple(dict.fromkeys(image for thing in self.manifests for image in contents.images_of(thing)))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is made of.

    Attributes:
        chart: a packed chart or the directory of one; None for none.
        crds: CustomResourceDefinitions.
        manifests: objects for installation without Helm.
        sources: where each came from: keys are ``chart``, ``crds`` and ``manifests``.
    """

    chart: Path | None = None
    crds: tuple[Manifest, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict[str, str])


def bundle_place(directory: Path, operator: str, version: str) -> Path:
    """Return where the bundle of an operator at a version lies below a directory of bundles."""
    return directory / f"{operator}-{version}"


def load_bundle(directory: Path, operator: str, version: str) -> Bundle | None:
    """Return the bundle of an operator, verified; None when there is none.

    Args:
        directory: of the bundles, such as ``stacks/operators``.
        operator: its name in the catalog.
        version: its version.

    Raises:
        SpecError: something in it is not what it should be; every problem is listed.
    """
    place = bundle_place(directory, operator, version)
    return _load(place, operator, version) if place.exists() else None


def write_bundle(directory: Path, operator: str, version: str, made_of: Contents) -> tuple[Path, bool]:
    """Write a bundle as a whole, in the place of an earlier one; return its place and whether anything changed.

    What is written is read back and verified before it takes its place, so that none is ever there by half.

    Raises:
        SpecError: it could not be used.
    """
    place = bundle_place(directory, operator, version)
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=directory) as name:
        draft = Path(name) / place.name
        draft.mkdir()
        _fill(draft, operator, version, made_of)
        _load(draft, operator, version)
        if _is_same(draft, place, operator, version):
            return place, False
        if place.exists():
            place.rename(Path(name) / "before")
        draft.rename(place)
    return place, True


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a directory: over the digests and paths of all its files, in order of paths."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lines = (f"{digest(file)}  {file.relative_to(path).as_posix()}\n" for file in _files(path))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _files(directory: Path) -> list[Path]:
    return sorted((file for file in directory.rglob("*") if file.is_file()), key=lambda file: file.as_posix())


def _fill(draft: Path, operator: str, version: str, made_of: Contents) -> None:
    origins: dict[str, str] = {}
    if made_of.chart is not None:
        name = CHART_NAMES[1] if made_of.chart.is_dir() else CHART_NAMES[0]
        copy = shutil.copytree if made_of.chart.is_dir() else shutil.copyfile
        copy(made_of.chart, draft / name)
        for path in draft.rglob("*"):
            # A module cache is read-only; what comes out of it must be ours to replace.
            path.chmod(0o755 if path.is_dir() else 0o644)
        origins[name] = made_of.sources["chart"]
    for file, objects in ((CRDS_FILE, made_of.crds), (MANIFESTS_FILE, made_of.manifests)):
        if objects:
            (draft / file).write_text(_dump(objects), encoding="utf-8")
            origins[file] = made_of.sources[file.partition(".")[0]]
    files = {file: {"source": source, "sha256": digest(draft / file)} for file, source in origins.items()}
    facts = {"operator": operator, "version": version, "files": files}
    (draft / FACTS_FILE).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _dump(objects: tuple[Manifest, ...]) -> str:
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, width=120, explicit_start=True)


class _Plain(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _is_same(draft: Path, place: Path, operator: str, version: str) -> bool:
    """Return whether the bundle that is there is the draft to the byte, and whole."""
    try:
        _load(place, operator, version)
        return (draft / FACTS_FILE).read_bytes() == (place / FACTS_FILE).read_bytes()
    except (SpecError, OSError):
        return False


def _load(place: Path, operator: str, version: str) -> Bundle:
    source = f"bundle {place}"
    facts, problems = _facts(place)
    if facts is None:
        raise SpecError(source, problems)
    problems += _wrong_facts(facts, operator, version)
    problems += [problem for name in _PARTS for problem in _wrong_part(place, name, facts.files.get(name))]
    if problems:
        # What is in a file that nobody vouched for is not worth a word.
        raise SpecError(source, problems)
    crds, wrong_crds = _objects(place / CRDS_FILE)
    manifests, wrong_manifests = _objects(place / MANIFESTS_FILE)
    problems = [*wrong_crds, *wrong_manifests, *contents.definition_problems(crds, CRDS_FILE)]
    problems += contents.manifest_problems(manifests, MANIFESTS_FILE)
    if problems:
        raise SpecError(source, problems)
    chart = next((place / name for name in CHART_NAMES if (place / name).exists()), None)
    files = {str(name): part for name, part in facts.files.items()}
    return Bundle(operator, version, place, chart, tuple(crds), tuple(manifests), files)


def _facts(place: Path) -> tuple[_Facts | None, list[Problem]]:
    file = place / FACTS_FILE
    remedy = "`aifactory operators fetch` writes it"
    try:
        return _Facts.model_validate_json(_bounded(file)), []
    except FileNotFoundError:
        return None, [Problem(FACTS_FILE, "", "is not there, so nobody has said what the files should be", remedy)]
    except (OSError, UnicodeDecodeError, _TooLargeError) as error:
        return None, [Problem(FACTS_FILE, "", f"cannot be read: {error}", remedy)]
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors()]
        return None, [Problem(FACTS_FILE, "", f"is not as it was written: {line}", remedy) for line in wrong]


def _wrong_facts(facts: _Facts, operator: str, version: str) -> Iterator[Problem]:
    for key, said, wanted in (("operator", facts.operator, operator), ("version", facts.version, version)):
        if said != wanted:
            yield Problem(f"{FACTS_FILE}: {key}", said, "is not what its directory is called after", wanted)
    if set(CHART_NAMES) <= facts.files.keys():
        yield Problem(FACTS_FILE, ", ".join(CHART_NAMES), "are two charts; which one is meant?", CHART_NAMES[0])


def _wrong_part(place: Path, name: str, part: Part | None) -> Iterator[Problem]:
    path, again = place / name, "fetched anew, or what was reviewed"
    if part is None:
        if path.exists():
            yield Problem(name, "", "is not in bundle.json, so nobody has said where it came from", again)
    elif not path.exists():
        yield Problem(name, "", "is in bundle.json and not there", again)
    elif links := [link for link in (path, *path.rglob("*")) if link.is_symlink()]:
        shown = ", ".join(link.relative_to(place).as_posix() for link in links)
        yield Problem(name, shown, "leads out of the bundle; a link vouches for nothing", "the file itself")
    elif path.is_file() != (name != CHART_NAMES[1]):
        yield Problem(name, "", "must be a directory" if name == CHART_NAMES[1] else "must be a file", again)
    elif _size(path) > (MOST_CHART_BYTES if name in CHART_NAMES else MOST_BYTES):
        yield Problem(name, f"{_size(path)} bytes", "is larger than any operator's", again)
    elif (found := digest(path)) != part.sha256:
        rule = f"has another digest than the {part.sha256[:12]}... of bundle.json: it was changed after it was fetched"
        yield Problem(name, f"{found[:12]}...", rule, again)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in _files(path))


def _objects(file: Path) -> tuple[list[Manifest], list[Problem]]:
    if not file.exists():
        return [], []
    try:
        return contents.read_objects(_bounded(file), file.name)
    except (UnicodeDecodeError, _TooLargeError) as error:
        return [], [Problem(file.name, "", f"cannot be read: {error}")]


class _TooLargeError(Exception):
    """A file is larger than what is read into memory."""


def _bounded(file: Path) -> str:
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _TooLargeError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    return content.decode("utf-8")

"""The files of a bundle of evidence, and writing them: the same inputs give the same bytes."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from aifactory.errors import Problem, SpecError
from aifactory.evidence import as_json, markdown, oscal, page, sarif
from aifactory.evidence.dossier import Dossier
from aifactory.evidence.manifest import MANIFEST, manifest_text, verify
from aifactory.evidence.markdown import cell, table
from aifactory.evidence.redact import clean, clean_text
from aifactory.evidence.report import AID
from aifactory.evidence.table import NOT_ANSWERED, Register
from aifactory.evidence.text import verdict_line

_ABOUT: Final = {
    "readme.md": "this summary",
    "index.html": "everything on one page, for people",
    "findings.md": "findings with their proof, for people",
    "findings.json": "findings with their proof, for programs",
    "findings.sarif": "findings as SARIF 2.1.0, for code hosts",
    "assessment-results.oscal.json": "findings as OSCAL assessment results",
    "component-definition.oscal.json": "what the rules implement of the profiles, as an OSCAL component definition",
    "components.cdx.json": "components with licences and suppliers, as CycloneDX 1.6",
    "seal.json": "SEAL self-assessment",
}


def bundle_files(dossier: Dossier) -> dict[str, bytes]:
    """Return every file of a bundle by its name, the manifest among them."""
    written = {name: text.encode() for name, text in _texts(dossier)}
    written["readme.md"] = _readme(dossier, tuple(written)).encode()
    return written | {MANIFEST: manifest_text(dossier, written).encode()}


def _texts(dossier: Dossier) -> Iterator[tuple[str, str]]:
    report = dossier.report
    yield "index.html", page.render(dossier)
    yield "findings.md", markdown.render(report)
    yield "findings.json", as_json.render(report)
    yield "findings.sarif", sarif.render(report)
    yield "assessment-results.oscal.json", oscal.render(report)
    yield "component-definition.oscal.json", _json(oscal.component_definition(report))
    if dossier.cyclonedx:
        yield "components.cdx.json", dossier.cyclonedx
    about = {"factory": dossier.factory, "region": dossier.region, "simulated": bool(dossier.simulated)}
    if dossier.seal:
        yield "seal.json", _json(about | dossier.seal.values())
    for register in dossier.registers:
        yield f"registers/{register.name}.json", _json(about | register.values())
        yield f"registers/{register.name}.md", clean_text("\n".join(_register(register, dossier)) + "\n")


def _json(values: Any) -> str:  # noqa: ANN401 - plain values of any shape
    return json.dumps(clean(values), indent=2, ensure_ascii=False) + "\n"


def _register(register: Register, dossier: Dossier) -> Iterator[str]:
    yield f"# {register.title}: {cell(dossier.factory)}/{cell(dossier.region)}"
    yield ""
    if dossier.simulated:
        yield f"**SIMULATED.** {dossier.simulated}"
        yield ""
    yield register.about
    yield from (f"\n{cell(note)}" for note in register.notes)
    yield ""
    head = ("subject", "verdict", *register.columns.values(), "declared", "state", "observed", "differs")
    yield from table(
        head,
        (
            [
                row.subject,
                row.verdict or "no rule",
                *(row.cells[key] or NOT_ANSWERED for key in register.columns),
                row.origin.declared,
                row.origin.state,
                row.origin.observed,
                "; ".join(row.origin.differs) or "-",
            ]
            for row in register.rows
        ),
    )


def _readme(dossier: Dossier, names: tuple[str, ...]) -> str:
    report = dossier.report
    lines = [f"# {cell(dossier.title)}", "", cell(dossier.subtitle), ""]
    if dossier.simulated:
        lines += [f"**SIMULATED.** {dossier.simulated}", ""]
    outcome = verdict_line(report) if report.assessment.findings else "no rules were applied"
    lines += [f"{'Passes' if report.assessment.passes else 'Blocked'}: {cell(outcome)}.", ""]
    if dossier.seal:
        lines += [f"SEAL self-assessment: {cell(dossier.seal.verdict)}.", ""]
    lines += [*table(("source", "what"), dossier.sources.items()), ""]
    about = {register.name: register.about for register in dossier.registers}
    rows = ((f"{name}", _ABOUT.get(name) or about.get(Path(name).stem, "")) for name in sorted(names))
    lines += [*table(("file", "what it is"), rows), "", f"`{MANIFEST}` has the hash of every file. {AID}", ""]
    return clean_text("\n".join(lines))


def catalog_version() -> str:
    """Return the version of the catalog of facts: a digest of all of its files."""
    found = sha256()
    root = files("aifactory.catalog")
    here = [item for item in root.iterdir() if item.name.endswith((".yaml", ".json"))]
    profiles = [item for item in root.joinpath("profiles").iterdir() if item.name.endswith(".yaml")]
    for item in sorted([*here, *profiles], key=lambda one: one.name):
        found.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    return f"sha256:{found.hexdigest()[:16]}"


def write_bundle(directory: Path, written: Mapping[str, bytes]) -> None:
    """Write a bundle; one that is there already is replaced, and nothing else ever is.

    Args:
        directory: where to; it is made when it is not there.
        written: the files, as `bundle_files` returns them.

    Raises:
        SpecError: the directory has files that are no bundle's, or cannot be written.
    """
    try:
        _clear(directory)
        for name, content in sorted(written.items(), key=lambda item: item[0] == MANIFEST):
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise _wrong(directory, f"cannot be written: {error.strerror}") from None


def _clear(directory: Path) -> None:
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not directory.is_dir():
        raise _wrong(directory, "is a file; evidence needs a directory")
    if not (directory / MANIFEST).is_file():
        raise _wrong(directory, "has files, and is no bundle of evidence; name a directory that is empty or not there")
    if any(problem.endswith("not in the manifest") for problem in verify(directory).wrong):
        raise _wrong(directory, "has files that are not of its bundle; move them away, or name another directory")
    names = [row["path"] for row in json.loads((directory / MANIFEST).read_bytes())["files"]]
    # The manifest goes first: a bundle that is half replaced is none.
    (directory / MANIFEST).unlink()
    for signature in directory.glob(f"{MANIFEST}.*"):
        signature.unlink()
    for name in names:
        path = directory / name
        if directory.resolve() in path.resolve().parents:
            path.unlink(missing_ok=True)


def _wrong(directory: Path, rule: str) -> SpecError:
    return SpecError(str(directory), [Problem("--out", directory.name, rule)])

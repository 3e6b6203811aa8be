"""The commands `aifactory catalog ...`: which images there are, and by which digest each is pinned."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from aifactory.catalog.pinning import CatalogImage, catalog_images, with_digests
from aifactory.errors import AifactoryError, Problem, SpecError, ToolError
from aifactory.model import nearest
from aifactory.model.registry import RegistryHost, RegistryPlace, RegistrySpec
from aifactory.registry_client import Found, RegistryClient, RegistryError
from aifactory.terminal import Format, FormatOption, friendly

catalog = typer.Typer(name="catalog", help="What the catalog knows: images and their digests.", no_args_is_help=True)

MOVED = 1
"""Exit code when a registry has something else under a tag than what the catalog pins."""

CatalogOption = Annotated[
    Path | None,
    typer.Option("--catalog", help="Folder with the catalog's files; default: the installed ones.", file_okay=False),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one image.

    Attributes:
        image: the image.
        found: what the registry has; None when that could not be found out.
        error: why not; empty when it could.
    """

    image: CatalogImage
    found: Found | None
    error: str = ""

    @property
    def state(self) -> str:
        """In one word: new, pinned (the registry has what the catalog pins), moved, skipped or failed."""
        if self.image.why_not:
            return "skipped"
        if self.found is None:
            return "failed"
        if self.image.digest is None:
            return "new"
        return "pinned" if self.image.digest == self.found.digest else "moved"


@catalog.command(name="images")
@friendly
def list_images(output: FormatOption = Format.TEXT) -> None:
    """List the images of the catalog: pinned by digest or not, and which block uses each.

    One whose digest is known and reaches nothing that runs is unpinned all the same, with the reason.

    Exit code 0, whether or not images are pinned.
    """
    found = catalog_images()
    if output is Format.JSON:
        rows = [
            {
                "name": image.name,
                "image": image.reference,
                "digest": image.digest,
                "pinned": image.is_pinned,
                "unreached": image.unreached,
                "used_by": image.used_by,
            }
            for image in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for image in found:
        state = "pinned" if image.is_pinned else "unpinned"
        digest = f" {image.digest}" if image.digest else ""
        hints = [hint for hint in (image.why_not, image.unreached) if hint]
        hint = f" ({'; '.join(hints)})" if hints else ""
        typer.echo(f"{image.name}: {image.reference}, {state}{digest}{hint}; {image.used_by}")
    pinned = sum(image.is_pinned for image in found)
    typer.echo(f"{pinned} of {len(found)} pinned; aifactory catalog pin --write reads the others from their registries")


@catalog.command()
@friendly
def pin(
    image: Annotated[
        list[str] | None, typer.Option("--image", help="Only this image, as `catalog images` names it. May be repeated.")
    ] = None,
    registry_mirror: Annotated[
        list[str] | None,
        typer.Option(help="Ask this instead: HOST[/PATH] for all, or ghcr.io=HOST[/PATH] for one host. May be repeated."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what is new into the files of the catalog.")] = False,  # noqa: FBT002
    folder: CatalogOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Read the digests of images from their registries; with --write, pin them.

    It is all or nothing: where one image cannot be read, nothing is written. A tag under which there is something else now
    than what is pinned is shown and never written.

    Exit code 0: all were read. 1: a tag has moved. 2: an option is wrong. 3: a registry could not be read, nothing changed.
    """
    wanted = chosen(catalog_images(), image or [])
    answers = ask(wanted, mirror_of(registry_mirror or []), RegistryClient())
    states = {answer.state for answer in answers}
    written = write_digests(answers, folder or _installed()) if write and not states & {"failed", "moved"} else []
    _show(answers, written, output)
    if "failed" in states:
        raise typer.Exit(RegistryError.exit_code)
    if "moved" in states:
        raise typer.Exit(MOVED)


def chosen(known: Sequence[CatalogImage], names: Sequence[str]) -> list[CatalogImage]:
    """Return the images that are named; all when none is.

    Raises:
        SpecError: every name that no image has.
    """
    there = {image.name for image in known}
    if unknown := [name for name in names if name not in there]:
        rule = "the catalog has no such image; `aifactory catalog images` lists them"
        raise SpecError("catalog pin", [Problem("--image", name, rule, nearest(name, there, among=1)) for name in unknown])
    return [image for image in known if not names or image.name in names]


def mirror_of(options: Sequence[str]) -> RegistrySpec | None:
    """Return what `--registry-mirror` says; None without it.

    Raises:
        SpecError: every option that is no place of a registry, or that is there twice.
    """
    mirrors: dict[str, str] = {}
    everything: str | None = None
    problems: list[Problem] = []
    for option in options:
        host, equals, place = option.rpartition("=")
        try:
            place = TypeAdapter(RegistryPlace).validate_python(place)
            host = TypeAdapter(RegistryHost).validate_python(host) if equals else ""
        except ValidationError as error:
            # A place with a user in it may have a password in it.
            shown = "" if "@" in option else option
            problems.append(
                Problem("--registry-mirror", shown, str(error.errors()[0].get("ctx", {}).get("error", error.title)))
            )
            continue
        if host in mirrors or (not host and everything):
            problems.append(Problem("--registry-mirror", option, "says twice where the same images are", "only one of them"))
        elif host:
            mirrors[host] = place
        else:
            everything = place
    if problems:
        raise SpecError("catalog pin", problems)
    return RegistrySpec(mirror=everything, mirrors=mirrors, only=False) if options else None


def ask(wanted: Iterable[CatalogImage], registry: RegistrySpec | None, client: RegistryClient) -> list[Answer]:
    """Ask for each image once, however often it is in the catalog; one that fails does not stop the others."""
    seen: dict[str, tuple[Found | None, str]] = {}
    answers: list[Answer] = []
    for image in wanted:
        if image.why_not:
            answers.append(Answer(image, None, image.why_not))
            continue
        if image.reference not in seen:
            place = registry.through(image.reference) if registry else None
            try:
                seen[image.reference] = client.find(place or image.reference), ""
            except RegistryError as error:
                seen[image.reference] = None, error.message
        answers.append(Answer(image, *seen[image.reference]))
    return answers


def write_digests(answers: Sequence[Answer], folder: Path) -> list[str]:
    """Write what is new into the files of a catalog and return the names of those that changed.

    Every file is made before the first is put in place, and each is put there in one step.

    Raises:
        ToolError: the folder cannot be written to, or a file is laid out in a way that lines cannot be edited in.
    """
    made: dict[Path, str] = {}
    try:
        for name in sorted({answer.image.file for answer in answers}):
            new = {
                a.image.reference: a.found.digest for a in answers if a.image.file == name and a.state == "new" and a.found
            }
            before = (folder / name).read_text(encoding="utf-8")
            after = with_digests(name, before, new)
            if after != before:
                made[folder / name] = after
        for path, text in made.items():
            part = path.with_name(f".{path.name}.part")
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    except (OSError, ValueError) as error:
        raise ToolError(f"{folder}: the catalog cannot be written: {error}", fix="--catalog FOLDER of a checkout") from None
    return [path.name for path in made]


def _installed() -> Path:
    found = files("aifactory.catalog")
    if not isinstance(found, Path):
        raise AifactoryError("this catalog lies in an archive", why="its files cannot be written", fix="--catalog FOLDER")
    return found


def _show(answers: Sequence[Answer], written: Sequence[str], output: Format) -> None:
    if output is Format.JSON:
        rows = [
            {
                "name": answer.image.name,
                "image": answer.image.reference,
                "state": answer.state,
                "pinned": answer.image.digest,
                "found": answer.found.digest if answer.found else None,
                "error": answer.error,
            }
            for answer in answers
        ]
        typer.echo(json.dumps({"images": rows, "written": list(written)}, indent=2))
        return
    for answer in answers:
        what = answer.found.digest if answer.found else answer.error
        was = f", pinned {answer.image.digest}" if answer.state == "moved" else ""
        typer.echo(f"{answer.image.name}: {answer.state}, {answer.image.reference}: {what}{was}")
    if any(answer.state == "failed" for answer in answers):
        typer.echo("some registries could not be read; nothing was written", err=True)
    elif any(answer.state == "moved" for answer in answers):
        typer.echo("a tag has moved: look at what changed, take its digest out by hand, then pin again", err=True)
    elif written:
        typer.echo(f"written: {', '.join(written)}")
    else:
        typer.echo("nothing was written" if not any(a.state == "new" for a in answers) else "--write pins what is new")

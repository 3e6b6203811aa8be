"""The command `aifactory evidence`: a bundle that shows what holds to somebody who was not there, and its hashes."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aifactory.errors import Problem, SpecError, ToolError
from aifactory.terminal import friendly

if TYPE_CHECKING:
    from aifactory.evidence.case import Provenance
    from aifactory.evidence.dossier import Dossier
    from aifactory.evidence.observed import Observed
    from aifactory.evidence.state import StackState
    from aifactory.model import FactorySpec

DEFAULT_FACTORY: Final = Path("stacks/factory.yaml")
_SECONDS: Final = 30

FindInstance = Callable[[str], Path]
"""Gives the kubeconfig of a local instance by its name, whether it is there or not."""

AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the judgement. Default: today, in UTC.")
]
Time = Annotated[
    datetime | None,
    typer.Option(
        "--time",
        formats=["%Y-%m-%dT%H:%M:%SZ"],
        help="When the evidence is made, in UTC. Default: now; give it to repeat a bundle.",
    ),
]


def evidence_app(find_instance: FindInstance) -> typer.Typer:
    """Return the command with its parts, for Typer; where local instances lie is the business of a layer above this one."""
    app = typer.Typer(invoke_without_command=True, no_args_is_help=True)

    @app.callback()
    @friendly
    def evidence(
        context: typer.Context,
        *,
        region: Annotated[
            str | None, typer.Option("--region", "-r", help="Region to show. None: the stack of --state alone.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option("--out", help="Directory of the bundle; empty, or of an older one.")
        ] = None,
        factory: Annotated[Path, typer.Option(help="The factory.", dir_okay=False)] = DEFAULT_FACTORY,
        as_of: AsOf = None,
        time: Time = None,
        actor: Annotated[str, typer.Option(help="Who has it made, as the bundle will say.")] = "",
        state: Annotated[
            Path | None,
            typer.Option(
                "--state", help="What `pulumi stack export --file FILE` wrote; - for standard input.", dir_okay=False
            ),
        ] = None,
        observe: Annotated[bool, typer.Option("--observe", help="Ask the region's cluster, too. It is only read.")] = False,
        kube_context: Annotated[
            str | None, typer.Option(help="Context of your kubeconfig to ask instead of the region's own cluster.")
        ] = None,
        name: Annotated[str | None, typer.Option(help="Name of the local instance; default: the region's name.")] = None,
        seal: Annotated[
            Path | None, typer.Option("--seal", help="YAML with your answers and weights of the SEAL self-assessment.")
        ] = None,
        profile: Annotated[
            list[str] | None, typer.Option("--profile", help="For a stack without a factory: profiles to judge it by.")
        ] = None,
    ) -> None:
        """Write a bundle of evidence: findings, data map, registers, components, self-assessment, one page for people.

        Each row says what is declared (factory.yaml and its commit), what is in the Pulumi state, what the cluster shows;
        what nobody asked is said in words. No Secret is read, and no value of one is ever written.

        Exit code 0: written, whatever the findings are. 2: an option or a file is wrong. 3: the cluster cannot be reached.
        """
        if context.invoked_subcommand is not None:
            return
        if out is None:
            raise SpecError(
                "aifactory evidence", [Problem("--out", "", "needs a directory for the bundle", "--out evidence")]
            )
        day = as_of.date() if as_of else _today()
        moment = (time or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = _state(state)
        if region is None:
            made = _foreign(found, day, profile or [], moment, actor)
        else:
            ask = partial(_observed, region=region, name=name, context=kube_context, find_instance=find_instance)
            reach = ask if observe or kube_context else None
            made = _of_region(factory, region, day, moment, actor, found, reach, seal)
        _write(out, made)

    @app.command()
    @friendly
    def verify(directory: Annotated[Path, typer.Argument(metavar="DIR", help="A bundle of evidence.")]) -> None:
        """Compare every file of a bundle with the hashes of its manifest.

        Whether the manifest itself is the one that was signed is for the signature to say; its hash is printed.

        Exit code 0: nothing has changed. 1: something has. 2: it is no bundle.
        """
        from aifactory.evidence.manifest import verify as look

        found = look(directory)
        typer.echo(f"{directory}: evidence of {found.about}, {found.files} files; manifest.json has SHA-256 {found.digest}")
        for text in found.wrong:
            typer.echo(f"  {text}")
        if found.wrong:
            typer.echo(f"{len(found.wrong)} of it do not fit: this is not the bundle that was written", err=True)
            raise typer.Exit(1)
        typer.echo("every file is as it was written")

    return app


def _today() -> date:
    from aifactory.enforcement import today

    return today()


def _state(path: Path | None) -> "StackState | None":
    from aifactory.evidence.state import parse_state, read_state

    if path is None:
        return None
    return parse_state(sys.stdin.buffer.read(), Path("standard input")) if str(path) == "-" else read_state(path)


def _foreign(state: "StackState | None", day: date, profiles: list[str], moment: str, actor: str) -> "Dossier":
    from aifactory.evidence.bundle import catalog_version
    from aifactory.evidence.foreign import foreign_dossier
    from aifactory.model import nearest
    from aifactory.sovereignty.profile import shipped_profiles

    if state is None:
        rule = "needs a region of the factory, or --state FILE of a stack that has none"
        raise SpecError("aifactory evidence", [Problem("--region", "", rule)])
    known = shipped_profiles()
    wrong = [
        Problem("--profile", one, f"no such profile; there are {', '.join(sorted(known))}", nearest(one, known))
        for one in profiles
        if one not in known
    ]
    if wrong:
        raise SpecError("aifactory evidence", wrong)
    return foreign_dossier(state, day, profiles, time=moment, actor=actor, catalog=catalog_version())


def _of_region(
    file: Path,
    region: str,
    day: date,
    moment: str,
    actor: str,
    state: "StackState | None",
    reach: "Callable[[FactorySpec], Observed] | None",
    seal: Path | None,
) -> "Dossier":
    from aifactory.bundled_operators import read_factory_bundles
    from aifactory.evidence.collect import collect
    from aifactory.evidence.dossier import dossier_of
    from aifactory.evidence.seal import read_seal
    from aifactory.model import load_factory

    spec = load_factory(file)
    spec.region(region)
    answers = read_seal(seal) if seal else None
    bundles = read_factory_bundles(file.parent / "operators", spec)
    case = collect(
        spec,
        region,
        day,
        file=file,
        fetched=bundles.fetched,
        brought=bundles.brought,
        provenance=provenance(file, moment, actor),
        state=state,
        observed=reach(spec) if reach else None,
    )
    return dossier_of(case, answers)


def provenance(file: Path, moment: str, actor: str) -> "Provenance":
    """Return who makes evidence of what, and when.

    Args:
        file: factory.yaml.
        moment: when, in UTC.
        actor: who; empty: nobody said.
    """
    from aifactory.evidence.bundle import catalog_version
    from aifactory.evidence.case import Provenance
    from aifactory.model.load import WAIVERS_FILE

    commit = _git(file.parent, "rev-parse", "HEAD")
    tracked = commit and _git(file.parent, "ls-files", "--", file.name)
    changed = _git(file.parent, "status", "--porcelain", "--", file.name, WAIVERS_FILE)
    return Provenance(
        commit=commit if tracked else "",
        changed=bool(changed),
        digest=sha256(file.read_bytes()).hexdigest(),
        actor=actor,
        time=moment,
        catalog=catalog_version(),
    )


def _git(directory: Path, *arguments: str) -> str:
    """Return what git says; empty when it is not there, or the directory is in no repository."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _observed(
    factory: "FactorySpec", *, region: str, name: str | None, context: str | None, find_instance: FindInstance
) -> "Observed":
    try:
        from aifactory.evidence.observed import observe
        from aifactory.status.commands import Reach, reach
    except ModuleNotFoundError as error:
        raise ToolError(f"asking a cluster needs {error.name}", fix="pip install 'aifactory[local]'") from None
    spec = factory.region(region)
    used = context or spec.cluster.context
    with reach(spec, Reach(name or region, context, find_instance)) as api:
        return observe(api, f"context {used}" if used else f"local instance {name or region}", factory, region)


def _write(out: Path, made: "Dossier") -> None:
    from aifactory.evidence.bundle import bundle_files, write_bundle
    from aifactory.evidence.text import verdict_line

    written = bundle_files(made)
    write_bundle(out, written)
    outcome = verdict_line(made.report) if made.report.assessment.findings else "no rules were applied"
    typer.echo(f"{out}: {len(written)} files on {made.factory}/{made.region}; {outcome}")
    if made.simulated:
        typer.echo(f"SIMULATED: {made.simulated}")
    typer.echo(f"open {out / 'index.html'}; sign {out / 'manifest.json'}, which has the hash of every other file")

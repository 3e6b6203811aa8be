"""The command `aifactory check`: is the file right, and do its rules allow what it describes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aifactory.errors import SpecError
from aifactory.evidence.report_format import ReportFormat
from aifactory.terminal import friendly

AsOfOption = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the judgement. Default: today, in UTC.")
]


@friendly
def check(
    factory: Annotated[Path, typer.Argument(help="The factory to check.")] = Path("stacks/factory.yaml"),
    region: Annotated[
        list[str] | None, typer.Option("--region", "-r", help="This region alone; may be given again.")
    ] = None,
    as_of: AsOfOption = None,
    output: Annotated[
        ReportFormat, typer.Option("--format", "-o", help="text for people; json, sarif and oscal for programs; markdown.")
    ] = ReportFormat.TEXT,
) -> None:
    """Check factory.yaml: every problem at once, and then every finding of the sovereignty rules.

    Where the file is right, every object that would be made of it is checked against the schema of its kind, and every fact
    of its regions is judged by the statements of their profiles.

    Exit code 0: nothing is wrong and nothing denied (what is waived is shown). 1: a rule denies, or needs a fact that nobody
    said. 2: the file is wrong.
    """
    from aifactory.bundled_operators import read_factory_bundles
    from aifactory.enforcement import today
    from aifactory.evidence.formats import rendered
    from aifactory.model import load_factory
    from aifactory.render.region import check_factory
    from aifactory.sovereignty.assess import assess

    try:
        spec = load_factory(factory)
        for name in region or ():
            spec.region(name)
        bundles = read_factory_bundles(factory.parent / "operators", spec)
        check_factory(spec, str(factory), bundles.brought)
    except SpecError as error:
        if output is ReportFormat.JSON:
            typer.echo(json.dumps({"file": str(factory), "ok": False, "problems": error.as_json()}, indent=2))
            raise typer.Exit(error.exit_code) from None
        raise
    found = assess(spec, as_of.date() if as_of else today(), region, bundles.fetched)
    simulated = [name for name in found.regions if spec.region(name).is_local]
    typer.echo(rendered(found, output, file=factory, simulated=simulated), nl=False)
    if not found.passes:
        raise typer.Exit(1)

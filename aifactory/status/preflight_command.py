"""The command `aifactory preflight`; what it needs is imported when it runs, so that `--help` stays quick."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from aifactory.errors import PreflightError
from aifactory.kube.extra import guarded
from aifactory.status.commands import (
    DEFAULT_FACTORY,
    ContextOption,
    FactoryOption,
    FindInstance,
    NameOption,
    Reach,
    RegionOption,
    choose,
    reach,
)
from aifactory.terminal import Format, FormatOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aifactory.status.preflight import Finding, Preflight


def preflight_command(find_instance: FindInstance) -> Callable[..., None]:
    """Return the command, for Typer; where local instances lie is the business of a layer above this one."""

    @guarded("aifactory preflight")
    def preflight(
        *,
        factory: FactoryOption = DEFAULT_FACTORY,
        region: RegionOption = None,
        name: NameOption = None,
        kube_context: ContextOption = None,
        output: FormatOption = Format.TEXT,
    ) -> None:
        """Say of every operator and GPU pool of a region whether its cluster has it, and what to write instead.

        It only reads, and of Secrets nothing but the labels of those that Helm keeps. It proposes and changes nothing.

        Exit code 0: an up can go on. 2: the file is wrong. 3: the cluster cannot be reached. 5: something stops an up.
        """
        from aifactory.model import load_factory
        from aifactory.status.preflight import preflight as look

        spec = load_factory(factory)
        chosen = choose(spec, region, factory)
        with reach(spec.region(chosen), Reach(name or chosen, kube_context, find_instance)) as api:
            answer = look(api, spec, chosen)
        typer.echo(json.dumps(answer.as_json(), indent=2) if output is Format.JSON else "\n".join(lines(answer)))
        if answer.stops:
            raise typer.Exit(PreflightError.exit_code)

    return preflight


def lines(answer: "Preflight") -> "Iterator[str]":
    """Yield the result for people: a line for each operator, below it what was found, and what to write."""
    yield f"Region {answer.region} of factory {answer.factory}, Kubernetes {answer.kubernetes or 'unknown'}"
    for operator in answer.operators:
        own = [finding for finding in answer.findings if finding.operator == operator.name]
        yield f"  {operator.name}: {operator.install}{'' if own else ', ok'}"
        yield from (f"    found: {found}" for found in operator.found)
        for finding in own:
            yield from _finding(finding, answer.region)
    for pool in dict.fromkeys(finding.pool for finding in answer.findings if finding.pool):
        yield f"  GPU pool {pool}"
        for finding in (finding for finding in answer.findings if finding.pool == pool):
            yield from _finding(finding, answer.region)
    for finding in answer.findings:
        if not finding.operator and not finding.pool:
            yield f"  {finding.level.value}: {finding.what}"
    stops = len(answer.stops)
    yield f"{stops} {'finding stops' if stops == 1 else 'findings stop'} an up" if stops else "nothing stops an up"


def _finding(finding: "Finding", region: str) -> "Iterator[str]":
    yield f"    {finding.level.value}: {finding.what}"
    if finding.write:
        yield f"      write in factory.yaml, regions.{region}.{finding.section}: {finding.write}"

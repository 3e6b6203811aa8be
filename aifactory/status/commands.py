"""The command `aifactory status`; what it needs is imported when it runs, so that `--help` stays quick."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aifactory.errors import ControlPlaneError, PreflightError, Problem, SpecError
from aifactory.kube.extra import guarded
from aifactory.terminal import Format, FormatOption

if TYPE_CHECKING:
    from aifactory.kube.api import Api
    from aifactory.model import FactorySpec, RegionSpec

DEFAULT_REGION = "local"
"""The region that is meant when several are local and none was named: the one of this project's factory.yaml."""

DEFAULT_FACTORY = Path("stacks/factory.yaml")

FactoryOption = Annotated[Path, typer.Option(help="The factory.", dir_okay=False)]
RegionOption = Annotated[str | None, typer.Option(help="Region to look at; default: the only one, or the one called local.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Name of the local instance; default: the region's name.")]
ContextOption = Annotated[
    str | None, typer.Option(help="Context of your kubeconfig to use instead of the region's own cluster.")
]

FindInstance = Callable[[str], Path]
"""Gives the kubeconfig of a local instance by its name, whether it is there or not."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a region's cluster is reached.

    Attributes:
        instance: name of the local instance; counts for a local region.
        context: context of the user's kubeconfig to use instead; None for the region's own.
        find_instance: finds a local instance's kubeconfig.
    """

    instance: str
    context: str | None
    find_instance: FindInstance


def status_command(find_instance: FindInstance) -> Callable[..., None]:
    """Return the command, for Typer; where local instances lie is the business of a layer above this one."""

    @guarded("aifactory status")
    def status(
        *,
        factory: FactoryOption = DEFAULT_FACTORY,
        region: RegionOption = None,
        name: NameOption = None,
        kube_context: ContextOption = None,
        output: FormatOption = Format.TEXT,
    ) -> None:
        """Say what every block of a region is, whether it is ready, and why not. It only reads, and never Secrets.

        Exit code 0: all ready. 1: something is not. 2: the file is wrong. 3: the cluster cannot be reached.
        """
        from aifactory.model import load_factory
        from aifactory.status.observe import observe_region

        spec = load_factory(factory)
        chosen = choose(spec, region, factory)
        found = spec.region(chosen)
        with reach(found, Reach(name or chosen, kube_context, find_instance)) as api:
            answer = observe_region(api, chosen, found, spec.name)
        if output is Format.JSON:
            typer.echo(json.dumps(answer.as_json(), indent=2))
        else:
            from rich.console import Console

            from aifactory.status.show import show

            show(answer, Console())
        if not answer.ready:
            raise typer.Exit(1)

    return status


def choose(factory: "FactorySpec", wanted: str | None, file: Path) -> str:
    """Return the region to look at: the named one, the only one, or the local one called ``local``, which `make up` means.

    Raises:
        SpecError: there is no such region, or there are several and none was named.
    """
    if wanted is not None:
        factory.region(wanted)
        return wanted
    if len(factory.regions) == 1:
        return next(iter(factory.regions))
    if DEFAULT_REGION in factory.regions and factory.regions[DEFAULT_REGION].is_local:
        return DEFAULT_REGION
    names = sorted(factory.regions)
    rule = f"factory {factory.name} has {len(names)} regions; name the one to look at"
    raise SpecError(str(file), [Problem("--region", "", rule, " or ".join(names))])


@contextmanager
def reach(region: "RegionSpec", how: Reach) -> "Generator[Api]":
    """Give the API of a region's cluster, closed at the end.

    Raises:
        ControlPlaneError: it cannot be reached, or does not know who asks; with what to do about it.
    """
    from aifactory.kube.api import ApiRefusalError, UnreachableError, connect
    from aifactory.kube.context import select_context

    context = how.context or region.cluster.context
    try:
        if context is None:
            with connect(_instance(how)) as api:
                yield api
        else:
            config, _ = select_context(context)
            with connect(config, f"context {context}") as api:
                yield api
    except PreflightError as error:
        raise ControlPlaneError(error.message, why=error.why, fix=error.fix) from error
    except ApiRefusalError as error:
        raise ControlPlaneError(
            f"{_title(how, context)} cannot be read: {error.message}", fix=_fix_refusal(context)
        ) from error
    except UnreachableError as error:
        raise ControlPlaneError(
            f"{_title(how, context)} cannot be reached: {error.message}", fix=_fix_silence(region, how, context)
        ) from error


def _instance(how: Reach) -> Path:
    kubeconfig = how.find_instance(how.instance)
    if not kubeconfig.is_file():
        raise ControlPlaneError(f"the local region {how.instance} is not there: it has never been up", fix=_up(how))
    return kubeconfig


def _title(how: Reach, context: str | None) -> str:
    return f"the local region {how.instance}" if context is None else f"the cluster of context {context}"


def _up(how: Reach) -> str:
    return "aifactory local up" + ("" if how.instance == "local" else f" --name {how.instance}")


def _fix_silence(region: "RegionSpec", how: Reach, context: str | None) -> str:
    if context is None:
        return f"is it up? {_up(how)} brings it up, and `aifactory local status` says what of it runs"
    way = f"; the region is reached by access kind {region.access.kind.value}" if region.access else ""
    return f"is it up, and may this machine reach it?{way}"


def _fix_refusal(context: str | None) -> str:
    return "renew the kubeconfig's credentials" if context else "aifactory local up"

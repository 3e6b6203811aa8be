"""The service itself: pulumirpc.LanguageRuntime for Python, as the engine calls it (pulumi 3.258)."""

import importlib.metadata
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import language_pb2, plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer

from aifactory.errors import AifactoryError, EngineError
from aifactory.local.plugins.language import declared, runner
from aifactory.local.plugins.language.children import Child, Children
from aifactory.local.plugins.language.environment import Distribution, Environment
from aifactory.local.plugins.language.install import install
from aifactory.local.plugins.language.interpreter import resolve
from aifactory.local.plugins.language.launch import plugin_settings, program_environment, program_settings
from aifactory.local.plugins.language.output import stream
from aifactory.local.plugins.language.packages import Parameterization, Plugin, required_plugins, roots
from aifactory.local.plugins.server import RpcError

NAME = "aifactory stand-in of pulumi-language-python"


@dataclass(frozen=True, slots=True)
class Program:
    """Where a program lies, as the engine's ProgramInfo says.

    Attributes:
        root: directory of the project file; the virtual environment is relative to it.
        directory: directory of the program, which is also its working directory.
        entry: what is run: the directory itself, or a file in it (``main:`` of Pulumi.yaml).
        options: ``runtime.options`` of the project file.
    """

    root: Path
    directory: Path
    entry: Path
    options: dict[str, object]

    @classmethod
    def of(cls, info: language_pb2.ProgramInfo) -> "Program":
        """Read a ProgramInfo message."""
        directory = Path(info.program_directory)
        return cls(
            root=Path(info.root_directory),
            directory=directory,
            entry=directory / (info.entry_point or "."),
            options=MessageToDict(info.options),
        )


class LanguageHost(LanguageRuntimeServicer):
    """Answers one engine.

    Args:
        engine_address: ``host:port`` of the engine that started the host; programs log there.
    """

    def __init__(self, engine_address: str) -> None:
        self._engine = engine_address
        self._children = Children()

    def stop(self) -> None:
        """End all processes of the host; called when the host itself is to end."""
        self._children.stop()

    # What the engine asks about the host -------------------------------------------------------------------

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address, where it comes this way and not as an argument."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of aifactory: the stand-in is a part of it."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("aifactory"))

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Name the interpreter of the program, and say that this host is a stand-in."""
        program = Program.of(request.info)
        executable = str(resolve(program.options, program.root).executable) if program.root.name else sys.executable
        return language_pb2.AboutResponse(executable=executable, version=platform.python_version(), metadata={"host": NAME})

    # What the engine asks about a program ------------------------------------------------------------------

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Return the plugins of the SDKs that the program uses; see `packages`."""
        plugins = self._plugins(Program.of(request.info))
        return language_pb2.GetRequiredPackagesResponse(packages=[_package(plugin) for plugin in plugins])

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Return the same in the older form, which knows no parameters."""
        plugins = self._plugins(Program.of(request.info))
        return language_pb2.GetRequiredPluginsResponse(
            plugins=[
                plugin_pb2.PluginDependency(name=plugin.name, kind="resource", version=plugin.version, server=plugin.server)
                for plugin in plugins
            ]
        )

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Return the distributions that the program uses directly, or all that these need."""
        program = Program.of(request.info)
        environment, wanted = _environment(program)
        found = environment.closure(roots(environment, wanted, program.entry))
        if not request.transitiveDependencies:
            direct = {requirement.name for requirement in roots(environment, wanted, program.entry)}
            found = [item for item in found if item.name in direct]
        return language_pb2.GetProgramDependenciesResponse(dependencies=[_dependency(item) for item in found])

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Check the dependencies and install them where the project has an environment of its own."""
        program = Program.of(request.info)
        for line in install(program.options, program.root, program.directory):
            yield language_pb2.InstallDependenciesResponse(stdout=f"{line}\n".encode())

    def RuntimeOptionsPrompts(
        self, request: language_pb2.RuntimeOptionsRequest, context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """Ask nothing in `pulumi new`: the defaults of the stand-in work."""
        return language_pb2.RuntimeOptionsResponse()

    def Template(
        self, request: language_pb2.TemplateRequest, context: grpc.ServicerContext
    ) -> language_pb2.TemplateResponse:
        """Leave a new project as its template made it."""
        return language_pb2.TemplateResponse()

    # Running -----------------------------------------------------------------------------------------------

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run a program until it ends; its output goes to the engine as it comes."""
        program = Program.of(request.info)
        try:
            if request.attach_debugger:
                raise EngineError("the stand-in attaches no debugger", fix="leave out --attach-debugger")
            interpreter = resolve(program.options, program.root)
            child = self._start(
                "program",
                program_settings(request, program.entry, self._engine),
                interpreter=interpreter.executable,
                directory=Path(request.pwd or program.directory),
                environment=interpreter.environment(program_environment()),
            )
        except AifactoryError as error:
            return language_pb2.RunResponse(error=str(error))
        context.add_callback(child.interrupt)
        return _verdict(self._children.wait(child), interrupted=child.interrupted)

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a component plugin or a policy pack; its output, with the port first, is streamed."""
        program = Program.of(request.info)
        interpreter = resolve(program.options, program.root)
        environment = dict(line.split("=", 1) for line in request.env if "=" in line)
        child = self._start(
            "plugin",
            plugin_settings(request.kind, program.directory, list(request.args)),
            interpreter=interpreter.executable,
            directory=Path(request.pwd or program.directory),
            environment=interpreter.environment(program_environment(environment)),
            pipes=True,
        )
        # The engine ends a plugin by dropping this call; the callback must not hold gRPC's own thread.
        context.add_callback(child.stop_soon)
        for piece in stream(child, self._children.wait):
            if isinstance(piece, int):
                yield language_pb2.RunPluginResponse(exitcode=piece)
            elif piece[0] == "stdout":
                yield language_pb2.RunPluginResponse(stdout=piece[1])
            else:
                yield language_pb2.RunPluginResponse(stderr=piece[1])

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Ask running programs to end; called for Ctrl-C, and once more, with none left, at every end."""
        self._children.interrupt_programs()
        return Empty()

    # What only the official host does ----------------------------------------------------------------------

    def GenerateProgram(self, request: language_pb2.GenerateProgramRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: code generation is the official host's."""
        _refuse("turning a program into Python (`pulumi convert`)")

    def GenerateProject(self, request: language_pb2.GenerateProjectRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: code generation is the official host's."""
        _refuse("making a Python project (`pulumi convert`)")

    def GeneratePackage(self, request: language_pb2.GeneratePackageRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: code generation is the official host's."""
        _refuse("making a Python SDK (`pulumi package gen-sdk`, `pulumi package add`)")

    def Pack(self, request: language_pb2.PackRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: building SDK wheels is the official host's."""
        _refuse("building an SDK (`pulumi package pack-sdk`)")

    def Link(self, request: language_pb2.LinkRequest, context: grpc.ServicerContext) -> NoReturn:
        """Refuse: writing into requirements files is the official host's."""
        _refuse("linking a local SDK into a project (`pulumi package add`)")

    def _plugins(self, program: Program) -> list[Plugin]:
        environment, wanted = _environment(program)
        return required_plugins(environment, wanted, program.entry)

    def _start(self, kind: str, settings: dict[str, Any], **how: Any) -> Child:  # noqa: ANN401 - passed on
        try:
            return self._children.start(kind, settings, **how)
        except OSError as error:
            raise EngineError(
                f"{how['interpreter']} cannot be started in {how['directory']}: {error.strerror}",
                fix="check that both are there and that the first may be executed",
            ) from error
        except RuntimeError as error:
            raise RpcError(grpc.StatusCode.UNAVAILABLE, str(error)) from error


def _environment(program: Program) -> tuple[Environment, declared.Declared]:
    interpreter = resolve(program.options, program.root)
    return Environment.of(interpreter.executable), declared.read([program.directory, program.root])


def _verdict(code: int, *, interrupted: bool) -> language_pb2.RunResponse:
    """Say how a program ended: nothing, a failure that was reported already (bail), or one that was not."""
    if interrupted or code == runner.REPORTED:
        return language_pb2.RunResponse(bail=True)
    if code < 0:
        name = signal.Signals(-code).name
        return language_pb2.RunResponse(error=f"Program was killed by {name}")
    if code:
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}")
    return language_pb2.RunResponse()


def _dependency(item: Distribution) -> language_pb2.DependencyInfo:
    return language_pb2.DependencyInfo(name=item.name, version=item.version)


def _package(plugin: Plugin) -> plugin_pb2.PackageDependency:
    return plugin_pb2.PackageDependency(
        name=plugin.name,
        kind="resource",
        version=plugin.version,
        server=plugin.server,
        parameterization=_parameters(plugin.parameterization),
        extension=_parameters(plugin.extension),
    )


def _parameters(given: Parameterization | None) -> plugin_pb2.PackageParameterization | None:
    if given is None:
        return None
    return plugin_pb2.PackageParameterization(name=given.name, version=given.version, value=given.value)


def _refuse(what: str) -> NoReturn:
    raise RpcError(
        grpc.StatusCode.UNIMPLEMENTED,
        f"the stand-in of the Python language host does not do this: {what}",
        why="it runs programs, component plugins and policy packs; generating code is the official host's",
        fix="install the official Pulumi CLI and run the command with it",
    )

"""A stack of AWS, Azure and Kubernetes resources under the real engine, with the echo plugin in place of every cloud."""

import json
import shlex
import sys
from pathlib import Path

from aifactory.errors import EngineError
from aifactory.local import engine as engines
from aifactory.policy.commands import pack_directory
from tests.engine.support import echo_plugin
from tests.engine.support.workbench import Workbench

CLOUDS = ("aws", "azure-native", "kubernetes", "random")

PROGRAM = '''
import pulumi
from pulumi import Output, ResourceOptions


def make(kind, name, opts=None, **properties):
    """A resource of any type; what it is given it returns, as the clouds would."""

    class Any(pulumi.CustomResource):
        out: pulumi.Output[str]

    return Any(kind, name, {"out": None, **properties}, opts)


def provider(package, name, **properties):
    return pulumi.ProviderResource(package, name, properties)


'''


class CloudStack:
    """A workbench whose programs make resources of clouds, judged by the pack.

    Attributes:
        bench: the engine and the project.
    """

    def __init__(self, root: Path, toolset) -> None:
        self.bench = Workbench(root, toolset)
        script = root / "pulumi-resource-cloud"
        module = Path(echo_plugin.__file__)
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P {shlex.quote(str(module))} "$@"\n')
        script.chmod(0o755)
        for cloud in CLOUDS:
            engines.link_plugin(self.bench.engine, "resource", cloud, "99.0.0", script)
        self.settings = root / "policy.json"

    def write(self, program: str, **config) -> None:
        """Write the program, and the configuration of the pack: none where nothing is said."""
        self.bench.write(program)
        stacks = self.bench.project / "stacks" / "__main__.py"
        stacks.write_text(PROGRAM + program)
        self.settings.write_text(json.dumps({"sovereignty": config}))
        self.configured = bool(config)

    @property
    def args(self) -> list[str]:
        given = ["--policy-pack", str(pack_directory())]
        return [*given, "--policy-pack-config", str(self.settings)] if self.configured else given

    def preview(self):
        return self.bench.preview(args=self.args)

    def up(self):
        return self.bench.up(args=self.args)

    def refused(self, run=None) -> str:
        """Run, and return what was said when it was refused."""
        try:
            passed = (run or self.preview)()
        except EngineError as error:
            # The error shows the first few messages; the log has all of them.
            return f"{error}\n{self.log()}"
        raise AssertionError(f"it passed: {passed}")

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.bench.engine.logs.glob("pulumi-*.log")))

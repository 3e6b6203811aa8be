"""A stack of Kubernetes objects under the real engine: a program that a test writes, in a Pulumi home of its own."""

import json
import os
import shutil
import textwrap
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from aifactory.errors import EngineError
from aifactory.local import engine as engines
from aifactory.local.paths import Instance
from aifactory.local.progress import SilentReporter

OFFICIAL_VARIABLE = "AIFACTORY_KUBERNETES_PLUGIN"
"""Path of the official `pulumi-resource-kubernetes`, to run the conformance rows against it."""

STACK = "test"

PRELUDE = '''
import pulumi
import pulumi_kubernetes as k8s
from pulumi import Output, ResourceOptions

from aifactory.conventions import FIELD_MANAGER, FIELD_MANAGER_ANNOTATION, OWNER_ANNOTATION

NAMESPACE = "{namespace}"


def metadata(name, namespace=NAMESPACE, **annotations):
    """Metadata of an object of this test's: an owner, our field manager, and what else is asked for."""
    pulumi_annotations = {{f"pulumi.com/{{key}}": value for key, value in annotations.items()}}
    ours = {{OWNER_ANNOTATION: "test/region/part", FIELD_MANAGER_ANNOTATION: FIELD_MANAGER}}
    place = {{"namespace": namespace}} if namespace else {{}}
    return {{"name": name, "annotations": {{**ours, **pulumi_annotations}}, **place}}


def after(*resources, **options):
    return ResourceOptions(depends_on=list(resources), **options)


provider = k8s.Provider("cluster", enable_config_map_mutable=True, cluster_identifier="test")
namespace = k8s.core.v1.Namespace("namespace", metadata=metadata(NAMESPACE, None), opts=ResourceOptions(provider=provider))
'''


def official_plugin() -> str:
    return os.environ.get(OFFICIAL_VARIABLE, "")


@dataclass
class Run:
    """What one run of the engine did."""

    ops: dict[str, int] = field(default_factory=dict)
    """Number of Kubernetes resources by operation; those that change nothing are left out."""
    steps: list[tuple[str, str]] = field(default_factory=list)
    """(operation, resource name) in order."""
    diffs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    """Warnings, and the error if it failed."""
    failed: bool = False


class KubernetesStack:
    """One stack of one engine; the plugin and the language host are the stand-ins."""

    def __init__(self, directory: Path, toolset: Any, control_plane: Any) -> None:
        self.namespace = f"engine-{os.getpid()}-{time.monotonic_ns() % 10**9}"
        self.project = directory / "project"
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text("name: conformance\nruntime: python\n")
        self.instance = Instance(f"kubernetes-{os.getpid()}-{time.monotonic_ns()}", directory / "instance")
        self.engine = engines.prepare(self.instance, toolset, SilentReporter(), official="never")
        shutil.copy(control_plane.kubeconfig, self.instance.kubeconfig)

    def write(self, program: str) -> None:
        """Write the program; it finds a provider, a namespace and `metadata()` already there."""
        text = PRELUDE.format(namespace=self.namespace) + textwrap.dedent(program)
        (self.project / "__main__.py").write_text(text)

    def up(self, program: str = "") -> Run:
        return self._run(engines.up, program)

    def preview(self, program: str = "") -> Run:
        return self._run(engines.preview, program)

    def refresh(self) -> Run:
        return self._run(engines.refresh, "")

    def destroy(self) -> Run:
        return self._run(engines.destroy, "")

    def _run(self, command: Any, program: str) -> Run:
        if program:
            self.write(program)
        try:
            result = command(self.engine, self.project, stack=STACK)
        except EngineError as error:
            return Run(words=str(error), failed=True)
        steps = [step for step in result.steps if step.type.startswith("kubernetes:")]
        return Run(
            ops=dict(Counter(step.op for step in steps)),
            steps=[(step.op, step.name) for step in steps],
            diffs={step.name: step.diffs for step in steps if step.diffs},
            outputs=result.outputs,
            words="\n".join(result.warnings),
        )

    def state(self) -> dict[str, dict[str, Any]]:
        """Kubernetes resources of the engine's state by name, as they lie on disk."""
        file = self.instance.backend / ".pulumi" / "stacks" / "conformance" / f"{STACK}.json"
        resources = json.loads(file.read_text())["checkpoint"]["latest"].get("resources") or []
        return {entry["urn"].split("::")[3]: entry for entry in resources if entry["type"].startswith("kubernetes:")}

    def files(self) -> str:
        """Everything that the engine has written: state, its history, backups, logs."""
        roots = [self.instance.backend, self.instance.logs, self.project]
        return "".join(path.read_text(errors="replace") for root in roots for path in root.rglob("*.*") if path.is_file())

    def plugins(self) -> list[psutil.Process]:
        """The kubernetes plugins of this engine that run now."""
        found = []
        for process in psutil.process_iter():
            try:
                if (
                    "aifactory.local.plugins.kubernetes" in process.cmdline()
                    and process.environ().get("AIFACTORY_LOCAL_INSTANCE") == self.instance.name
                ):
                    found.append(process)
            except psutil.Error:
                continue
        return found

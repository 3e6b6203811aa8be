"""A stack of Kubernetes objects under the real engine: an inline program, run by the Automation API.

It needs the `pulumi` program and a kubernetes plugin, and no language host: the program is a Python function of the
test. The plugin is the stand-in, or the official one when AIFACTORY_KUBERNETES_PLUGIN names its executable.
"""

import gc
import os
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ResourceOptions, automation

from aifactory.conventions import FIELD_MANAGER_ANNOTATION, OWNER_ANNOTATION
from aifactory.local.engine.plugins import KUBERNETES_PLUGIN, kubernetes_directory, kubernetes_version

OFFICIAL_VARIABLE = "AIFACTORY_KUBERNETES_PLUGIN"
"""Path of the official `pulumi-resource-kubernetes`, to run the same tests against it."""

Program = Callable[[], None]


def official_plugin() -> str:
    return os.environ.get(OFFICIAL_VARIABLE, "")


@dataclass
class Run:
    """What one run of the engine did and said."""

    ops: Counter[str] = field(default_factory=Counter)
    """Number of steps by operation, provider and stack resources left out."""
    steps: list[tuple[str, str]] = field(default_factory=list)
    """(operation, resource name) in order."""
    diffs: dict[str, dict[str, str]] = field(default_factory=dict)
    """resource name -> property path -> kind of difference."""
    words: str = ""
    """Diagnostics, and whatever else was printed."""
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.error)

    def record(self, event: automation.EngineEvent) -> None:
        if event.diagnostic_event is not None:
            self.words += event.diagnostic_event.message
        if event.resource_pre_event is None:
            return
        metadata = event.resource_pre_event.metadata
        kind, name = metadata.urn.split("::")[2:4]
        if kind.startswith("pulumi:"):
            return
        self.ops[str(metadata.op.value if hasattr(metadata.op, "value") else metadata.op)] += 1
        self.steps.append((str(getattr(metadata.op, "value", metadata.op)), name))
        if metadata.detailed_diff:
            self.diffs[name] = {
                path: str(getattr(entry.diff_kind, "value", entry.diff_kind))
                for path, entry in metadata.detailed_diff.items()
            }


def _bury_the_program() -> None:
    """Collect what a failed inline program left behind, now and in silence.

    The SDK leaves a coroutine suspended when the engine ends first. Collected later, in the middle of someone's
    `import`, it raises there, and Python 3.11's compiler then stumbles ("AST constructor recursion depth mismatch").
    """
    shown = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        gc.collect()
    finally:
        sys.unraisablehook = shown


class KubernetesStack:
    """One stack in a Pulumi home of its own."""

    def __init__(self, directory: Path, toolset: Any, control_plane: Any) -> None:
        self.directory = directory
        self.kubeconfig = control_plane.kubeconfig
        self.home = directory / "home"
        backend = directory / "backend"
        backend.mkdir(parents=True)
        self._install_plugin()
        (self.home / "bin").mkdir()
        for name in ("pulumi", "helm", "kubectl"):
            (self.home / "bin" / name).symlink_to(toolset.path(name))
        self.passphrase = secrets.token_hex(16)
        self.environment = {
            "AIFACTORY_LOCAL_INSTANCE": "engine-test",
            "AIFACTORY_HELM": str(toolset.path("helm")),
            "KUBECONFIG": str(self.kubeconfig),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE": "true",
        }
        self.stack = automation.create_or_select_stack(
            stack_name="test",
            project_name="conformance",
            program=lambda: None,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(directory),
                pulumi_home=str(self.home),
                env_vars=self.environment,
                pulumi_command=automation.PulumiCommand(root=str(self.home), skip_version_check=True),
            ),
        )

    def _install_plugin(self) -> None:
        plugin = self.home / "plugins" / kubernetes_directory(kubernetes_version()) / KUBERNETES_PLUGIN
        plugin.parent.mkdir(parents=True)
        if official_plugin():
            plugin.symlink_to(official_plugin())
            return
        module = f"{shlex.quote(sys.executable)} -m aifactory.local.plugins.kubernetes"
        plugin.write_text(f'#!/bin/sh\nexport AIFACTORY_PLUGIN_PARENT=$PPID\nexec {module} "$@"\n')
        plugin.chmod(0o755)

    def up(self, program: Program, **options: Any) -> Run:
        return self._run(self.stack.up, program=program, show_secrets=False, **options)

    def preview(self, program: Program, **options: Any) -> Run:
        return self._run(self.stack.preview, program=program, **options)

    def refresh(self) -> Run:
        return self._run(self.stack.refresh, show_secrets=False)

    def destroy(self) -> Run:
        return self._run(self.stack.destroy, show_secrets=False)

    def _run(self, command: Callable[..., Any], **options: Any) -> Run:
        run = Run()
        printed: list[str] = []
        try:
            result = command(on_event=run.record, on_output=printed.append, on_error=printed.append, **options)
        except automation.CommandError as error:
            run.error = str(error)
        else:
            outputs = getattr(result, "outputs", None) or {}
            run.outputs = {name: getattr(output, "value", output) for name, output in outputs.items()}
        finally:
            _bury_the_program()
        run.words += "\n".join(printed) + run.error
        return run

    def state(self) -> dict[str, dict[str, Any]]:
        """Resources of the engine's state by name; the Automation API shows secrets in it."""
        deployment = self.stack.export_stack().deployment or {}
        return {
            resource["urn"].split("::")[3]: resource
            for resource in deployment.get("resources", [])
            if not resource["type"].startswith("pulumi:")
        }

    def files(self) -> str:
        """Everything that the engine has written: state, its history, backups and checkpoints."""
        backend = self.directory / "backend"
        return "".join(path.read_text() for path in backend.rglob("*") if path.is_file())


class Make:
    """Short words for the objects of the tests; each has an owner, and our field manager."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def metadata(self, name: str, *, owner: str | None = "test/region/part", namespace: bool = True, **annotations: str):
        given = dict(annotations)
        if owner:
            given[OWNER_ANNOTATION] = owner
        given.setdefault(FIELD_MANAGER_ANNOTATION, "aifactory")
        place = {"namespace": self.namespace} if namespace else {}
        return {"name": name, "annotations": given, **place}

    def config_map(self, name: str, data: Any, *, resource: str = "", opts: ResourceOptions | None = None, **metadata: Any):
        return k8s.core.v1.ConfigMap(resource or name, metadata=self.metadata(name, **metadata), data=data, opts=opts)

"""A region of a real site under the real engine, whose operators come from bundles of real charts, old and new."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from aifactory.bundles import Contents, write_bundle
from aifactory.bundles.contents import read_objects, split
from aifactory.catalog import releases
from aifactory.errors import EngineError
from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import engine as engines
from aifactory.local.controlplane import ControlPlane
from aifactory.local.crds.fetch import module_directories
from aifactory.local.crds.sources import ModuleSource, table
from aifactory.local.engine.environment import process_environment
from aifactory.local.paths import Instance
from aifactory.local.progress import SilentReporter
from aifactory.local.tools import Toolset
from tests.engine.support.kubernetes_stack import Run
from tests.engine.support.operators_stack import everything

STACK = "here"

PROGRAM = """
import json
from pathlib import Path

import pulumi

from aifactory import Region
from aifactory.catalog import Release, releases

given = json.loads(Path("given.json").read_text())
for name, older in given["older"].items():
    # The catalog as an earlier aifactory had it: the same rows at an earlier version.
    row = json.dumps(releases()[name].model_dump(mode="json"))
    releases()[name] = Release.model_validate(json.loads(row.replace(releases()[name].version, older)))


def hurry(args):
    # Seconds where a real cluster is given minutes.
    if args.type_.endswith(":CustomResourceDefinition"):
        args.props["metadata"]["annotations"]["pulumi.com/timeoutSeconds"] = "10"
    if args.type_.endswith(":Release"):
        args.props["timeout"] = 20
    return pulumi.ResourceTransformationResult(args.props, args.opts)


pulumi.runtime.register_stack_transformation(hurry)
Region("here", {"factory_file": "factory.yaml", "bundles_directory": "operators", "facts_directory": "facts"})
"""

MODULES = {
    "kueue": ("charts/kueue", "0.19.1", "h1:5zAYwG/F8z19noTwCIHsTEckttrThAVJvaskWMT6pYg="),
    "leaderworkerset": ("charts/lws", "0.8.0", "h1:DdhJ8QabwTfWgbgaHH2gdf8twliioHaoSfmDXRYEVU0="),
    "node-feature-discovery": (
        "deployment/helm/node-feature-discovery",
        "0.18.3",
        "h1:q5/qpyxrasI/F6838lflFNGAUszpMNRuFwornPLYdxQ=",
    ),
}
"""Where the chart of each lies in its Go module, an earlier version of it, and the earlier module's hash."""

OLDER = {name: version for name, (_, version, _) in MODULES.items()}

IN_USE = "kueue.x-k8s.io/resource-in-use"
"""The finalizer by which Kueue keeps what it still counts (v0.19.2, apis/kueue/v1beta2/constants.go)."""


def factory(context: str, **operators: dict[str, Any]) -> dict[str, Any]:
    """Return a factory whose region has a tenant, and operators that it installs itself; `_` stands for `-`."""
    ours = {name.replace("_", "-"): spec for name, spec in operators.items()}
    region = {
        "site": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
        "profiles": ["none"],
        "state": {"backend": "s3://state", "secrets_provider": "passphrase"},
        "cluster": {"kind": "existing", "context": context},
        "access": {"kind": "runner"},
        "operators": {"gpu-operator": {"install": "external"}} | ours,
        "namespaces": {"research": {"gpu_quota": 8}},
        "gpu_pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}},
    }
    if "kueue" in ours:
        region["tenants"] = {"science": {"namespaces": ["research"], "guaranteed": {"h100": 8}}}
    return {"version": 1, "name": "demo", "regions": {STACK: region}}


class RegionStack:
    """One region's stack, with bundles of both versions of each operator."""

    def __init__(self, directory: Path, toolset: Toolset, plane: ControlPlane) -> None:
        self.plane, self.toolset = plane, toolset
        self.project = directory / "project"
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text("name: region\nruntime: python\n")
        (self.project / "__main__.py").write_text(PROGRAM)
        self.instance = Instance(f"region-{os.getpid()}-{time.monotonic_ns()}", directory / "instance")
        self.engine = engines.prepare(self.instance, toolset, SilentReporter(), official="never")
        shutil.copy(plane.kubeconfig, self.instance.kubeconfig)
        for name in MODULES:
            for version in (OLDER[name], releases()[name].version):
                self._bundle(name, version, directory / f"{name}-{version}")

    def give(self, older: bool = False, **operators: dict[str, Any]) -> None:
        """Write what the program makes; `older`: as an earlier aifactory would, with its versions."""
        text = yaml.safe_dump(factory(self.plane.context, **operators), sort_keys=False)
        (self.project / "factory.yaml").write_text(text)
        (self.project / "given.json").write_text(json.dumps({"older": OLDER if older else {}}))

    def up(self) -> Run:
        return self._run(engines.up)

    def destroy(self) -> Run:
        return self._run(engines.destroy)

    def unprotect(self) -> None:
        """Say, as a person would, that what is protected may go."""
        subprocess.run(
            [self.engine.pulumi, "state", "unprotect", "--all", "--yes", "--stack", STACK, "--non-interactive"],
            cwd=self.project,
            env=process_environment(self.engine),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    def facts(self) -> dict[str, str]:
        """Return the versions that the last up left for the next one."""
        return json.loads((self.project / "facts" / f"{STACK}.json").read_text())["operators"]

    def _run(self, command: Any) -> Run:
        try:
            result = command(self.engine, self.project, stack=STACK)
        except EngineError as error:
            return Run(words=str(error), failed=True)
        steps = [step for step in result.steps if step.type.startswith("kubernetes:")]
        return Run(
            steps=[(step.op, step.name) for step in steps],
            diffs={step.name: step.diffs for step in steps if step.diffs},
            outputs=result.outputs,
        )

    def _bundle(self, name: str, version: str, scratch: Path) -> None:
        chart = scratch / "chart"
        shutil.copytree(_chart(name, version), chart)
        chart.chmod(0o755)
        if name == "kueue":
            _without_a_server(chart)
        sources = {"chart": "test", "crds": "test", "manifests": "test"}
        if name == "leaderworkerset":
            crds, manifests = split(self._rendered(name, version, chart))
            made_of = Contents(crds=tuple(crds), manifests=tuple(manifests), sources=sources)
        else:
            files = sorted((chart / "crds").glob("*.yaml"))
            crds = [crd for file in files for crd in read_objects(file.read_text(), file.name)[0]]
            made_of = Contents(chart=chart, crds=tuple(crds), sources=sources)
        write_bundle(self.project / "operators", name, version, made_of)

    def _rendered(self, name: str, version: str, chart: Path) -> list[dict[str, Any]]:
        facts = releases()[name].chart
        assert facts
        values = json.dumps(facts.values).replace(releases()[name].version, version)
        place = ["--namespace", str(releases()[name].namespace), "--include-crds", "--no-hooks", "--values", "-"]
        command = [str(self.toolset.path("helm")), "template", facts.name, str(chart), *place]
        done = subprocess.run(command, input=values, capture_output=True, text=True, check=True)
        objects, problems = read_objects(done.stdout, name)
        assert not problems, problems
        return objects


def _chart(name: str, version: str) -> Path:
    path, older, digest = MODULES[name]
    (module,) = [each for each in table().modules if each.spec == releases()[name].crd_sources[0]]
    if version == older:
        module = ModuleSource.model_validate(module.model_dump() | {"version": f"v{older}", "sum": digest})
    return module_directories([module])[module.spec] / path


def _without_a_server(chart: Path) -> None:
    """Let Kueue's chart do without the server that nobody runs here.

    Its webhooks would refuse every queue, and its aggregated API would keep every namespace from going.
    """
    for directory in (chart, *(path for path in chart.rglob("*") if path.is_dir())):
        directory.chmod(0o755)
    for file in chart.glob("templates/visibility/apiservice_*.yaml"):
        file.unlink()
    file = chart / "templates" / "webhook" / "manifests.yaml"
    file.chmod(0o644)
    text = file.read_text()
    assert text.count("failurePolicy: Fail") > 10
    file.write_text(text.replace("failurePolicy: Fail", "failurePolicy: Ignore\n    timeoutSeconds: 1"))


@contextmanager
def kueue_at_work(plane: ControlPlane) -> Iterator[None]:
    """Do what Kueue does to its objects, but only while its Deployment is there: say Active, hold what is in use."""
    stop = threading.Event()
    with connect(plane.kubeconfig) as api:
        worker = threading.Thread(target=_work, args=(api, stop))
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join()


def _work(api: Api, stop: threading.Event) -> None:
    while not stop.wait(0.3):
        # Objects come and go between a look and an answer; the next round sees it.
        with suppress(ApiRefusalError):
            api.request("GET", "/apis/apps/v1/namespaces/kueue-system/deployments/kueue-controller-manager")
            queues = _listed(api, "clusterqueues")
            for item in (*queues, *_listed(api, "localqueues")):
                _say_active(api, item)
            for item in queues:
                _hold(api, item, in_use=False)
            for item in _listed(api, "resourceflavors"):
                _hold(api, item, in_use=any(item["metadata"]["name"] in _flavors(queue) for queue in queues))


def _listed(api: Api, plural: str) -> list[dict[str, Any]]:
    items = api.request("GET", f"/apis/kueue.x-k8s.io/v1beta2/{plural}")["items"]
    return [item | {"path": _path(item["metadata"], plural)} for item in items]


def _flavors(queue: dict[str, Any]) -> set[str]:
    groups = queue["spec"].get("resourceGroups") or []
    return {flavor["name"] for group in groups for flavor in group["flavors"]}


def _path(metadata: dict[str, Any], plural: str) -> str:
    where = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"/apis/kueue.x-k8s.io/v1beta2{where}/{plural}/{metadata['name']}"


def _say_active(api: Api, item: dict[str, Any]) -> None:
    if not item.get("status", {}).get("conditions"):
        active = {
            "type": "Active",
            "status": "True",
            "reason": "Ready",
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        merge(api, f"{item['path']}/status", {"status": {"conditions": [active]}})


def _hold(api: Api, item: dict[str, Any], *, in_use: bool) -> None:
    held, going = item["metadata"].get("finalizers") or [], "deletionTimestamp" in item["metadata"]
    if not going and IN_USE not in held:
        merge(api, item["path"], {"metadata": {"finalizers": [*held, IN_USE]}})
    elif going and not in_use and IN_USE in held:
        merge(api, item["path"], {"metadata": {"finalizers": [each for each in held if each != IN_USE]}})


def settled(kubeconfig: Path) -> set[str]:
    """Return every object in the cluster, once the API server serves all that it says it does."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return everything(kubeconfig)
        except ApiRefusalError as refusal:
            # Right after a definition is made its storage is not there yet.
            if refusal.status != 429 or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def merge(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change fields of an object."""
    return api.request("PATCH", path, json=body, headers={"Content-Type": "application/merge-patch+json"})


class Watched:
    """When objects of some kinds went, in the API server's own order."""

    def __init__(self, directory: Path, toolset: Toolset, plane: ControlPlane, kinds: Sequence[str]) -> None:
        shape = '{.type} {.object.metadata.name} {.object.metadata.resourceVersion}{"\\n"}'
        options = ["--all-namespaces", "--watch", "--output-watch-events", "-o", f"jsonpath={shape}"]
        self._files = {kind: directory / f"watch-{kind}" for kind in kinds}
        self._watchers = []
        for kind, path in self._files.items():
            with path.open("w") as file:
                command = [str(toolset.path("kubectl")), "--kubeconfig", str(plane.kubeconfig), "get", kind, *options]
                self._watchers.append(subprocess.Popen(command, stdout=file))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not all(path.stat().st_size for path in self._files.values()):
            time.sleep(0.1)

    def end(self) -> dict[str, int]:
        """Stop watching; return the revision at which each object went, by kind and name."""
        time.sleep(1)
        for watcher in self._watchers:
            watcher.terminate()
            watcher.wait(20)
        gone: dict[str, int] = {}
        for kind, path in self._files.items():
            for line in path.read_text().splitlines():
                event, name, revision = line.split()
                if event == "DELETED":
                    gone[f"{kind} {name}"] = int(revision)
        return gone

"""Operators under the real engine: bundles of real charts, and a look at all that is in the cluster."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from aifactory.bundles import Contents, bundle_place, load_bundle, write_bundle
from aifactory.catalog import releases
from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import engine as engines
from aifactory.local.controlplane import ControlPlane
from aifactory.local.crds.fetch import module_directories
from aifactory.local.crds.sources import table
from aifactory.local.operator_bundles import Given, fetch
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import SilentReporter
from tests.engine.support.kubernetes_stack import Run

STACK = "test"

PROGRAM = """
import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

from aifactory import Operators
from aifactory.component import KubernetesObject

given = json.loads(Path("given.json").read_text())
provider = k8s.Provider("cluster")


def hurry(args):
    # Seconds where a real cluster is given minutes.
    if "timeout" in args.props and given["seconds"]:
        args.props["timeout"] = given["seconds"]
    if args.type_.endswith(":CustomResourceDefinition") and given["seconds"]:
        args.props["metadata"]["annotations"]["pulumi.com/timeoutSeconds"] = str(given["seconds"])
    return pulumi.ResourceTransformationResult(args.props, args.opts)


operators = Operators(
    "operators",
    {
        "factory": "test", "region": "here", "profiles": ["none"],
        "site": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
        "operators": given["operators"], "bundles": "bundles",
    },
    pulumi.ResourceOptions(providers={"kubernetes": provider}, transformations=[hurry]),
)
for manifest in given["objects"]:
    KubernetesObject(
        manifest["metadata"]["name"], manifest, pulumi.ResourceOptions(provider=provider, depends_on=[operators])
    )
pulumi.export("names", operators.names)
"""

NOISE = ("events", "leases", "endpointslices", "endpoints", "controllerrevisions", "csistoragecapacities", "ipaddresses")
"""Collections that the cluster's own controllers write into by themselves."""


def module_of(operator: str) -> Path:
    """Return the directory of the Go module that an operator's definitions come from."""
    (module,) = [each for each in table().modules if each.spec == releases()[operator].crd_sources[0]]
    return module_directories([module])[module.spec]


class OperatorsStack:
    """One stack with one `Operators` and, if wanted, objects that come after it."""

    def __init__(self, directory: Path, toolset: Any, plane: ControlPlane) -> None:
        self.plane = plane
        self.project = directory / "project"
        self.bundles = self.project / "bundles"
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text("name: operators\nruntime: python\n")
        (self.project / "__main__.py").write_text(PROGRAM)
        self.instance = Instance(f"operators-{os.getpid()}-{time.monotonic_ns()}", directory / "instance")
        self.engine = engines.prepare(self.instance, toolset, SilentReporter(), official="never")
        shutil.copy(plane.kubeconfig, self.instance.kubeconfig)

    def fetch(self, operator: str, **given: Path) -> None:
        fetch(operator, self.bundles, Given(**given), Paths.default(), SilentReporter())

    def rewrite(self, operator: str, **parts: Any) -> None:
        """Write an operator's bundle anew with other parts, as another version of it would have."""
        bundle = load_bundle(self.bundles, operator, releases()[operator].version)
        assert bundle is not None
        sources = {"chart": "test", "crds": "test", "manifests": "test"}
        held = {"chart": bundle.chart, "crds": bundle.crds, "manifests": bundle.manifests} | parts
        write_bundle(self.bundles, operator, bundle.version, Contents(**held, sources=sources))

    def chart(self, operator: str) -> Path:
        return bundle_place(self.bundles, operator, releases()[operator].version) / "chart"

    def give(self, objects: list[dict[str, Any]] | None = None, seconds: int = 0, **operators: dict[str, Any]) -> None:
        """Write what the program makes: operators, objects after them, and the seconds that each may take; 0 is our own."""
        named = {name.replace("_", "-"): spec for name, spec in operators.items()}
        given = {"operators": named, "objects": objects or [], "seconds": seconds}
        (self.project / "given.json").write_text(json.dumps(given))

    def up(self) -> Run:
        return self._run(engines.up)

    def preview(self) -> Run:
        return self._run(engines.preview)

    def destroy(self) -> Run:
        return self._run(engines.destroy)

    def _run(self, command: Any) -> Run:
        from aifactory.errors import EngineError

        try:
            result = command(self.engine, self.project, stack=STACK)
        except EngineError as error:
            return Run(words=str(error), failed=True)
        steps = [step for step in result.steps if step.type.startswith("kubernetes:") and step.op != "same"]
        return Run(
            steps=[(step.op, step.name) for step in steps],
            diffs={step.name: step.diffs for step in steps if step.diffs},
            outputs=result.outputs,
        )


def everything(kubeconfig: Path) -> set[str]:
    """Return every object of every served kind in the cluster, but for what its own controllers write by themselves."""
    with connect(kubeconfig) as api:
        found: set[str] = set()
        for path in _collections(api):
            if path.rpartition("/")[2] not in NOISE:
                try:
                    listed = api.metadata(path)
                except ApiRefusalError as refusal:
                    if refusal.status in (404, 405):
                        continue  # gone meanwhile, or cannot be listed
                    raise
                found |= {f"{path}: {each.get('namespace', '')}/{each['name']}" for each in listed}
        return found


def _collections(api: Api) -> list[str]:
    groups = ["/api/v1"]
    groups += [f"/apis/{group['preferredVersion']['groupVersion']}" for group in api.request("GET", "/apis")["groups"]]
    return [
        f"{group}/{resource['name']}"
        for group in groups
        for resource in api.request("GET", group)["resources"]
        if "list" in resource["verbs"] and "/" not in resource["name"]
    ]

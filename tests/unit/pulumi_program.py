"""A Pulumi program under mocks that remembers what the engine would have been told: parents, protection, secrets."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc

SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""What marks a secret on the wire, under the signature key (pulumi sdk, constants of property values)."""


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retain: bool
    depends_on: tuple[str, ...]
    provider: str

    @property
    def parent_name(self) -> str:
        return self.parent.rpartition("::")[2]


class _Echo(mocks.Mocks):
    """Gives back what it is given, as the Kubernetes plugin does; of a hosted cluster also what its operator writes."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        given = dict(args.inputs)
        if args.typ == "kubernetes:hypershift.openshift.io/v1beta1:HostedCluster":
            given["metadata"] = given["metadata"] | {"uid": f"uid-of-{args.name}"}
        elif args.typ == "kubernetes:core/v1:Secret" and args.resource_id:
            given["data"] = {"kubeconfig": base64.b64encode(b"canary-kubeconfig").decode()}
        return f"{args.name}-id", given

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None] | dict[str, Any]:
        if args.token == "azure-native:redhatopenshift:listOpenShiftClusterAdminCredentials":
            return {"kubeconfig": base64.b64encode(b"canary-kubeconfig").decode()}
        raise AssertionError(f"a component called {args.token}: previews must not ask the world")


class _Monitor(mocks.MockMonitor):
    """Remembers the requests; MockResourceArgs leaves out parent, protection and dependencies."""

    def __init__(self) -> None:
        super().__init__(_Echo())
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = json_format.MessageToDict(request.object)
            made = Registered(
                request.type, request.name, response.urn, request.parent, inputs, request.protect,
                request.retainOnDelete, tuple(request.dependencies), request.provider,
            )  # fmt: skip
            self.registered.append(made)
        return response


class Ran:
    """What a program registered and gave out."""

    def __init__(self, registered: list[Registered], outputs: dict[str, Any]) -> None:
        self.registered = registered
        self.outputs = outputs

    def of_type(self, ending: str) -> list[Registered]:
        return [resource for resource in self.registered if resource.type.endswith(ending)]

    def one(self, ending: str, name: str | None = None) -> Registered:
        found = [r for r in self.of_type(ending) if name is None or r.inputs.get("metadata", {}).get("name") == name]
        assert len(found) == 1, f"{len(found)} resources of type {ending} and name {name}"
        return found[0]


def run(program: Callable[[], dict[str, pulumi.Output[Any]]], *, preview: bool = False) -> Ran:
    """Run a program to its end, so that an error in an apply fails the test too, and return what it registered.

    Outputs that are unknown at preview are given as `rpc.UNKNOWN`.
    """
    monitor = _Monitor()
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks.set_mocks(_Echo(), project="demo", stack="here", preview=preview, monitor=monitor)
    outputs: dict[str, Any] = {}

    async def settle(name: str, output: pulumi.Output[Any]) -> None:
        known = await output.is_known()
        outputs[name] = await output.future(with_unknowns=True) if known else rpc.UNKNOWN

    @pulumi.runtime.test
    def body() -> pulumi.Output[Any]:
        given = program()
        waits = [settle(name, output) for name, output in given.items()]
        return pulumi.Output.from_input(asyncio.gather(*waits))

    try:
        body()
    finally:
        asyncio.get_event_loop().close()
    return Ran(monitor.registered, outputs)

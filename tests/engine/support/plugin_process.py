"""A kubernetes plugin as a process, spoken to as the engine speaks to it, and an engine that writes down what it says.

The same words go to the stand-in and to the official plugin (AIFACTORY_KUBERNETES_PLUGIN names its executable), so one
test tells whether both do the same.
"""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from aifactory.local.plugins import codec
from aifactory.local.plugins.kubernetes.objects import kind_of_token
from aifactory.local.plugins.server import STATUS_DETAILS_KEY
from tests.engine.support.kubernetes_stack import official_plugin

KINDS = provider_pb2.PropertyDiff.Kind


class Engine(engine_pb2_grpc.EngineServicer):
    """An engine that only listens."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.heard = threading.Event()

    def Log(self, request, context):
        self.said.append(request.message)
        self.heard.set()
        return empty_pb2.Empty()

    @property
    def words(self) -> str:
        return "\n".join(self.said)


class RefusedError(Exception):
    """The plugin refused a call."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.code = error.code()
        self.words = error.details()
        self.partial: provider_pb2.ErrorResourceInitFailed | None = None
        for key, value in error.trailing_metadata() or ():
            if key == STATUS_DETAILS_KEY:
                detail = provider_pb2.ErrorResourceInitFailed()
                if status_pb2.Status.FromString(value).details[0].Unpack(detail):
                    self.partial = detail


@dataclass
class Held:
    """A resource as an engine would hold it in its state."""

    urn: str
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass
class Diff:
    """A plugin's answer to Diff."""

    kinds: dict[str, str]
    replaces: list[str]
    delete_before_replace: bool
    changed: bool


class PluginProcess:
    """One running plugin.

    Args:
        environment: laid over the caller's.
        configuration: properties of the provider.
    """

    def __init__(self, environment: dict[str, str], configuration: dict[str, Any] | None = None) -> None:
        self.engine = Engine()
        self._server = grpc.server(ThreadPoolExecutor(8))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        command = [official_plugin()] if official_plugin() else [sys.executable, "-m", "aifactory.local.plugins.kubernetes"]
        self.process = subprocess.Popen(
            [*command, address], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call(self.stub.Handshake, provider_pb2.ProviderHandshakeRequest(engine_address=address))
        self._call(
            self.stub.Configure,
            provider_pb2.ConfigureRequest(
                args=codec.encode(configuration or {}),
                variables={f"kubernetes:config:{k}": v for k, v in (configuration or {}).items() if isinstance(v, str)},
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            ),
        )

    def close(self) -> None:
        self._channel.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        self._server.stop(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=180)
        except grpc.RpcError as error:
            raise RefusedError(error) from None

    # --- as the engine does ------------------------------------------------------------------------

    def check(self, held: Held, news: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return checked inputs and failures by property."""
        response = self._call(
            self.stub.Check,
            provider_pb2.CheckRequest(urn=held.urn, olds=codec.encode(held.inputs), news=codec.encode(news)),
        )
        failures = {failure.property: failure.reason for failure in response.failures}
        return codec.decode(response.inputs), failures

    def checked(self, held: Held, news: dict[str, Any]) -> dict[str, Any]:
        inputs, failures = self.check(held, news)
        assert not failures, failures
        return inputs

    def diff(self, held: Held, news: dict[str, Any]) -> Diff:
        response = self._call(
            self.stub.Diff,
            provider_pb2.DiffRequest(
                id=held.id,
                urn=held.urn,
                olds=codec.encode(held.outputs),
                old_inputs=codec.encode(held.inputs),
                news=codec.encode(self.checked(held, news)),
            ),
        )
        return Diff(
            kinds={path: KINDS.Name(entry.kind) for path, entry in response.detailedDiff.items()},
            replaces=sorted(response.replaces),
            delete_before_replace=response.deleteBeforeReplace,
            changed=response.changes == provider_pb2.DiffResponse.DIFF_SOME,
        )

    def create(
        self, token: str, news: dict[str, Any], *, name: str = "it", preview: bool = False, timeout: float = 0
    ) -> Held:
        held = Held(urn(token, name))
        inputs = self.checked(held, news)
        response = self._call(
            self.stub.Create,
            provider_pb2.CreateRequest(urn=held.urn, properties=codec.encode(inputs), preview=preview, timeout=timeout),
        )
        return Held(held.urn, inputs, codec.decode(response.properties), response.id)

    def update(self, held: Held, news: dict[str, Any], *, preview: bool = False, timeout: float = 0) -> Held:
        inputs = self.checked(held, news)
        response = self._call(
            self.stub.Update,
            provider_pb2.UpdateRequest(
                id=held.id,
                urn=held.urn,
                olds=codec.encode(held.outputs),
                old_inputs=codec.encode(held.inputs),
                news=codec.encode(inputs),
                preview=preview,
                timeout=timeout,
            ),
        )
        return Held(held.urn, inputs, codec.decode(response.properties), held.id)

    def read(self, held: Held) -> Held | None:
        """Return the resource as refreshed; None when it is gone. Without inputs and outputs: as imported."""
        response = self._call(
            self.stub.Read,
            provider_pb2.ReadRequest(
                id=held.id,
                urn=held.urn,
                properties=codec.encode(held.outputs),
                inputs=codec.encode(held.inputs),
            ),
        )
        if not response.id:
            return None
        return Held(held.urn, codec.decode(response.inputs), codec.decode(response.properties), response.id)

    def delete(self, held: Held, *, timeout: float = 0) -> None:
        self._call(
            self.stub.Delete,
            provider_pb2.DeleteRequest(
                id=held.id,
                urn=held.urn,
                properties=codec.encode(held.outputs),
                old_inputs=codec.encode(held.inputs),
                timeout=timeout,
            ),
        )

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        response = self._call(self.stub.Invoke, provider_pb2.InvokeRequest(tok=token, args=codec.encode(arguments)))
        return codec.decode(getattr(response, "return"))

    def diff_config(self, old: dict[str, Any], new: dict[str, Any]) -> Any:
        return self._call(
            self.stub.DiffConfig,
            provider_pb2.DiffRequest(
                urn="urn:pulumi:s::p::pulumi:providers:kubernetes::k",
                olds=codec.encode(old),
                old_inputs=codec.encode(old),
                news=codec.encode(new),
            ),
        )


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:stack::project::{token}::{name}"


def thing(token: str, name: str, namespace: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return the inputs of an object; ``annotations`` and ``labels`` go into its metadata."""
    kind = kind_of_token(token)
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    for key in ("annotations", "labels", "finalizers"):
        if key in fields:
            metadata[key] = fields.pop(key)
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **fields}


def kubectl(toolset: Any, kubeconfig: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run kubectl, the someone else of these tests."""
    done = subprocess.run(
        [str(toolset.path("kubectl")), "--kubeconfig", str(kubeconfig), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

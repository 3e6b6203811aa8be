"""The engine's calls, decoded, answered by `custom` or `release`, and encoded again.

One process serves one provider resource of a program. It announces itself when it is configured, so that
nobody takes what it does for the official plugin's work.
"""

import importlib.metadata
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from aifactory.local.plugins import codec
from aifactory.local.plugins.enginelog import EngineLog
from aifactory.local.plugins.kubernetes import settings as config
from aifactory.local.plugins.kubernetes.checks import Checked, Failure
from aifactory.local.plugins.kubernetes.custom import Objects
from aifactory.local.plugins.kubernetes.diff import Difference
from aifactory.local.plugins.kubernetes.failures import UnreachableError
from aifactory.local.plugins.kubernetes.objects import token_of
from aifactory.local.plugins.kubernetes.release import RELEASE_TOKEN, Releases
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.settings import SettingError, Settings
from aifactory.local.plugins.kubernetes.work import Diffed, PartialFailureError, Written
from aifactory.local.plugins.kubernetes.yamldecode import decode as decode_yaml
from aifactory.local.plugins.server import RpcError

SDK: Final = "pulumi_kubernetes"
"""The installed SDK; the engine wants a plugin of its very version."""

ANNOUNCEMENT: Final = (
    "this is the aifactory stand-in for the kubernetes plugin, for local regions only; what it does and does not do"
    " stands in docs/kubernetes-stand-in.md"
)

_YAML_DECODE: Final = "kubernetes:yaml:decode"

_REFUSED_COMPONENTS: Final = {
    "kubernetes:yaml/v2:ConfigFile": "use kubernetes.yaml.ConfigFile, or one resource for each object",
    "kubernetes:yaml/v2:ConfigGroup": "use kubernetes.yaml.ConfigGroup, or one resource for each object",
    "kubernetes:helm.sh/v4:Chart": "use kubernetes.helm.v3.Release",
    "kubernetes:kustomize/v2:Directory": "render the directory before, and use one resource for each object",
}

_KINDS: Final = provider_pb2.PropertyDiff.Kind


class Handler(Protocol):
    """What handles one family of resources."""

    def check(self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """See `checks.check`."""
        ...

    def diff(self, urn: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        """See `Objects.diff`."""
        ...

    def create(self, urn: str, inputs: Mapping[str, Any], *, dry: bool, timeout_seconds: float | None = None) -> Written:
        """See `Objects.create`."""
        ...

    def update(
        self,
        urn: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        dry: bool,
        timeout_seconds: float | None = None,
    ) -> Written:
        """See `Objects.update`."""
        ...

    def read(self, urn: str, identifier: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Written | None:
        """See `Objects.read`."""
        ...

    def delete(
        self,
        urn: str,
        identifier: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        *,
        timeout_seconds: float | None = None,
    ) -> None:
        """See `Objects.delete`."""
        ...


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The `kubernetes` provider.

    Args:
        engine_address: where the engine listens; empty until the handshake when started by hand.
    """

    def __init__(self, engine_address: str = "") -> None:
        self._engine = EngineLog(engine_address)
        self._stop = threading.Event()
        self._session: Session | None = None
        self._handlers: dict[str, Handler] = {}

    def stop(self) -> None:
        """End everything that waits, soon."""
        self._stop.set()

    # --- the plugin itself -------------------------------------------------------------------------

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Agree on the protocol: secrets are wrapped, outputs and resources are not."""
        if request.engine_address:
            self._engine.close()
            self._engine = EngineLog(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Serve the engine that attaches (``PULUMI_DEBUG_PROVIDERS=kubernetes:PORT``)."""
        self._engine.close()
        self._engine = EngineLog(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Answer with the version of the installed SDK."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(SDK))

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Refuse: the schema ships with the official plugin only."""
        raise RpcError(
            grpc.StatusCode.UNIMPLEMENTED,
            "the aifactory stand-in for the kubernetes plugin has no schema",
            why="the schema ships inside the official plugin",
            fix="write programs in a language that has an SDK; YAML programs may use aifactory's own components",
        )

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        """There are no mappings from other tools."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(
        self, request: provider_pb2.GetMappingsRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        """There are no mappings from other tools."""
        return provider_pb2.GetMappingsResponse()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End everything that waits, soon; the engine was interrupted."""
        self.stop()
        return empty_pb2.Empty()

    # --- configuration -----------------------------------------------------------------------------

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Refuse settings that cannot be used; an unknown kubeconfig is fine."""
        failures: list[Failure] = []
        try:
            Settings.parse(codec.reveal(codec.decode(request.news)))
        except SettingError as error:
            failures.append(Failure(error.setting, str(error)))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Tell another cluster (replace everything) from a rotated credential (update the provider)."""
        old = codec.reveal(codec.decode(request.old_inputs if request.old_inputs.fields else request.olds))
        found = config.diff(old, codec.reveal(codec.decode(request.news)))
        changed = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changed, diffs=found.changed, replaces=found.replaces)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Open the cluster, unless its kubeconfig is not known yet; no request is made."""
        prefix = "kubernetes:config:"
        given = {key.removeprefix(prefix): value for key, value in request.variables.items()}
        given |= codec.reveal(codec.decode(request.args))
        if not any(given.get(key) is codec.UNKNOWN for key in config.CLUSTER_KEYS):
            self.open(Session.open(Settings.parse(given), self._engine, self._stop))
            self._engine.info(ANNOUNCEMENT)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def open(self, session: Session) -> None:
        """Serve this session from now on."""
        self._session = session
        self._handlers = {RELEASE_TOKEN: Releases(session), "": Objects(session)}

    # --- resources ---------------------------------------------------------------------------------

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """See `checks.check`."""
        handler = self._handler(request.urn)
        if handler is None:
            return provider_pb2.CheckResponse(inputs=request.news)
        checked = handler.check(request.urn, codec.decode(request.olds), codec.decode(request.news))
        return provider_pb2.CheckResponse(inputs=codec.encode(checked.inputs), failures=_failures(checked.failures))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """See `Objects.diff`."""
        found = self._needed(request.urn).diff(
            request.urn, codec.decode(request.olds), codec.decode(request.old_inputs), codec.decode(request.news)
        )
        return diff_response(found)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """See `Objects.create`; with a cluster that is not known yet, a preview tells the inputs."""
        handler = self._handler(request.urn)
        if handler is None and request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        with _partial_failures():
            made = self._needed(request.urn).create(
                request.urn,
                codec.decode(request.properties),
                dry=request.preview,
                timeout_seconds=request.timeout or None,
            )
        return provider_pb2.CreateResponse(id=made.identifier, properties=codec.encode(made.outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """See `Objects.update`."""
        with _partial_failures():
            made = self._needed(request.urn).update(
                request.urn,
                codec.decode(request.olds),
                codec.decode(request.old_inputs),
                codec.decode(request.news),
                dry=request.preview,
                timeout_seconds=request.timeout or None,
            )
        return provider_pb2.UpdateResponse(properties=codec.encode(made.outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """See `Objects.read`; an empty id says that the object is gone."""
        try:
            with _partial_failures():
                found = self._needed(request.urn).read(
                    request.urn, request.id, codec.decode(request.properties), codec.decode(request.inputs)
                )
        except UnreachableError as error:
            return self._read_of_unreachable(request, error)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = found.inputs or {}
        return provider_pb2.ReadResponse(
            id=found.identifier, properties=codec.encode(found.outputs), inputs=codec.encode(inputs)
        )

    def _read_of_unreachable(self, request: provider_pb2.ReadRequest, error: UnreachableError) -> provider_pb2.ReadResponse:
        settings = Settings() if self._session is None else self._session.settings
        if settings.delete_unreachable:
            self._engine.warning(f"{request.id} counts as deleted (deleteUnreachable): {error.message}", request.urn)
            return provider_pb2.ReadResponse()
        if settings.skip_update_unreachable:
            self._engine.warning(f"{request.id} counts as unchanged: {error.message}", request.urn)
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        raise error

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """See `Objects.delete`."""
        try:
            self._needed(request.urn).delete(
                request.urn,
                request.id,
                codec.decode(request.properties),
                codec.decode(request.old_inputs),
                timeout_seconds=request.timeout or None,
            )
        except UnreachableError as error:
            if self._session is None or not self._session.settings.delete_unreachable:
                raise
            self._engine.warning(f"{request.id} counts as deleted (deleteUnreachable): {error.message}", request.urn)
        return empty_pb2.Empty()

    # --- functions and components ------------------------------------------------------------------

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Answer `yaml:decode`; refuse every other function by name."""
        if request.tok == _YAML_DECODE:
            found = decode_yaml(codec.reveal(codec.decode(request.args)))
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(codec.encode({"result": found}))  # a word of Python, too
            return response
        raise RpcError(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the aifactory stand-in for the kubernetes plugin has no function {request.tok}",
            fix="Helm charts: use kubernetes.helm.v3.Release; everything else: install the official plugin",
        )

    def Construct(
        self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        """Refuse: components would be made inside the plugin, which the stand-in does not do."""
        raise RpcError(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the aifactory stand-in for the kubernetes plugin does not make components such as {request.type}",
            why="they run inside the official plugin",
            fix=_REFUSED_COMPONENTS.get(request.type, "install the official plugin"),
        )

    # --- shared ------------------------------------------------------------------------------------

    def _handler(self, urn: str) -> Handler | None:
        """Return what handles a resource, or None when the cluster is not known yet."""
        return self._handlers.get(token_of(urn), self._handlers.get(""))

    def _needed(self, urn: str) -> Handler:
        handler = self._handler(urn)
        if handler is None:
            raise RpcError(
                grpc.StatusCode.FAILED_PRECONDITION,
                "the kubernetes provider has no cluster yet: its kubeconfig is not known",
                fix="make whatever gives the kubeconfig first (`pulumi up --target`), or split the stack",
            )
        return handler


class _partial_failures:  # noqa: N801 - reads as a statement
    """Turns a `PartialFailureError` into the status that the engine records as "made, but not ready"."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PartialFailureError):
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.identifier,
                properties=codec.encode(error.outputs),
                reasons=error.reasons,
                inputs=None if error.inputs is None else codec.encode(error.inputs),
            )
            raise RpcError(grpc.StatusCode.UNKNOWN, error.message, why=error.why, detail=detail) from None


def diff_response(found: Diffed) -> provider_pb2.DiffResponse:
    """Return a difference as the engine reads it."""
    if not found.differences:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=True)
    detailed = {entry.property_path: _property_diff(entry) for entry in found.differences}
    tops = dict.fromkeys(str(entry.path[0]) for entry in found.differences)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        replaces=[entry.property_path for entry in found.differences if entry.replace],
        deleteBeforeReplace=found.delete_before_replace,
        diffs=list(tops),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _property_diff(entry: Difference) -> provider_pb2.PropertyDiff:
    name = f"{entry.change.value}_REPLACE" if entry.replace else entry.change.value
    return provider_pb2.PropertyDiff(kind=_KINDS.Value(name), inputDiff=True)


def _failures(failures: Iterable[Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=entry.property_path, reason=entry.reason) for entry in failures]

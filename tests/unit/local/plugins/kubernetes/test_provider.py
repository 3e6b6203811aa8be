"""The engine's calls, in process."""

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from aifactory.local.plugins import codec, server
from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.provider import ANNOUNCEMENT, KubernetesProvider
from tests.unit.local.plugins.kubernetes.fake_api import Said, session_of, urn
from tests.unit.local.plugins.kubernetes.test_settings import kubeconfig

TOKEN = "kubernetes:core/v1:ConfigMap"
INPUTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"k": "v"}}
PATH = "/api/v1/namespaces/ns/configmaps/a"
DIFFS = provider_pb2.DiffResponse


@pytest.fixture
def provider():
    return KubernetesProvider()


@pytest.fixture
def stub(provider):
    running, port = server.start(
        lambda grpc_server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, grpc_server)
    )
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    running.stop(None).wait()


@pytest.fixture
def opened(provider, session):
    provider.open(session)
    return provider


def call(method, **fields):
    name = method._method.decode().rsplit("/", 1)[-1] if hasattr(method, "_method") else ""
    requests = {
        "Check": provider_pb2.CheckRequest,
        "Create": provider_pb2.CreateRequest,
        "Delete": provider_pb2.DeleteRequest,
        "Diff": provider_pb2.DiffRequest,
        "Read": provider_pb2.ReadRequest,
        "Update": provider_pb2.UpdateRequest,
    }
    wrapped = {key: codec.encode(value) if isinstance(value, dict) else value for key, value in fields.items()}
    return method(requests[name](urn=urn(TOKEN), **wrapped))


class TestPlugin:
    """Prevents the engine from refusing the plugin, or taking it for another version."""

    def test_handshake(self, stub):
        agreed = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
        assert agreed.accept_secrets
        assert not agreed.accept_outputs

    def test_version(self, stub):
        import importlib.metadata

        assert stub.GetPluginInfo(empty_pb2.Empty()).version == importlib.metadata.version("pulumi_kubernetes")

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda stub: stub.GetSchema(provider_pb2.GetSchemaRequest()), "has no schema"),
            (
                lambda stub: stub.Construct(provider_pb2.ConstructRequest(type="kubernetes:yaml/v2:ConfigFile")),
                "use kubernetes.yaml.ConfigFile",
            ),
            (lambda stub: stub.Invoke(provider_pb2.InvokeRequest(tok="kubernetes:kustomize:directory")), "no function"),
        ],
    )
    def test_what_it_does_not_do_is_refused_in_words(self, stub, call, words):
        with pytest.raises(grpc.RpcError) as raised:
            call(stub)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert words in raised.value.details()

    def test_mappings_are_empty(self, stub):
        assert stub.GetMapping(provider_pb2.GetMappingRequest()).data == b""
        assert list(stub.GetMappings(provider_pb2.GetMappingsRequest()).providers) == []


class TestConfiguration:
    """Prevents work on a cluster that is not local, or not known."""

    @pytest.fixture
    def local(self, monkeypatch):
        monkeypatch.setenv("AIFACTORY_LOCAL_INSTANCE", "region")

    def test_opened_and_announced(self, stub, provider, local):
        provider._engine = Said()
        told = stub.Configure(provider_pb2.ConfigureRequest(args=codec.encode({"kubeconfig": Secret(kubeconfig())})))
        assert told.acceptSecrets
        assert told.supportsPreview
        assert provider._engine.lines == [ANNOUNCEMENT]

    def test_variables_count_too(self, stub, provider, local):
        stub.Configure(
            provider_pb2.ConfigureRequest(variables={"kubernetes:config:kubeconfig": kubeconfig(namespace="team")})
        )
        assert provider._session.namespace == "team"

    def test_refused_elsewhere(self, stub, monkeypatch):
        monkeypatch.delenv("AIFACTORY_LOCAL_INSTANCE", raising=False)
        with pytest.raises(grpc.RpcError, match="only serves local regions"):
            stub.Configure(provider_pb2.ConfigureRequest(args=codec.encode({"kubeconfig": kubeconfig()})))

    def test_an_unknown_kubeconfig_leaves_it_closed(self, stub, local):
        stub.Configure(provider_pb2.ConfigureRequest(args=codec.encode({"kubeconfig": UNKNOWN})))
        told = call(stub.Create, properties=INPUTS, preview=True)
        assert codec.decode(told.properties) == INPUTS
        assert codec.decode(call(stub.Check, news=INPUTS).inputs) == INPUTS
        with pytest.raises(grpc.RpcError, match="has no cluster yet"):
            call(stub.Create, properties=INPUTS)

    def test_check_config(self, stub):
        request = provider_pb2.CheckRequest(news=codec.encode({"renderYamlToDirectory": "out"}))
        (failure,) = stub.CheckConfig(request).failures
        assert failure.property == "renderYamlToDirectory"

    def test_diff_config(self, stub):
        request = provider_pb2.DiffRequest(
            olds=codec.encode({"kubeconfig": Secret(kubeconfig())}),
            news=codec.encode({"kubeconfig": Secret(kubeconfig(credential="new"))}),
        )
        found = stub.DiffConfig(request)
        assert (found.changes, list(found.diffs), list(found.replaces)) == (DIFFS.DIFF_SOME, ["kubeconfig"], [])
        assert stub.DiffConfig(provider_pb2.DiffRequest()).changes == DIFFS.DIFF_NONE


class TestResources:
    """Prevents answers that the engine reads as something else."""

    def test_life(self, stub, opened, api):
        inputs = call(stub.Check, news=INPUTS).inputs
        made = stub.Create(provider_pb2.CreateRequest(urn=urn(TOKEN), properties=inputs))
        assert made.id == "ns/a"
        same = call(stub.Diff, olds=codec.decode(made.properties), old_inputs=INPUTS, news=INPUTS)
        assert same.changes == DIFFS.DIFF_NONE
        read = call(stub.Read, id="ns/a", properties=codec.decode(made.properties), inputs=INPUTS)
        assert codec.decode(read.inputs) == INPUTS
        changed = call(stub.Update, id="ns/a", olds=codec.decode(made.properties), old_inputs=INPUTS, news=INPUTS)
        assert codec.decode(changed.properties)["data"] == {"k": "v"}
        call(stub.Delete, id="ns/a", properties=codec.decode(made.properties), old_inputs=INPUTS)
        assert api.objects == {}
        assert call(stub.Read, id="ns/a", properties=codec.decode(made.properties), inputs=INPUTS).id == ""

    def test_detailed_diff(self, stub, opened):
        new = {**INPUTS, "data": {"k": "new"}}
        found = call(stub.Diff, olds={**INPUTS, "__inputs": INPUTS}, old_inputs=INPUTS, news=new)
        assert found.hasDetailedDiff
        assert found.detailedDiff["data.k"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
        assert found.detailedDiff["data.k"].inputDiff
        assert list(found.diffs) == ["data"]
        assert list(found.replaces) == ["data.k"]
        assert found.deleteBeforeReplace

    def test_failures_of_a_check(self, stub, opened):
        (failure,) = call(stub.Check, news={**INPUTS, "metadata": {}}).failures
        assert failure.property == "metadata.name"

    def test_a_partial_failure(self, stub, opened):
        metadata = {**INPUTS["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Ready"}}
        with pytest.raises(grpc.RpcError) as raised:
            call(stub.Create, properties={**INPUTS, "metadata": metadata}, timeout=0.1)
        assert raised.value.code() is grpc.StatusCode.UNKNOWN
        trailers = dict(raised.value.trailing_metadata())
        detail = provider_pb2.ErrorResourceInitFailed()
        assert status_pb2.Status.FromString(trailers[server.STATUS_DETAILS_KEY]).details[0].Unpack(detail)
        assert detail.id == "ns/a"
        assert codec.decode(detail.properties)["data"] == {"k": "v"}
        assert "was not ready within 0.1 s" in detail.reasons[0]

    def test_cancel_ends_what_waits(self, stub, provider, session):
        provider._stop = session.cluster.stop
        provider.open(session)
        stub.Cancel(empty_pb2.Empty())
        metadata = {**INPUTS["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Ready"}}
        with pytest.raises(grpc.RpcError, match="stopped while"):
            call(stub.Create, properties={**INPUTS, "metadata": metadata})

    def test_decode(self, stub):
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        told = stub.Invoke(provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode", args=codec.encode({"text": text})))
        (found,) = codec.decode(getattr(told, "return"))["result"]
        assert found["metadata"] == {"name": "a"}


class TestUnreachable:
    """Prevents objects of a cluster that is gone from blocking a destroy for ever, and from vanishing unasked."""

    @pytest.fixture
    def dead(self):
        def refuse(request):
            raise __import__("httpx2").ConnectError("refused")

        return refuse

    def open(self, provider, dead, **settings):
        session = session_of(dead, **settings)
        provider._engine = Said()
        provider.open(session)

    def test_an_error_by_default(self, stub, provider, dead):
        self.open(provider, dead)
        for method in (stub.Read, stub.Delete):
            with pytest.raises(grpc.RpcError, match="gave no answer"):
                call(method, id="ns/a", properties=INPUTS)

    def test_deleted_on_request(self, stub, provider, dead):
        self.open(provider, dead, delete_unreachable=True)
        assert call(stub.Read, id="ns/a", properties=INPUTS).id == ""
        call(stub.Delete, id="ns/a", properties=INPUTS)
        assert "counts as deleted" in provider._engine.words

    def test_unchanged_on_request(self, stub, provider, dead):
        self.open(provider, dead, skip_update_unreachable=True)
        assert codec.decode(call(stub.Read, id="ns/a", properties=INPUTS).properties) == INPUTS

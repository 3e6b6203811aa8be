"""The shared base of the stand-ins: start, errors in words, and an end when the engine has ended."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from aifactory.errors import AifactoryError
from aifactory.local.plugins import server
from aifactory.local.plugins.server import RpcError


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """A provider whose methods fail in each of the ways that matter."""

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.2.3")

    def Configure(self, request, context):
        raise AifactoryError("no cluster", why="nothing can be made", fix="start one")

    def Create(self, request, context):
        detail = provider_pb2.ErrorResourceInitFailed(id="ns/name", reasons=["not ready"])
        raise RpcError(grpc.StatusCode.UNKNOWN, "it did not become ready", detail=detail)

    def Read(self, request, context):
        secret = "hunter2"
        raise KeyError(secret)

    def Delete(self, request, context):
        context.abort(grpc.StatusCode.ABORTED, "its own words")


class Language(language_pb2_grpc.LanguageRuntimeServicer):
    """A host with one streaming method that fails after its first answer."""

    def InstallDependencies(self, request, context):
        yield language_pb2.InstallDependenciesResponse(stdout=b"one")
        raise AifactoryError("pip failed")


@pytest.fixture
def channel():
    def register(grpc_server):
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), grpc_server)
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Language(), grpc_server)

    running, port = server.start(register)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    running.stop(None).wait()


@pytest.fixture
def provider(channel):
    return provider_pb2_grpc.ResourceProviderStub(channel)


class TestErrorsInWords:
    """Prevents "Exception calling application", which tells the user nothing, and leaks of values."""

    def test_success_passes(self, provider):
        assert provider.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"

    def test_our_errors_arrive_as_written(self, provider):
        with pytest.raises(grpc.RpcError) as raised:
            provider.Configure(provider_pb2.ConfigureRequest())
        assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert raised.value.details() == "no cluster\n  why: nothing can be made\n  fix: start one"

    def test_details_arrive_packed_as_grpc_go_reads_them(self, provider):
        with pytest.raises(grpc.RpcError) as raised:
            provider.Create(provider_pb2.CreateRequest())
        trailers = dict(raised.value.trailing_metadata())
        status = status_pb2.Status.FromString(trailers[server.STATUS_DETAILS_KEY])
        detail = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(detail)
        assert (status.code, detail.id, list(detail.reasons)) == (2, "ns/name", ["not ready"])

    def test_a_defect_names_its_type_and_place_but_no_value(self, provider, capfd):
        with pytest.raises(grpc.RpcError) as raised:
            provider.Read(provider_pb2.ReadRequest())
        assert raised.value.code() is grpc.StatusCode.INTERNAL
        assert "KeyError" in raised.value.details()
        assert "test_server.py" in raised.value.details()
        shown = raised.value.details() + "".join(capfd.readouterr())
        assert "hunter2" not in shown

    def test_an_abort_of_the_method_keeps_its_code_and_words(self, provider):
        with pytest.raises(grpc.RpcError) as raised:
            provider.Delete(provider_pb2.DeleteRequest())
        assert (raised.value.code(), raised.value.details()) == (grpc.StatusCode.ABORTED, "its own words")

    def test_unimplemented_stays_unimplemented(self, provider):
        with pytest.raises(grpc.RpcError) as raised:
            provider.Call(provider_pb2.CallRequest())
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED

    def test_streams_too(self, channel):
        stream = language_pb2_grpc.LanguageRuntimeStub(channel).InstallDependencies(
            language_pb2.InstallDependenciesRequest()
        )
        assert next(stream).stdout == b"one"
        with pytest.raises(grpc.RpcError) as raised:
            next(stream)
        assert raised.value.details() == "pip failed"


PLUGIN = textwrap.dedent("""
    import sys
    from aifactory.local.plugins import server
    server.serve(lambda grpc_server: None, on_stop=lambda: sys.stderr.write("stopped\\n"))
""")


def start_plugin(**options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PLUGIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


class TestLife:
    """Prevents orphans: a stand-in that survives its engine keeps a port, memory and half-done work."""

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_first_line_is_the_port_and_a_signal_ends_it_in_order(self, number):
        plugin = start_plugin()
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=10)
        plugin.send_signal(number)
        out, err = plugin.communicate(timeout=10)
        assert (plugin.returncode, out, err) == (0, "", "stopped\n")

    def test_it_leaves_when_its_parent_is_killed(self):
        # A shell in between plays the engine: kill -9 gives it no chance to tell its child.
        parent = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import subprocess,sys; subprocess.run([sys.executable,'-c',{PLUGIN!r}])",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert int(parent.stdout.readline()) > 0
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
        assert psutil.wait_procs([child], timeout=10)[1] == []

    def test_a_parent_that_was_gone_before_python_had_loaded_is_noticed(self):
        plugin = start_plugin(env={**os.environ, server.PARENT_PID_VARIABLE: "999999999"})
        assert plugin.communicate(timeout=10)[1] == "stopped\n"

    def test_watching_ends_when_the_server_stops(self):
        gone = threading.Event()
        thread = server.watch_parent(gone, poll_seconds=0.01)
        time.sleep(0.05)
        assert not gone.is_set()
        gone.set()
        thread.join(timeout=5)
        assert not thread.is_alive()

"""The service over a real channel, as the engine calls it; without an engine."""

import os
import sys
import threading
import time

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import language_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub, add_LanguageRuntimeServicer_to_server

from aifactory.local.plugins import server
from aifactory.local.plugins.language import host as module
from aifactory.local.plugins.language.host import LanguageHost


@pytest.fixture
def host():
    made = LanguageHost("")
    yield made
    made.stop()


@pytest.fixture
def stub(host):
    grpc_server, port = server.start(lambda it: add_LanguageRuntimeServicer_to_server(host, it))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield LanguageRuntimeStub(channel)
    grpc_server.stop(0).wait()


def info(directory, entry=".", **options):
    struct = struct_pb2.Struct()
    struct.update(options)
    return language_pb2.ProgramInfo(
        root_directory=str(directory), program_directory=str(directory), entry_point=entry, options=struct
    )


def write(directory, text):
    (directory / "__main__.py").write_text(text)
    return directory


def first_line(call):
    line = b""
    while not line.endswith(b"\n"):
        line += next(call).stdout
    return line


class TestQuestions:
    """Guards the answers that decide what the engine fetches and shows."""

    def test_about_names_the_stand_in(self, stub, tmp_path):
        answer = stub.About(language_pb2.AboutRequest(info=info(tmp_path)))
        assert answer.executable == sys.executable
        assert "stand-in" in answer.metadata["host"]

    def test_handshake_and_version(self, stub, host):
        stub.Handshake(language_pb2.LanguageHandshakeRequest(engine_address="127.0.0.1:9"))
        assert host._engine == "127.0.0.1:9"
        assert stub.GetPluginInfo(empty_pb2.Empty()).version.count(".") >= 2

    def test_required_packages_and_the_older_form_agree(self, stub, tmp_path):
        write(tmp_path, "import pulumi_kubernetes")
        packages = stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info(tmp_path))).packages
        plugins = stub.GetRequiredPlugins(language_pb2.GetRequiredPluginsRequest(info=info(tmp_path))).plugins
        assert [(item.name, item.kind) for item in packages] == [("kubernetes", "resource")]
        assert [(item.name, item.version) for item in plugins] == [(item.name, item.version) for item in packages]
        assert not packages[0].HasField("parameterization")

    def test_a_program_without_sdks_needs_nothing(self, stub, tmp_path):
        write(tmp_path, "import pulumi")
        assert not stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info(tmp_path))).packages

    def test_dependencies_direct_and_all(self, stub, tmp_path):
        write(tmp_path, "import pulumi_kubernetes")

        def names(*, every):
            request = language_pb2.GetProgramDependenciesRequest(info=info(tmp_path), transitiveDependencies=every)
            return {item.name for item in stub.GetProgramDependencies(request).dependencies}

        assert names(every=False) == {"pulumi_kubernetes"}
        assert {"pulumi_kubernetes", "pulumi", "grpcio"} <= names(every=True)

    def test_nothing_is_asked_and_nothing_templated(self, stub, tmp_path):
        assert not stub.RuntimeOptionsPrompts(language_pb2.RuntimeOptionsRequest(info=info(tmp_path))).prompts
        stub.Template(language_pb2.TemplateRequest(info=info(tmp_path)))

    @pytest.mark.parametrize("method", ["GenerateProgram", "GenerateProject", "GeneratePackage", "Pack", "Link"])
    def test_code_generation_is_refused_in_words(self, stub, method):
        with pytest.raises(grpc.RpcError) as caught:
            getattr(stub, method)(getattr(language_pb2, f"{method}Request")())
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert "stand-in" in caught.value.details()
        assert "install the official Pulumi CLI" in caught.value.details()


class TestInstall:
    """Guards the stream: what was done arrives line by line, what was not done ends the call with words."""

    def request(self, directory, **options):
        return language_pb2.InstallDependenciesRequest(info=info(directory, **options))

    def test_it_is_told(self, stub, tmp_path):
        (answer,) = stub.InstallDependencies(self.request(tmp_path))
        assert answer.stdout.endswith(b"nothing was installed by the stand-in\n")

    def test_it_is_refused(self, stub, tmp_path):
        (tmp_path / "requirements.txt").write_text("no-such-package-anywhere\n")
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.InstallDependencies(self.request(tmp_path)))
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "no-such-package-anywhere" in caught.value.details()


class TestRun:
    """Guards verdicts that need no engine: a program that never reached one still has to be reported."""

    def run(self, stub, directory, **fields):
        return stub.Run(language_pb2.RunRequest(info=info(directory), pwd=str(directory), **fields), timeout=60)

    def test_there_is_no_program(self, stub, tmp_path):
        answer = self.run(stub, tmp_path)
        assert "no Python program" in answer.error
        assert not answer.bail

    def test_a_debugger_is_refused(self, stub, tmp_path):
        assert "no debugger" in self.run(stub, write(tmp_path, ""), attach_debugger=True).error

    def test_an_environment_that_is_not_there(self, stub, tmp_path):
        request = language_pb2.RunRequest(info=info(write(tmp_path, ""), virtualenv="none"))
        assert "none has no bin/python" in stub.Run(request).error

    def test_a_working_directory_that_is_not_there(self, stub, tmp_path):
        request = language_pb2.RunRequest(info=info(write(tmp_path, "")), pwd=str(tmp_path / "absent"))
        assert "cannot be started in" in stub.Run(request).error

    @pytest.mark.parametrize(
        ("code", "interrupted", "expected"),
        [
            (0, False, language_pb2.RunResponse()),
            (32, False, language_pb2.RunResponse(bail=True)),
            (130, True, language_pb2.RunResponse(bail=True)),
            (-9, True, language_pb2.RunResponse(bail=True)),
            (-9, False, language_pb2.RunResponse(error="Program was killed by SIGKILL")),
            (3, False, language_pb2.RunResponse(error="Program exited with non-zero exit code: 3")),
        ],
    )
    def test_verdicts(self, code, interrupted, expected):
        assert module._verdict(code, interrupted=interrupted) == expected


class TestRunPlugin:
    """Guards plugins: their port, their end when the engine drops the call, and their exit code."""

    def start(self, stub, directory, **fields):
        environment = [f"{name}={value}" for name, value in os.environ.items()]
        request = language_pb2.RunPluginRequest(
            info=info(directory), pwd=str(directory), env=[*environment, "ODD", "WORD=a=b"], kind="resource", **fields
        )
        return stub.RunPlugin(request, timeout=60)

    def test_output_and_exit_code(self, stub, tmp_path):
        text = "import os, sys\nprint(os.environ['WORD'], sys.argv[1:])\nprint('e', file=sys.stderr)\nsys.exit(6)"
        answers = list(self.start(stub, write(tmp_path, text), args=["127.0.0.1:1"]))
        assert b"".join(answer.stdout for answer in answers) == b"a=b ['127.0.0.1:1']\n"
        assert b"".join(answer.stderr for answer in answers) == b"e\n"
        assert [answer.exitcode for answer in answers if answer.WhichOneof("output") == "exitcode"] == [6]

    def test_the_engine_drops_the_call(self, stub, host, tmp_path):
        call = self.start(stub, write(tmp_path, "import time\nprint(1234)\ntime.sleep(60)"))
        assert first_line(call) == b"1234\n"
        (child,) = host._children._snapshot()
        call.cancel()
        deadline = time.monotonic() + 20
        while host._children._snapshot():
            assert time.monotonic() < deadline, "the plugin outlived its call"
            time.sleep(0.02)
        assert child.interrupted

    def test_cancel_leaves_plugins_to_finish(self, stub, host, tmp_path):
        call = self.start(stub, write(tmp_path, "import time\nprint(1)\ntime.sleep(1)\nprint(2)"))
        assert first_line(call) == b"1\n"
        stub.Cancel(empty_pb2.Empty())
        assert b"".join(answer.stdout for answer in call) == b"2\n"

    def test_the_end_of_the_host_is_the_end_of_its_plugins(self, stub, host, tmp_path):
        call = self.start(stub, write(tmp_path, "import time\nprint(1)\ntime.sleep(60)"))
        first_line(call)
        threading.Thread(target=host.stop).start()
        assert [answer for answer in call if answer.stdout] == []

    def test_none_is_started_after_the_end(self, stub, host, tmp_path):
        host.stop()
        with pytest.raises(grpc.RpcError) as caught:
            list(self.start(stub, write(tmp_path, "")))
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE

    def test_a_directory_without_a_plugin(self, stub, tmp_path):
        with pytest.raises(grpc.RpcError) as caught:
            list(self.start(stub, tmp_path))
        assert "no Python plugin" in caught.value.details()

"""A resource plugin whose world is a directory: one file per resource, and a journal of what was done.

It stands for a cloud in tests of the engine and of the language host: `Create` takes as long as the resource's
``seconds`` say, so a test can kill or interrupt something in the middle, and afterwards the journal says whether
anything came twice. Like everything of aifactory it applies: creating what is there already finds it.

Environment: ECHO_WORLD, the directory.
"""

import json
import os
import threading
from pathlib import Path

from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from aifactory.local.plugins import server

VERSION = "1.0.0"


def plain(properties):
    return MessageToDict(properties)


def struct(values):
    message = struct_pb2.Struct()
    message.update(values)
    return message


class Echo(provider_pb2_grpc.ResourceProviderServicer):
    """Resources of type ``echo:index:Item``: whatever they are given, they return as outputs."""

    def __init__(self):
        self.world = Path(os.environ["ECHO_WORLD"])
        self.world.mkdir(parents=True, exist_ok=True)
        self.cancelled = threading.Event()

    def journal(self, line):
        with (self.world / "journal").open("a") as file:
            file.write(f"{line}\n")

    def put(self, name, values):
        draft = self.world / f".{name}.{os.getpid()}"
        draft.write_text(json.dumps(values))
        draft.replace(self.world / f"{name}.item")

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        olds, news = plain(request.old_inputs), plain(request.news)
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if changed else none,
            diffs=changed,
            replaces=[key for key in changed if key == "identity"],
            deleteBeforeReplace=True,
        )

    def Create(self, request, context):
        values = plain(request.properties)
        name = request.urn.rpartition("::")[2]
        if not request.preview:
            existed = (self.world / f"{name}.item").exists()
            self.put(name, values)
            self.journal(f"{'found' if existed else 'created'} {name}")
            self.cancelled.wait(float(values.get("seconds", 0)))
        return provider_pb2.CreateResponse(id=name, properties=request.properties)

    def Update(self, request, context):
        if not request.preview:
            self.put(request.id, plain(request.news))
            self.journal(f"updated {request.id}")
        return provider_pb2.UpdateResponse(properties=request.news)

    def Read(self, request, context):
        path = self.world / f"{request.id}.item"
        if not path.exists():
            return provider_pb2.ReadResponse()
        values = struct(json.loads(path.read_text()))
        return provider_pb2.ReadResponse(id=request.id, properties=values, inputs=values)

    def Delete(self, request, context):
        (self.world / f"{request.id}.item").unlink(missing_ok=True)
        self.journal(f"deleted {request.id}")
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        # An operation that was begun is finished: the resource is there, and the engine must come to know.
        self.cancelled.set()
        return empty_pb2.Empty()


if __name__ == "__main__":
    echo = Echo()
    server.serve(
        lambda grpc_server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(echo, grpc_server),
        on_stop=echo.cancelled.set,
    )

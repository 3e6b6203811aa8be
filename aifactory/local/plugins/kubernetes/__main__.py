"""Run the stand-in: ``python -m aifactory.local.plugins.kubernetes ENGINE_ADDRESS``.

The engine starts it by a script named `pulumi-resource-kubernetes`; see `aifactory.local.engine`.
"""

import sys

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from aifactory.local.plugins.kubernetes.provider import KubernetesProvider
from aifactory.local.plugins.server import serve


def main(arguments: list[str]) -> None:
    """Serve the provider until the engine ends it."""
    provider = KubernetesProvider(arguments[0] if arguments else "")

    def register(server: grpc.Server) -> None:
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)

    serve(register, on_stop=provider.stop)


if __name__ == "__main__":
    main(sys.argv[1:])

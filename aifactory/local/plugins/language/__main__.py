"""Entry of the stand-in: ``python -m aifactory.local.plugins.language [flags] ENGINE_ADDRESS``."""

import os
import sys

from aifactory.errors import AifactoryError
from aifactory.local.plugins.language.guard import refuse_unless_local


def main() -> int:
    """Serve the engine whose address is the last argument; return the exit code."""
    try:
        refuse_unless_local(os.environ)
    except AifactoryError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    # Imported late: a refusal need not wait for gRPC.
    from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

    from aifactory.local.plugins.language.host import LanguageHost
    from aifactory.local.plugins.server import serve

    # Flags come first (--tracing, --logtostderr, -v=9); the address is always last.
    host = LanguageHost(engine_address=sys.argv[-1] if len(sys.argv) > 1 else "")
    serve(lambda server: add_LanguageRuntimeServicer_to_server(host, server), on_stop=host.stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())

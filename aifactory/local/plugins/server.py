"""What every plugin stand-in has in common: start, announce the port, serve, stop, outlive no engine.

The engine starts a plugin as a child process with its own address as first argument and reads one line from
the plugin's standard output: the port of a gRPC server on loopback. It ends the plugin by a signal. When
the engine itself is killed (`kill -9`) nothing tells its children, so each stand-in watches for its parent
and leaves when that is gone.

Use:

    def register(server: grpc.Server) -> None:
        add_ResourceProviderServicer_to_server(MyProvider(), server)

    serve(register, on_stop=provider.cancel)
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Final, NoReturn, cast

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import status_pb2

from aifactory.errors import AifactoryError

WORKERS: Final = 256
"""Most calls served at once. A call that waits for an object to become ready holds its thread, and `Cancel`
must still find one; the engine's own default is far below (`--parallel`, 4 per processor). Threads start on
demand."""

PARENT_POLL_SECONDS: Final = 0.5
"""How often the parent is looked for: the longest that a stand-in survives a killed engine, give or take."""

STOP_GRACE_SECONDS: Final = 2.0
"""How long running calls may take to notice a stop. The engine itself kills a plugin soon after it asked."""

PARENT_PID_VARIABLE: Final = "AIFACTORY_PLUGIN_PARENT"
"""Environment variable by which the start script passes the engine's process id (``$PPID`` of the shell).
Without it the parent at start is watched, and an engine killed while Python was still loading would go
unnoticed."""

MESSAGE_LIMIT_BYTES: Final = 400 * 1024 * 1024
"""The engine's own limit (`rpcutil`); gRPC's default of 4 MiB is too small for some CRDs."""

SERVER_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.so_reuseport", 0),
)

STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"
"""Trailing metadata key of a `google.rpc.Status` with details, as grpc-go's `status.FromError` reads it."""

Register = Callable[[grpc.Server], None]


class RpcError(AifactoryError):
    """A refusal that the engine must see with a status code and, perhaps, a packed detail message.

    Args:
        code: gRPC status code; the engine treats `UNIMPLEMENTED` and `UNAVAILABLE` in ways of its own.
        message, why, fix: see `AifactoryError`.
        detail: a message the engine looks for, such as `ErrorResourceInitFailed`.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        why: str = "",
        fix: str = "",
        detail: Message | None = None,
    ) -> None:
        super().__init__(message, why=why, fix=fix)
        self.code = code
        self.detail = detail


def serve(register: Register, *, on_stop: Callable[[], None] | None = None) -> None:
    """Serve a plugin until SIGINT, SIGTERM, or the end of the parent process.

    Args:
        register: adds the servicers to the server, once, before it starts.
        on_stop: called once when the end has come, before running calls are waited for; makes them end early.

    Must be called from the main thread (signal handlers). Prints the port, and nothing else, to standard
    output.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _setter(stopping))
    server, port = start(register)
    announce(port)
    watch_parent(stopping)
    stopping.wait()
    if on_stop is not None:
        on_stop()
    server.stop(STOP_GRACE_SECONDS).wait()


def _setter(event: threading.Event) -> Callable[[int, FrameType | None], None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        event.set()

    return handle


def start(register: Register) -> tuple[grpc.Server, int]:
    """Start a gRPC server on a free loopback port; return it with the port. `serve` without the waiting."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="rpc"),
        interceptors=[ErrorsInWords()],
        options=SERVER_OPTIONS,
    )
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def announce(port: int) -> None:
    """Tell the engine the port. Whatever is printed later goes to standard error, which the engine shows."""
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdout = sys.stderr


def watch_parent(
    gone: threading.Event, *, parent: int | None = None, poll_seconds: float = PARENT_POLL_SECONDS
) -> threading.Thread:
    """Set `gone` when the parent process is no longer the one that started this process.

    Args:
        gone: set when the parent is gone; when someone else sets it, the watching ends.
        parent: process id to watch; None takes `PARENT_PID_VARIABLE`, else the present parent.
        poll_seconds: time between two looks.
    """
    expected = parent if parent is not None else int(os.environ.get(PARENT_PID_VARIABLE) or os.getppid())

    # The kernel's own notice (PR_SET_PDEATHSIG) is no use: it fires when the *thread* that forked ends, and
    # the engine, a Go program, moves between threads.
    def look() -> None:
        while not gone.wait(poll_seconds):
            if os.getppid() != expected:
                gone.set()

    thread = threading.Thread(target=look, name="watch-parent", daemon=True)
    thread.start()
    return thread


def abort(context: grpc.ServicerContext, error: RpcError) -> NoReturn:
    """End the call with `error`: its code, its words, and its detail packed as grpc-go expects it."""
    if error.detail is not None:
        status = status_pb2.Status(code=cast("int", error.code.value[0]), message=str(error))
        status.details.add().Pack(error.detail)
        context.set_trailing_metadata(((STATUS_DETAILS_KEY, status.SerializeToString()),))
    context.abort(error.code, str(error))


class ErrorsInWords(grpc.ServerInterceptor):
    """Turns our errors into statuses with words, and defects into a short message; traceback on stderr.

    Without it grpc would answer ``Exception calling application: ...`` with code UNKNOWN for both.
    """

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wrap unary-request handlers, with one response or a stream of them; Pulumi has no other kind."""
        handler = continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        deserializer, serializer = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming and handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(_streaming(handler.unary_stream), deserializer, serializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(_single(handler.unary_unary), deserializer, serializer)
        return handler


def _single(method: Callable[[Any, Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def call(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        try:
            return method(request, context)
        except Exception as error:  # noqa: BLE001 - the process ends here: errors leave as statuses
            _leave(context, error)

    return call


def _streaming(
    method: Callable[[Any, Any], Iterator[Any]],
) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ANN401
        try:
            yield from method(request, context)
        except Exception as error:  # noqa: BLE001 - see `_single`
            _leave(context, error)

    return call


def _leave(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    # An abort made inside the method has set a code already and only unwinds the stack.
    if context.code() is not None:  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        raise error
    if isinstance(error, RpcError):
        abort(context, error)
    if isinstance(error, AifactoryError):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
    # The message of a foreign exception may quote a value, so only its type and place leave the process.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    sys.stderr.write(f"defect: {type(error).__name__}\n{''.join(traceback.format_list(frames))}")
    context.abort(grpc.StatusCode.INTERNAL, f"a defect of the aifactory stand-in: {type(error).__name__} at {place}")

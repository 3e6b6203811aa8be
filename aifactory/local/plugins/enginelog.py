"""Messages from a plugin to the person at the terminal, through the engine's own log.

The engine gives each plugin its address; its `Engine.Log` shows a message beside the resource it belongs
to. Messages marked *ephemeral* are progress: they show while the resource is worked on and leave no
diagnostic behind.
"""

import logging
from typing import Any, Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_log = logging.getLogger(__name__)

CALL_TIMEOUT_SECONDS: Final = 5.0
"""A log line is worth this much waiting and no more; the engine answers in milliseconds unless it is
ending."""


class EngineLog:
    """Log of the engine at one address.

    Args:
        address: ``host:port`` of the engine; empty (a plugin started by hand) logs to standard error instead.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address) if address else None
        self._stub: Any = None if self._channel is None else engine_pb2_grpc.EngineStub(self._channel)

    def progress(self, message: str, urn: str = "") -> None:
        """Show what is being waited for beside the resource; gone when the resource is done."""
        self._send(engine_pb2.INFO, message, urn, ephemeral=True)

    def debug(self, message: str, urn: str = "") -> None:
        """Say what only someone who runs the engine with ``--debug`` wants to know."""
        self._send(engine_pb2.DEBUG, message, urn)

    def info(self, message: str, urn: str = "") -> None:
        """Say something that stays in the diagnostics."""
        self._send(engine_pb2.INFO, message, urn)

    def warning(self, message: str, urn: str = "") -> None:
        """Say something that the person should act on, though nothing failed."""
        self._send(engine_pb2.WARNING, message, urn)

    def close(self) -> None:
        """Close the connection to the engine."""
        if self._channel is not None:
            self._channel.close()

    def _send(self, severity: engine_pb2.LogSeverity.ValueType, message: str, urn: str, *, ephemeral: bool = False) -> None:
        if self._stub is None:
            _log.info("%s %s", urn, message)
            return
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        try:
            self._stub.Log(request, timeout=CALL_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            # The engine is ending; the words are lost, the work that they describe is not.
            _log.debug("the engine took no log line: %s", error)

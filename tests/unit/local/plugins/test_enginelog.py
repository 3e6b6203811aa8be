"""Messages to the engine's log."""

import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from aifactory.local.plugins.enginelog import EngineLog


class Engine(engine_pb2_grpc.EngineServicer):
    """Records what it is told."""

    def __init__(self):
        self.seen = []

    def Log(self, request, context):
        self.seen.append((request.severity, request.message, request.urn, request.ephemeral))
        return empty_pb2.Empty()


@pytest.fixture
def engine():
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    engine.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield engine
    server.stop(None).wait()


class TestEngineLog:
    """Prevents progress that stays as noise in the diagnostics, and a dying engine from failing the work."""

    def test_severities(self, engine):
        log = EngineLog(engine.address)
        log.progress("waiting", "urn:1")
        log.info("said")
        log.warning("look")
        log.debug("detail")
        log.close()
        assert engine.seen == [
            (engine_pb2.INFO, "waiting", "urn:1", True),
            (engine_pb2.INFO, "said", "", False),
            (engine_pb2.WARNING, "look", "", False),
            (engine_pb2.DEBUG, "detail", "", False),
        ]

    def test_an_engine_that_is_gone_does_not_fail_the_caller(self, caplog):
        caplog.set_level(logging.DEBUG, logger="aifactory")
        EngineLog("127.0.0.1:1").info("into the void")
        assert "took no log line" in caplog.text

    def test_without_an_engine_the_words_go_to_the_log(self, caplog):
        caplog.set_level(logging.INFO, logger="aifactory")
        EngineLog("").progress("by hand", "urn:1")
        assert "by hand" in caplog.text

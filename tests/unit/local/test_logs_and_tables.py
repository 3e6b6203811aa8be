"""Logs and tables of the local commands."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aifactory.errors import AifactoryError
from aifactory.local.controlplane import PartStatus
from aifactory.local.logs import log_files, tail
from aifactory.local.paths import Paths
from aifactory.local.tables import parts_table


class TestLogs:
    """Prevents hunting for the one log that says why a part died."""

    def test_all_or_one(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("x")
        instance.create()
        for name in ("etcd", "kube-apiserver"):
            (instance.logs / f"{name}.log").write_text("a\nb\nc\n")
        assert [file.stem for file in log_files(instance, None)] == ["etcd", "kube-apiserver"]
        assert tail(log_files(instance, "etcd")[0], 2) == "b\nc"

    def test_a_misspelt_part_names_the_near_one(self, tmp_path: Path) -> None:
        instance = Paths.at(tmp_path).instance("x")
        instance.create()
        (instance.logs / "kube-apiserver.log").write_text("")
        with pytest.raises(AifactoryError) as caught:
            log_files(instance, "apiserver")
        assert caught.value.fix == "kube-apiserver"

    def test_without_logs(self, tmp_path: Path) -> None:
        with pytest.raises(AifactoryError, match="has no logs"):
            log_files(Paths.at(tmp_path).instance("never"), None)

    def test_bytes_that_are_no_text_do_not_stop_it(self, tmp_path: Path) -> None:
        file = tmp_path / "x.log"
        file.write_bytes(b"good\n\xff\xfe\n")
        assert tail(file, 5).startswith("good\n")


def part(**changed: Any) -> PartStatus:
    values: dict[str, Any] = {
        "name": "etcd",
        "pid": 42,
        "port": 2379,
        "healthy": True,
        "since": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp(),
        "memory_bytes": 64 * 2**20,
        "log": Path("etcd.log"),
        "reason": "",
    }
    return PartStatus(**values | changed)


def shown(*parts: PartStatus) -> str:
    stream = io.StringIO()
    Console(file=stream, width=160).print(parts_table("local", parts))
    return stream.getvalue()


class TestPartsTable:
    """Prevents a status that leaves open which part is down, and why."""

    def test_a_healthy_part(self) -> None:
        text = shown(part())
        assert all(word in text for word in ("etcd", "healthy", "42", "2379", "64 MiB", "2026-01-02 03:04:05 UTC"))

    def test_a_part_that_is_down_says_why(self) -> None:
        text = shown(part(pid=None, port=None, healthy=False, since=None, memory_bytes=0, reason="exited: no space left"))
        assert "down" in text
        assert "exited: no space left" in text

    def test_an_instance_that_was_never_started(self) -> None:
        assert "aifactory local up" in shown(part(pid=None, healthy=False, since=None, memory_bytes=0))

import shutil
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from aifactory.local.tools import golang
from aifactory.local.tools.catalog import MODULES
from aifactory.local.tools.golang import Go, discover, shortages
from tests.unit.local.tools.fakes import FakeGo

KUBE = MODULES["kube"]


class TestDiscover:
    """Prevents a compiler's error about a language version after minutes, in place of one clear sentence before."""

    def test_a_fit_go_is_described(self, tmp_path: Path) -> None:
        fake = FakeGo(tmp_path)
        found = discover(KUBE.source, KUBE.least_go, {"PATH": str(fake.bin)})
        assert isinstance(found, Go)
        assert found.version == "go1.27.1"
        assert found.program == fake.bin / "go"

    def test_it_is_asked_within_the_module_since_it_may_choose_another_toolchain_for_it(self, tmp_path: Path) -> None:
        fake = FakeGo(tmp_path)
        discover(KUBE.source, KUBE.least_go, {"PATH": str(fake.bin)})
        assert fake.calls[0]["cwd"] == str(KUBE.source)
        assert fake.calls[0]["gowork"] == "off", "a workspace somewhere above must not change what is built"

    def test_no_go_is_one_sentence_with_the_version_to_install(self, tmp_path: Path) -> None:
        found = discover(KUBE.source, KUBE.least_go, {"PATH": str(tmp_path)})
        assert isinstance(found, str)
        assert found.startswith("Go is not installed (Go 1.26.0 or newer")
        assert "https://go.dev/dl" in found

    @pytest.mark.parametrize("version", ["go1.25.9", "go1.9", "go1.26rc1"])
    def test_an_old_go_is_refused_with_both_versions(self, version: str, tmp_path: Path) -> None:
        fake = FakeGo(tmp_path)
        fake.wish(version=version)
        found = discover(KUBE.source, (1, 26, 1), {"PATH": str(fake.bin)})
        assert isinstance(found, str)
        assert version in found
        assert "1.26.1 or newer" in found

    def test_what_go_says_is_passed_on(self, tmp_path: Path) -> None:
        fake = FakeGo(tmp_path)
        fake.wish(env_error="go: go.mod requires go >= 1.26.0 (running go 1.25.0; GOTOOLCHAIN=local)")
        found = discover(KUBE.source, KUBE.least_go, {"PATH": str(fake.bin)})
        assert isinstance(found, str)
        assert "running go 1.25.0; GOTOOLCHAIN=local" in found


class TestShortages:
    """Prevents a disk that is full, or a linker that is killed, after ten minutes of compiling."""

    @staticmethod
    def machine(monkeypatch: pytest.MonkeyPatch, *, disk_gib: float, memory_gib: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=disk_gib * golang.GIB))
        monkeypatch.setattr(golang, "available_memory_gib", lambda: memory_gib)

    @staticmethod
    def go(tmp_path: Path) -> Go:
        return Go(tmp_path / "go", "go1.27.1", tmp_path / "cache" / "not" / "yet", tmp_path / "mod")

    def test_a_machine_that_has_enough_lacks_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.machine(monkeypatch, disk_gib=100, memory_gib=16)
        assert shortages([(KUBE, 1.0)], self.go(tmp_path), tmp_path) == []

    def test_everything_that_lacks_is_told_at_once_with_figures(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        self.machine(monkeypatch, disk_gib=1.5, memory_gib=0.5)
        found = shortages([(KUBE, 1.0), (MODULES["pulumi"], 1.0)], self.go(tmp_path), tmp_path)
        assert len(found) == 3
        assert "1.5 GiB free; the build takes up to 16 GiB" in found[0]
        assert "0.5 GiB of memory are available" in found[2]

    def test_a_warm_build_cache_needs_less(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.machine(monkeypatch, disk_gib=2, memory_gib=16)
        assert shortages([(KUBE, 0.01)], self.go(tmp_path), tmp_path) == []
        assert shortages([(KUBE, 1.0)], self.go(tmp_path), tmp_path) != []

    def test_memory_and_cores_are_those_of_this_machine(self) -> None:
        assert 0 < golang.available_memory_gib() <= psutil.virtual_memory().total / golang.GIB
        assert 1 <= golang.cores() <= (psutil.cpu_count() or 1)

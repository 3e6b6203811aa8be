import os
from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local.paths import Paths
from aifactory.local.tools import build
from aifactory.local.tools.build import Plan
from aifactory.local.tools.catalog import HELM_PACKAGE, KWOK_PACKAGE, MODULES
from aifactory.local.tools.golang import Go
from tests.unit.local.reporters import Recorder
from tests.unit.local.tools.fakes import FakeGo

KUBE = MODULES["kube"]


@pytest.fixture
def fake(tmp_path: Path) -> FakeGo:
    return FakeGo(tmp_path)


@pytest.fixture
def go(fake: FakeGo) -> Go:
    return Go(fake.bin / "go", "go1.27.1", fake.state / "cache", fake.state / "mod")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "cache")


def leftovers(paths: Paths) -> list[str]:
    return [path.name for path in paths.tools.glob(".build-*")]


class TestPlan:
    """Prevents an estimate of ten minutes for a build of ten seconds, and the other way round."""

    def test_it_counts_what_has_to_be_compiled(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        fake.wish(stale=1474)
        planned = build.plan(KUBE, (".",), go, paths, Recorder())
        assert planned.stale == 1474
        assert planned.share == pytest.approx(0.5, abs=0.01)

    def test_the_estimate_scales_with_work_and_cores(self) -> None:
        cold, warm = Plan(KUBE, (".",), KUBE.packages), Plan(KUBE, (".",), 0)
        assert warm.estimate_seconds(2) == KUBE.link_seconds
        assert cold.estimate_seconds(2) == pytest.approx(KUBE.cpu_seconds / 2 + KUBE.link_seconds)
        assert cold.estimate_seconds(8) < cold.estimate_seconds(2)

    def test_it_is_made_with_the_flags_of_the_build_or_it_would_count_something_else(
        self, fake: FakeGo, go: Go, paths: Paths
    ) -> None:
        planned = build.plan(KUBE, (".",), go, paths, Recorder())
        build.build(planned, go, paths, Recorder())
        listed, built = fake.asked("list")[0], fake.asked("build")[0]
        flags = [one for one in built if one.startswith("-") and one not in {"-v", "-o"}]
        assert [one for one in listed if one in flags] == flags

    def test_downloads_are_news_and_a_failure_is_told_in_go_s_words(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        reporter = Recorder()
        fake.wish(list_error="go: verifying example.org/module@v1.0.0: checksum mismatch")
        with pytest.raises(ToolError) as caught:
            build.plan(KUBE, (".",), go, paths, reporter)
        assert "checksum mismatch" in str(caught.value)
        assert "GOPROXY" in caught.value.fix
        assert any("downloading example.org/module" in news for news in reporter.news)
        assert leftovers(paths) == []


class TestBuild:
    """Prevents half a program in the cache, a build from anything but the pins, and silence for ten minutes."""

    def test_programs_and_their_other_names_are_in_place(self, go: Go, paths: Paths) -> None:
        place = build.build(Plan(KUBE, (".", HELM_PACKAGE, KWOK_PACKAGE), 3), go, paths, Recorder())
        assert place == paths.tools / f"{KUBE.key}-go1.27.1"
        assert sorted(path.name for path in place.iterdir()) == [
            "etcd",
            "helm",
            "kube",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubectl",
            "kwok",
        ]
        assert (place / "etcd").readlink() == Path("kube"), "a link that survives a move of the cache"
        assert all(os.access(path, os.X_OK) for path in place.iterdir())
        assert leftovers(paths) == []

    def test_only_the_pins_decide_what_is_built(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        build.build(Plan(KUBE, (".",), 3), go, paths, Recorder())
        arguments = fake.asked("build")[0]
        assert "-mod=readonly" in arguments
        assert "-trimpath" in arguments
        assert f"-ldflags={KUBE.link_flags}" in arguments
        assert fake.calls[0]["files"] == ["go.mod", "go.sum", "main.go"]
        assert fake.calls[0]["gowork"] == "off"

    def test_the_installed_package_is_not_written_to(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        build.build(Plan(KUBE, (".",), 3), go, paths, Recorder())
        assert all(str(call["cwd"]).startswith(str(paths.tools)) for call in fake.calls)

    def test_what_was_built_before_stays_when_another_part_is_added(self, go: Go, paths: Paths) -> None:
        build.build(Plan(KUBE, (KWOK_PACKAGE,), 3), go, paths, Recorder())
        place = build.build(Plan(KUBE, (HELM_PACKAGE,), 3), go, paths, Recorder())
        assert {path.name for path in place.iterdir()} == {"kwok", "helm"}

    def test_it_says_how_far_it_is_and_how_long_it_takes(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        fake.wish(stale=5)
        reporter = Recorder()
        build.build(Plan(KUBE, (KWOK_PACKAGE,), 5), go, paths, reporter)
        assert reporter.titles == ["Build kwok from Go module kube 1.36.3"]
        assert (reporter.estimates[0] or 0) >= KUBE.link_seconds
        assert reporter.news[-1] == "5 of 5 packages, now example.org/p4"

    def test_a_failure_ends_with_what_the_compiler_said_and_leaves_nothing(self, fake: FakeGo, go: Go, paths: Paths) -> None:
        fake.wish(build_error="main.go:3:8: undefined: flux")
        with pytest.raises(ToolError) as caught:
            build.build(Plan(KUBE, (".",), 3), go, paths, Recorder())
        assert "undefined: flux" in str(caught.value)
        assert leftovers(paths) == []
        assert not build.directory(KUBE, go, paths).exists()


class TestLeftovers:
    """Prevents a workspace of gigabytes from staying for ever after a kill."""

    def test_a_workspace_without_a_compiler_is_removed(self, paths: Paths) -> None:
        left = paths.tools / ".build-abc"
        (left / "src").mkdir(parents=True)
        build.clear_leftovers(paths)
        assert leftovers(paths) == []

    def test_a_stranger_who_has_the_compiler_s_pid_is_spared(self, paths: Paths) -> None:
        left = paths.tools / ".build-abc"
        left.mkdir(parents=True)
        (left / "compiler.json").write_text(f'{{"pid": {os.getpid()}, "started": 1.0}}')
        build.clear_leftovers(paths)
        assert leftovers(paths) == []  # and this test goes on

    def test_builds_are_left_alone(self, go: Go, paths: Paths) -> None:
        place = build.build(Plan(KUBE, (KWOK_PACKAGE,), 3), go, paths, Recorder())
        build.clear_leftovers(paths)
        assert (place / "kwok").exists()

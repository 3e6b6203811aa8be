from pathlib import Path

import pytest

from aifactory.local.paths import Paths
from aifactory.local.tools.catalog import MODULES, ToolName
from aifactory.local.tools.find import ASSETS_VARIABLE, LINKS_MARKER, find_built, find_installed, module_version
from tests.unit.local.tools.fakes import program


class TestInstalledPrograms:
    """Prevents a fit program on the machine from being built again, and an unfit one from failing much later."""

    def test_a_fit_program_on_path_is_used(self, tmp_path: Path) -> None:
        path = program(tmp_path / "bin", "pulumi", "v3.260.1")
        tool, unfit = find_installed("pulumi", {"PATH": str(tmp_path / "bin")})
        assert tool is not None
        assert (tool.path, tool.version, tool.origin) == (path, "3.260.1", "PATH")
        assert unfit == []

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("pulumi", "v3.249.0"),
            ("pulumi", "v4.0.0"),
            ("helm", "v4.1.0"),
            ("kube-apiserver", "Kubernetes v1.35.9"),
            ("etcd", "etcd Version: 3.5.21"),
        ],
    )
    def test_an_unfit_one_is_not_and_the_reason_names_both_versions(self, name: ToolName, says: str, tmp_path: Path) -> None:
        path = program(tmp_path, name, says)
        tool, unfit = find_installed(name, {"PATH": str(tmp_path)})
        assert tool is None
        assert len(unfit) == 1
        assert str(path) in str(unfit[0])
        assert "is needed" in str(unfit[0])
        assert says.rpartition(" ")[2].removeprefix("v") in str(unfit[0])

    def test_one_that_fails_when_asked_is_not_used(self, tmp_path: Path) -> None:
        program(tmp_path, "pulumi", "v3.260.0", code=3)
        tool, unfit = find_installed("pulumi", {"PATH": str(tmp_path)})
        assert tool is None
        assert "does not tell its version" in unfit[0].reason

    def test_one_that_says_something_else_is_not_used(self, tmp_path: Path) -> None:
        program(tmp_path, "helm", "please log in")
        tool, unfit = find_installed("helm", {"PATH": str(tmp_path)})
        assert tool is None
        assert unfit[0].reason == "it does not tell its version"

    def test_what_is_not_there_is_neither_found_nor_unfit(self, tmp_path: Path) -> None:
        assert find_installed("pulumi", {"PATH": str(tmp_path)}) == (None, [])

    def test_links_of_an_instance_are_not_taken_for_the_users_programs(self, tmp_path: Path) -> None:
        path = program(tmp_path / "bin", "pulumi", "v3.260.1")
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "pulumi").symlink_to(path)
        (tmp_path / "home" / LINKS_MARKER).touch()
        tool, _ = find_installed("pulumi", {"PATH": f"{tmp_path / 'home'}:{tmp_path / 'bin'}"})
        assert tool is not None
        assert tool.path == path

    def test_kubebuilder_assets_come_before_path(self, tmp_path: Path) -> None:
        program(tmp_path / "bin", "etcd", "etcd Version: 3.6.1")
        assets = program(tmp_path / "assets", "etcd", "etcd Version: 3.6.2")
        variables = {"PATH": str(tmp_path / "bin"), ASSETS_VARIABLE: str(tmp_path / "assets")}
        tool, _ = find_installed("etcd", variables)
        assert tool is not None
        assert (tool.path, tool.origin) == (assets, "KUBEBUILDER_ASSETS")

    def test_unfit_assets_do_not_hide_a_fit_program_on_path(self, tmp_path: Path) -> None:
        program(tmp_path / "assets", "etcd", "etcd Version: 3.4.0")
        program(tmp_path / "bin", "etcd", "etcd Version: 3.6.1")
        variables = {"PATH": str(tmp_path / "bin"), ASSETS_VARIABLE: str(tmp_path / "assets")}
        tool, unfit = find_installed("etcd", variables)
        assert tool is not None
        assert tool.origin == "PATH"
        assert len(unfit) == 1

    def test_a_program_that_cannot_tell_its_version_is_always_built(self, tmp_path: Path) -> None:
        program(tmp_path, "pulumi-language-yaml", "v1.30.0")
        assert find_installed("pulumi-language-yaml", {"PATH": str(tmp_path)}) == (None, [])

    def test_asking_leaves_nothing_in_the_home_directory(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        path = program(tmp_path / "bin", "pulumi", "unused")
        path.write_text('#!/bin/sh\ntouch "$HOME/touched" "$PULUMI_HOME/touched"\necho v3.260.0\n')
        tool, _ = find_installed("pulumi", {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(home)})
        assert tool is not None
        assert list(home.iterdir()) == []


class TestBuiltPrograms:
    """Prevents a second twenty-minute build of what the cache holds already."""

    @staticmethod
    def built(paths: Paths, go: str) -> Path:
        return program(paths.tools / f"{MODULES['kube'].key}-{go}", "kwok", "x")

    def test_a_build_of_the_pinned_module_is_found_without_go(self, tmp_path: Path) -> None:
        paths = Paths.at(tmp_path)
        path = self.built(paths, "go1.26.8")
        tool = find_built("kwok", paths)
        assert tool is not None
        assert (tool.path, tool.version, tool.origin) == (path, "0.8.0", "built")

    def test_that_of_the_newest_go_is_preferred(self, tmp_path: Path) -> None:
        paths = Paths.at(tmp_path)
        self.built(paths, "go1.26.9")
        newest = self.built(paths, "go1.26.10")
        tool = find_built("kwok", paths)
        assert tool is not None
        assert tool.path == newest

    def test_a_build_of_other_pins_is_not_taken(self, tmp_path: Path) -> None:
        paths = Paths.at(tmp_path)
        program(paths.tools / "kube-1.36.3-000000000000-go1.26.8", "kwok", "x")
        assert find_built("kwok", paths) is None

    def test_a_part_of_the_module_that_was_not_built_is_not_claimed(self, tmp_path: Path) -> None:
        paths = Paths.at(tmp_path)
        self.built(paths, "go1.26.8")
        assert find_built("helm", paths) is None

    def test_a_file_that_cannot_be_run_is_none(self, tmp_path: Path) -> None:
        paths = Paths.at(tmp_path)
        self.built(paths, "go1.26.8").chmod(0o644)
        assert find_built("kwok", paths) is None

    def test_versions_of_what_shares_a_module_are_their_own(self) -> None:
        kube = MODULES["kube"]
        shown = {name: module_version(kube, name) for name in ("etcd", "helm", "kwok", "kube-apiserver")}
        assert shown == {"etcd": "3.6.8", "helm": "3.20.2", "kwok": "0.8.0", "kube-apiserver": "1.36.3"}

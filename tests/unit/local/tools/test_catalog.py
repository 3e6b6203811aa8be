import re
from pathlib import Path
from typing import get_args

import pytest

from aifactory.local.tools import catalog
from aifactory.local.tools.catalog import MODULES, PROGRAMS, GoModule, ToolName, VersionRange, parse_version
from aifactory.local.tools.find import module_version


class TestVersions:
    """Prevents a fit program from being refused, and an unfit one from being used, over how it writes its version."""

    @pytest.mark.parametrize(
        ("said", "version"),
        [
            ("v3.258.0\n", (3, 258, 0)),
            ("Kubernetes v1.36.3", (1, 36, 3)),
            ("etcd Version: 3.6.8\nGit SHA: abc\nGo Version: go1.26.8", (3, 6, 8)),
            ("kwok version v0.8.0 go1.26.8 (linux/amd64)", (0, 8, 0)),
            ("v3.20.2+g1234567", (3, 20, 2)),
            ("3.259.0-alpha.x1", (3, 259, 0)),
            ("Client Version: v1.36.3\nKustomize Version: v5.8.1", (1, 36, 3)),
            ("go1.26", None),
            ("", None),
        ],
    )
    def test_the_first_full_version_counts(self, said: str, version: tuple[int, int, int] | None) -> None:
        assert parse_version(said) == version

    def test_a_range_holds_its_least_and_not_its_end(self) -> None:
        fits = VersionRange((3, 250, 0), (4, 0, 0))
        assert (3, 250, 0) in fits
        assert (3, 999, 9) in fits
        assert (3, 249, 9) not in fits
        assert (4, 0, 0) not in fits
        assert str(fits) == ">= 3.250, < 4.0"


class TestPrograms:
    """Prevents a program that can be asked for and neither found nor built."""

    def test_every_name_has_an_entry(self) -> None:
        assert set(PROGRAMS) == set(get_args(ToolName))

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_its_module_makes_it(self, name: ToolName) -> None:
        program = PROGRAMS[name]
        assert name in MODULES[program.module].targets[program.target]

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_what_would_be_built_would_also_be_used_if_it_were_found(self, name: ToolName) -> None:
        program = PROGRAMS[name]
        built = parse_version(module_version(MODULES[program.module], name))
        assert built is not None
        assert program.fits is None or built in program.fits


class TestPins:
    """Prevents a version in the code that is not the one which go.mod makes `go build` take."""

    @pytest.mark.parametrize(
        ("module", "path"),
        [
            ("pulumi", "github.com/pulumi/pulumi/pkg/v3"),
            ("pulumi", "github.com/pulumi/pulumi/sdk/v3"),
            ("kube", "k8s.io/kubernetes"),
            ("yaml", "github.com/pulumi/pulumi-yaml"),
        ],
    )
    def test_go_mod_pins_the_version_that_the_catalogue_states(self, module: str, path: str) -> None:
        text = (MODULES[module].source / "go.mod").read_text()
        assert re.search(rf"^\s*(require )?{re.escape(path)} v{re.escape(MODULES[module].version)}\b", text, re.MULTILINE)

    def test_every_staging_module_of_kubernetes_is_of_its_release(self) -> None:
        text = (MODULES["kube"].source / "go.mod").read_text()
        replaced = dict(re.findall(r"^\s*k8s\.io/\S+ => (k8s\.io/\S+) (v\S+)$", text, re.MULTILINE))
        assert len(replaced) > 25
        assert set(replaced.values()) == {f"v0.{MODULES['kube'].version.removeprefix('1.')}"}

    def test_versions_that_programs_report_are_linked_in(self) -> None:
        kube, pulumi = MODULES["kube"], MODULES["pulumi"]
        assert "-X=k8s.io/component-base/version.gitVersion=v1.36.3" in kube.link_flags.split()
        assert "-X=k8s.io/component-base/version.gitMinor=36" in kube.link_flags.split()
        helm = module_version(kube, "helm")
        assert f"-X=helm.sh/helm/v3/internal/version.version=v{helm}" in kube.link_flags.split()
        assert f"-X=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{pulumi.version}" in pulumi.link_flags

    @pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
    def test_checksums_are_pinned_for_every_requirement(self, module: GoModule) -> None:
        sums = (module.source / "go.sum").read_text()
        required = re.findall(r"^\t(\S+) (v\S+)", (module.source / "go.mod").read_text(), re.MULTILINE)
        direct = [(path, version) for path, version in required if version != "v0.0.0"]
        assert direct
        missing = [path for path, version in direct if f"{path} {version}" not in sums and f"=> {path}" not in sums]
        replaced = (module.source / "go.mod").read_text()
        assert [path for path in missing if f"{path} =>" not in replaced] == []

    @pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
    def test_the_least_go_is_that_of_go_mod(self, module: GoModule) -> None:
        major, minor, _ = module.least_go
        assert re.search(rf"^go {major}\.{minor}", (module.source / "go.mod").read_text(), re.MULTILINE)


def copy_of(module: GoModule, sources: Path) -> Path:
    target = sources / module.name
    target.mkdir(parents=True)
    for path in module.files:
        (target / path.name).write_bytes(path.read_bytes())
    return target


class TestKey:
    """Prevents an old program from being taken for the new one, and a new build where nothing has changed."""

    def test_it_names_module_and_version(self) -> None:
        assert re.fullmatch(r"kube-1\.36\.3-[0-9a-f]{12}", MODULES["kube"].key)
        assert MODULES["kube"].key == MODULES["kube"].key

    def test_the_same_files_elsewhere_have_the_same_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = MODULES["kube"].key
        copy_of(MODULES["kube"], tmp_path)
        monkeypatch.setattr(catalog, "SOURCES", tmp_path)
        assert MODULES["kube"].key == before

    @pytest.mark.parametrize("changed", ["go.mod", "go.sum", "main.go"])
    def test_a_change_of_any_file_changes_it(self, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = MODULES["kube"].key
        target = copy_of(MODULES["kube"], tmp_path)
        with (target / changed).open("a") as file:
            file.write("\n// changed\n")
        monkeypatch.setattr(catalog, "SOURCES", tmp_path)
        assert MODULES["kube"].key != before

    def test_what_lies_beside_the_module_does_not_count(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = MODULES["kube"].key
        (copy_of(MODULES["kube"], tmp_path) / ".DS_Store").write_text("x")
        monkeypatch.setattr(catalog, "SOURCES", tmp_path)
        assert MODULES["kube"].key == before

    def test_another_platform_has_other_builds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = MODULES["kube"].key
        monkeypatch.setattr(catalog.platform, "machine", lambda: "riscv64")
        assert MODULES["kube"].key != before

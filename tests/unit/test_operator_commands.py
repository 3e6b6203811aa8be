"""`aifactory operators ...` as a user runs it, with a Helm that is a script."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from aifactory.bundles import load_bundle
from aifactory.local import operator_bundles
from aifactory.operator_commands import operators
from tests.unit.bundles.objects import bundle, chart, crd, deployment, thing
from tests.unit.catalog.pinned import use_pinned_releases

HELM = """#!/bin/sh
# Enough of Helm: definitions of crds/, objects of templates/, and a chart that is pulled from a directory.
case "$1" in
  show) cat "$3"/crds/*.yaml 2>/dev/null; exit 0 ;;
  template) cat "$3"/templates/*.yaml ;;
  pull) echo "Error: https://someone:hunter2@registry.test/v2: unauthorized" >&2; exit 1 ;;
esac
"""


@pytest.fixture(autouse=True)
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "helm"
    script.write_text(HELM)
    script.chmod(0o755)

    class Tools:
        def path(self, _name: str) -> Path:
            return script

    monkeypatch.setattr(operator_bundles.tools, "ensure", lambda *_: Tools())


def run(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(operators, [*arguments, "--to", str(tmp_path / "bundles")])
    return done.exit_code, done.stdout, done.stderr


def a_chart(tmp_path: Path, **crds: dict) -> Path:
    made = chart(tmp_path / "source")
    if crds:
        (made / "crds").mkdir()
    for name, definition in crds.items():
        (made / "crds" / f"{name}.yaml").write_text("---\n" + yaml.safe_dump(definition))
    return made


class TestFetch:
    """Prevents bundles of something else than the pinned version, and ones that are there by half."""

    def test_a_chart_at_hand_with_its_definitions(self, tmp_path: Path) -> None:
        code, stdout, stderr = run(tmp_path, "fetch", "kueue", "--chart", str(a_chart(tmp_path, one=crd())))
        assert code == 0, stderr
        assert "kueue-0.19.2: fetched (chart from source, crds.yaml from source)" in stdout
        found = load_bundle(tmp_path / "bundles", "kueue", "0.19.2")
        assert found
        assert (found.crds, found.chart and found.chart.name) == ((crd(),), "chart")

    def test_again_changes_nothing(self, tmp_path: Path) -> None:
        made = str(a_chart(tmp_path))
        run(tmp_path, "fetch", "kueue", "--chart", made)
        code, stdout, _ = run(tmp_path, "fetch", "kueue", "--chart", made, "--format", "json")
        assert code == 0
        assert [row["changed"] for row in json.loads(stdout)] == [False]

    def test_definitions_that_the_chart_makes_itself_stay_with_it(self, tmp_path: Path) -> None:
        made = a_chart(tmp_path, one=crd(), two=crd("others"))
        (made / "templates" / "crd.yaml").write_text(yaml.safe_dump(crd()) + "---\n")
        assert run(tmp_path, "fetch", "kueue", "--chart", str(made))[0] == 0
        found = load_bundle(tmp_path / "bundles", "kueue", "0.19.2")
        assert found
        assert [each["metadata"]["name"] for each in found.crds] == ["others.test.dev"]

    def test_manifests_with_definitions_among_them(self, tmp_path: Path) -> None:
        file = tmp_path / "all.yaml"
        file.write_text(yaml.safe_dump_all([crd(), thing("Namespace", "kueue-system"), deployment("m", "kueue-system")]))
        assert run(tmp_path, "fetch", "kueue", "--manifests", str(file))[0] == 0
        found = load_bundle(tmp_path / "bundles", "kueue", "0.19.2")
        assert found
        assert (len(found.crds), len(found.manifests), found.chart) == (1, 2, None)

    @pytest.mark.parametrize(
        ("name", "version", "words"),
        [("keda", "0.19.2", "is another chart than the operator's; use kueue"), ("kueue", "0.18.0", "use 0.19.2")],
    )
    def test_another_chart(self, tmp_path: Path, name: str, version: str, words: str) -> None:
        made = chart(tmp_path / "source", name, version)
        code, _, stderr = run(tmp_path, "fetch", "kueue", "--chart", str(made))
        assert code == 2
        assert words in stderr
        assert not (tmp_path / "bundles").exists()

    def test_a_chart_of_a_source_tree_says_what_it_installs(self, tmp_path: Path) -> None:
        made = chart(tmp_path / "source", "kueue", "0.1.0")
        (made / "Chart.yaml").write_text("{apiVersion: v2, name: kueue, version: 0.1.0, appVersion: v0.19.2}")
        assert run(tmp_path, "fetch", "kueue", "--chart", str(made))[0] == 0

    def test_a_registry_that_refuses_is_told_without_its_password(self, tmp_path: Path) -> None:
        code, stdout, stderr = run(tmp_path, "fetch", "kueue")
        assert code == 3
        assert "unauthorized" in stderr
        assert "--chart PATH" in stderr
        assert "hunter2" not in stdout + stderr

    def test_several_charts_from_the_directory_that_holds_them(self, tmp_path: Path) -> None:
        for name in ("base", "istiod"):
            chart(tmp_path / "source" / name, name, "1.29.0")
        (tmp_path / "source" / "base" / "crds").mkdir()
        (tmp_path / "source" / "base" / "crds" / "all.yaml").write_text(yaml.safe_dump(crd()))
        code, stdout, stderr = run(tmp_path, "fetch", "istio", "--chart", str(tmp_path / "source"))
        assert code == 0, stderr
        assert "istio-1.29.0: fetched" in stdout
        found = load_bundle(tmp_path / "bundles", "istio", "1.29.0")
        assert found
        assert found.chart
        assert sorted(path.name for path in found.chart.iterdir()) == ["base", "istiod"]
        assert (found.chart / "istiod" / "Chart.yaml").exists()
        assert found.crds == (crd(),)

    def test_several_packed_charts_lie_in_it_unpacked(self, tmp_path: Path) -> None:
        for name in ("base", "istiod"):
            made = chart(tmp_path / "unpacked" / name, name, "1.29.0")
            (tmp_path / "source").mkdir(exist_ok=True)
            with tarfile.open(tmp_path / "source" / f"{name}-1.29.0.tgz", "w:gz") as packed:
                packed.add(made, arcname=name)
        code, _, stderr = run(tmp_path, "fetch", "istio", "--chart", str(tmp_path / "source"))
        assert code == 0, stderr
        found = load_bundle(tmp_path / "bundles", "istio", "1.29.0")
        assert found
        assert found.chart
        assert (found.chart / "base" / "templates" / "it.yaml").exists()

    def test_one_of_several_that_is_missing_or_another(self, tmp_path: Path) -> None:
        chart(tmp_path / "source" / "base", "base", "1.29.0")
        code, _, stderr = run(tmp_path, "fetch", "istio", "--chart", str(tmp_path / "source"))
        assert code == 2
        assert "it has no istiod; use istiod-1.29.0.tgz" in stderr
        chart(tmp_path / "source" / "istiod", "istiod", "1.28.0")
        code, _, stderr = run(tmp_path, "fetch", "istio", "--chart", str(tmp_path / "source"))
        assert code == 2
        assert "use 1.29.0" in stderr
        assert not (tmp_path / "bundles").exists()

    def test_a_packed_chart_that_leads_out_of_the_bundle_is_refused(self, tmp_path: Path) -> None:
        chart(tmp_path / "source" / "base", "base", "1.29.0")
        made = chart(tmp_path / "unpacked" / "istiod", "istiod", "1.29.0")
        with tarfile.open(tmp_path / "source" / "istiod-1.29.0.tgz", "w:gz") as packed:
            packed.add(made, arcname="istiod")
            packed.add(made / "Chart.yaml", arcname="../../outside.yaml")
        code, _, stderr = run(tmp_path, "fetch", "istio", "--chart", str(tmp_path / "source"))
        assert code == 2
        assert "istiod-1.29.0.tgz" in stderr
        assert not list(tmp_path.rglob("outside.yaml"))

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("keuue",), "use kueue"),
            (("kueue", "--crds", "nowhere.yaml"), "--crds"),
            (("kueue", "keda", "--crds", "x"), "files at hand are one operator's"),
        ],
    )
    def test_wrong_arguments(self, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
        code, _, stderr = run(tmp_path, "fetch", *arguments)
        assert code == 2
        assert words in stderr

    def test_what_is_no_chart(self, tmp_path: Path) -> None:
        (tmp_path / "x.tgz").write_text("no archive")
        code, _, stderr = run(tmp_path, "fetch", "kueue", "--chart", str(tmp_path / "x.tgz"))
        assert code == 2
        assert "is no chart that can be read" in stderr


class TestList:
    """Prevents a bundle that is broken from being found out only when a region is brought up."""

    def test_absent_verified_and_broken(self, tmp_path: Path) -> None:
        bundle(tmp_path / "bundles", crds=[crd()])
        code, stdout, _ = run(tmp_path, "list", "--format", "json")
        rows = {row["operator"]: row for row in json.loads(stdout)}
        assert code == 0
        assert (rows["kueue"]["bundle"], rows["keda"]["bundle"]) == ("verified", "absent")
        assert rows["kueue"]["version"] == "0.19.2"
        assert {"helm", "manifests"} <= set(rows["kueue"]["install"])
        assert (rows["kueue"]["images"], rows["kueue"]["unpinned"]) == (1, ["registry.k8s.io/kueue/kueue:v0.19.2"])
        assert (rows["cdi"]["images"], rows["cdi"]["unpinned"]) == (0, [])

        (tmp_path / "bundles" / "kueue-0.19.2" / "crds.yaml").write_text("changed")
        code, stdout, _ = run(tmp_path, "list")
        assert code == 1
        assert "bundle broken" in stdout
        assert "it was changed after it was fetched" in stdout
        shutil.rmtree(tmp_path / "bundles")
        assert run(tmp_path, "list")[0] == 0

    def test_images_without_a_digest_that_reaches_what_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def shown(name: str) -> str:
            (line,) = [line for line in run(tmp_path, "list")[1].splitlines() if line.startswith(f"{name} ")]
            return line

        assert shown("kueue").endswith("; bundle absent; 1 of 1 images unpinned")
        assert shown("cdi").endswith("; bundle absent")
        use_pinned_releases(monkeypatch, "aifactory.catalog.pinning")
        assert shown("cert-manager").endswith("; 0 of 5 images unpinned")
        assert shown("kubevirt").endswith("; 5 of 5 images unpinned")

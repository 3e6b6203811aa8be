"""The script that fills a registry: it is run, with tools that remember what they were told."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.mirror import Gap, Item, Kind, Listing, Way, listing, script
from aifactory.model import RegistrySpec
from tests.unit.mirror.regions import MIRROR, MODEL, on_prem

DIGEST = f"sha256:{'a' * 64}"
NOW = f"sha256:{'1' * 64}"

CRANE = """#!/bin/sh
# Has what was copied, and of everything else the digest that a reference ends with or that all tags have.
echo "crane $*" >>"$LOG"
key() { printf '%s' "$1" | tr '/:@' '___'; }
case "$1" in
  digest)
    if [ -e "$STATE/$(key "$2")" ]; then cat "$STATE/$(key "$2")"; exit 0; fi
    case "$2" in registry.internal*) exit 1 ;; esac
    echo "$NOW" ;;
  copy)
    case "$2" in *@*) found=${2##*@} ;; *) found=$NOW ;; esac
    [ -z "${CORRUPT:-}" ] || found=sha256:other
    echo "$found" >"$STATE/$(key "$3")" ;;
esac
"""

OTHER = """#!/bin/sh
# Has nothing before the first copy, and the right thing after it.
echo "$TOOL $*" >>"$LOG"
case "$1" in
  copy | cp) : >"$STATE/copied" ;;
  inspect | resolve) [ -e "$STATE/copied" ] && echo "$DIGEST" ;;
  manifest-digest) cat "$2" ;;
esac
"""

HELM = """#!/bin/sh
echo "helm $*" >>"$LOG"
case "$1" in
  show) [ -e "$STATE/chart" ] ;;
  pull) while [ "$1" != --destination ]; do shift; done; : >"$2/it-1.tgz" ;;
  push) [ -e "$2" ] && : >"$STATE/chart" ;;
esac
"""


def item(**changes: Any) -> Item:
    values: dict[str, Any] = {
        "kind": Kind.IMAGE, "name": "ghcr.io/org/it", "tag": "1", "digest": DIGEST, "way": Way.MIRROR,
        "target": "registry.internal/ghcr.io/org/it", "used_by": ("model it",),
    }  # fmt: skip
    return Item(**(values | changes))


def of(*items: Item) -> str:
    return script(Listing("here", RegistrySpec(mirror="registry.internal"), items, (), ()))


class Shell:
    """A directory with tools, and what they were told."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.log = place / "log"
        (place / "bin").mkdir()
        (place / "state").mkdir()
        for name in ("mktemp", "rm", "mkdir", "cat", "tr", "sh"):
            (place / "bin" / name).symlink_to(shutil.which(name) or "")
        self.tool("crane", CRANE)
        self.tool("helm", HELM)

    def tool(self, name: str, text: str) -> None:
        file = self.place / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def run(self, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        variables = {"PATH": str(self.place / "bin"), "LOG": str(self.log), "STATE": str(self.place / "state"), "NOW": NOW}
        sh = shutil.which("dash") or shutil.which("sh") or "sh"
        return subprocess.run(
            [sh, "-c", text],
            cwd=self.place,
            env=variables | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


class TestRun:
    """Prevents a script that copies something else than what was listed, or everything anew each time."""

    def test_an_image_is_copied_by_its_digest(self, shell: Shell) -> None:
        done = shell.run(of(item()))
        assert done.returncode == 0, done.stderr
        assert f"crane copy ghcr.io/org/it@{DIGEST} registry.internal/ghcr.io/org/it:1" in shell.told
        assert done.stderr == ""

    def test_again_it_copies_nothing(self, shell: Shell) -> None:
        shell.run(of(item()))
        done = shell.run(of(item()))
        assert done.stdout == "is there: registry.internal/ghcr.io/org/it:1\n"
        assert not [line for line in shell.told if "copy" in line]

    def test_an_unpinned_image_is_copied_by_what_it_is_now_and_said(self, shell: Shell) -> None:
        done = shell.run(of(item(digest=None)))
        assert f"crane copy ghcr.io/org/it@{NOW} registry.internal/ghcr.io/org/it:1" in shell.told
        assert done.stderr == f"unpinned: ghcr.io/org/it:1 is {NOW} now\n"

    def test_what_was_changed_on_its_way_stops_everything(self, shell: Shell) -> None:
        done = shell.run(of(item(), item(name="ghcr.io/org/next")), CORRUPT="yes")
        assert done.returncode == 1
        assert "was changed on its way" in done.stderr
        assert not [line for line in shell.told if "next" in line]

    def test_without_a_tag_it_gets_one_that_stays(self, shell: Shell) -> None:
        shell.run(of(item(tag="")))
        (copied,) = [line for line in shell.told if " copy " in line]
        assert copied.split(":")[-1].startswith("pinned-")
        assert of(item(tag="")) == of(item(tag=""))

    def test_a_chart_is_pulled_and_pushed_once(self, shell: Shell) -> None:
        chart = item(
            kind=Kind.CHART, name="oci://quay.io/charts/it", digest=None, target="oci://registry.internal/quay.io/charts/it"
        )
        done = shell.run(of(chart))
        assert done.returncode == 0, done.stderr
        assert shell.told[1].startswith("helm pull oci://quay.io/charts/it --version 1 --destination ")
        assert shell.told[2].endswith("it-1.tgz oci://registry.internal/quay.io/charts")
        assert shell.run(of(chart)).stdout == "is there: oci://registry.internal/quay.io/charts/it 1\n"

    @pytest.mark.parametrize(
        ("tool", "words"),
        [
            ("skopeo", f"skopeo copy --all --preserve-digests docker://ghcr.io/org/it@{DIGEST} docker://registry.internal"),
            ("oras", f"oras cp ghcr.io/org/it@{DIGEST} registry.internal"),
        ],
    )
    def test_other_tools(self, shell: Shell, tool: str, words: str) -> None:
        shell.tool(tool, OTHER)
        done = shell.run(of(item()), MIRROR_TOOL=tool, TOOL=tool, DIGEST=DIGEST)
        assert done.returncode == 0, done.stderr
        assert [line for line in shell.told if line.startswith(words)]
        assert not [line for line in shell.told if line.startswith("crane")]

    def test_without_a_tool_it_says_so(self, shell: Shell) -> None:
        (shell.place / "bin" / "crane").unlink()
        done = shell.run(of(item()))
        assert done.returncode == 2
        assert "crane, skopeo or oras" in done.stderr

    def test_a_failing_tool_stops_it(self, shell: Shell) -> None:
        shell.tool("crane", "#!/bin/sh\nexit 9\n")
        assert shell.run(of(item(digest=None))).returncode != 0


class TestText:
    """Prevents a script that no shell reads, that a name can break out of, or that holds a secret."""

    def test_every_shell_reads_it(self) -> None:
        text = script(listing(on_prem(registry=MIRROR), "here"))
        for name in ("sh", "dash", "bash"):
            if found := shutil.which(name):
                subprocess.run([found, "-n"], input=text, text=True, check=True, timeout=60)
        if checker := shutil.which("shellcheck"):
            subprocess.run([checker, "-s", "sh", "-"], input=text, text=True, check=True, timeout=60)
        assert text.startswith("#!/bin/sh\n")
        assert "set -eu\n" in text

    def test_no_word_of_a_newer_shell(self) -> None:
        text = script(listing(on_prem(registry=MIRROR), "here"))
        code = [line for line in text.splitlines() if not line.startswith("#")]
        for word in ("[[", "local ", "function ", "pipefail", "<(", "$'", "&>", "=="):
            assert not [line for line in code if word in line], word

    def test_a_name_stays_a_word(self, shell: Shell) -> None:
        wicked = "$(:>broken)`:>broken`';:>broken;'\n:>broken\n"
        done = shell.run(of(item(name=wicked, target=f"registry.internal/{wicked}", tag=wicked)))
        assert done.returncode == 0, done.stderr
        assert not (shell.place / "broken").exists()
        assert [line for line in shell.told if line.startswith("crane copy $(:>broken)`")]

    def test_a_gap_stays_a_comment(self, shell: Shell) -> None:
        gaps = (Gap("x\n:>broken", "y\n:>broken"),)
        done = shell.run(script(Listing("here", RegistrySpec(mirror="registry.internal"), (item(),), gaps, ())))
        assert done.returncode == 0
        assert not (shell.place / "broken").exists()

    def test_everything_to_copy_is_in_it_in_the_order_of_the_list(self) -> None:
        found = listing(on_prem(registry=MIRROR), "here")
        calls = [line for line in script(found).splitlines() if line.startswith(("image ", "chart "))]
        assert len(calls) == len(found.to_copy) > 10
        assert [line.split()[1] for line in calls] == [each.name for each in found.to_copy]
        model = MODEL.partition("@")
        assert any(f"{model[0]} '' {model[2]}" in line for line in calls)

    def test_charts_of_an_index_are_named_with_what_helps(self) -> None:
        text = script(listing(on_prem(registry=MIRROR), "here"))
        assert "aifactory operators fetch cloudnative-pg" in text

    def test_no_secret(self) -> None:
        text = script(listing(on_prem(registry=MIRROR | {"pull_secret": "registry-password"}), "here"))
        assert "registry-password" not in text
        assert not [line for line in text.splitlines() if "password" in line.lower() and not line.startswith("#")]

    def test_same_text_twice(self) -> None:
        assert script(listing(on_prem(registry=MIRROR), "here")) == script(listing(on_prem(registry=MIRROR), "here"))


class TestRefused:
    """Prevents a script that fills a registry by half, or none."""

    def test_without_a_registry(self) -> None:
        with pytest.raises(SpecError, match="nothing to fill"):
            script(listing(on_prem(), "here"))

    def test_a_pull_secret_alone_is_no_registry(self) -> None:
        with pytest.raises(SpecError, match="nothing to fill"):
            script(listing(on_prem(registry={"pull_secret": "registry"}), "here"))

    def test_with_something_that_has_no_way(self) -> None:
        with pytest.raises(SpecError, match="no mirror here"):
            script(listing(on_prem(registry={"mirrors": {"ghcr.io": "registry.internal/ghcr"}}), "here"))

    def test_nothing_to_copy_is_said(self, shell: Shell) -> None:
        assert shell.run(of(item(way=Way.THERE, target=""))).stdout == "there is nothing to copy\n"

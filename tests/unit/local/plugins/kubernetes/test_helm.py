"""Running Helm: what is on its command line, and what is not."""

import json
import stat
import sys
import textwrap
import threading
import time

import pytest

from aifactory.errors import ToolError
from aifactory.local.plugins.kubernetes import helm
from aifactory.local.plugins.kubernetes.client import CancelledError
from aifactory.local.plugins.kubernetes.helm import Helm, HelmError, Repository
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.settings import HelmSettings, Kubeconfig


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A helm that writes down how it was run, and does what its first argument says."""
    script = tmp_path / "helm"
    script.write_text(
        f"#!{sys.executable}\n"
        + textwrap.dedent(f"""
            import json, os, pathlib, stat, sys, time
            arguments = sys.argv[1:]
            files = [pathlib.Path(word) for word in arguments + [os.environ["KUBECONFIG"]] if pathlib.Path(word).is_file()]
            entry = {{
                "arguments": arguments,
                "files": {{file.name: [oct(stat.S_IMODE(file.stat().st_mode)), file.read_text()] for file in files}},
                "environment": dict(os.environ),
            }}
            with open({str(tmp_path / "record")!r}, "a") as record:
                record.write(json.dumps(entry) + "\\n")
            if arguments[0] == "fail":
                sys.exit("WARNING: old\\nError: it is hunter2")
            if arguments[0] == "absent":
                sys.exit("Error: release: not found")
            if arguments[0] == "sleep":
                time.sleep(60)
            print('{{"answer": 1}}')
        """)
    )
    script.chmod(0o755)
    monkeypatch.setenv(helm.HELM_VARIABLE, str(script))
    return lambda: [json.loads(line) for line in (tmp_path / "record").read_text().splitlines()]


def runner(**more):
    given = {"kubeconfig": Kubeconfig({"token": "kubeconfig-canary"}, None), "context": "local", "settings": HelmSettings()}
    return Helm(**{**given, **more})


class TestRun:
    """Prevents secrets on a command line, which every user of the machine can read."""

    def test_values_and_kubeconfig_are_private_files(self, record):
        runner().run(["install", "a"], values={"password": "canary"})
        (entry,) = record()
        assert entry["arguments"][:2] == ["install", "a"]
        assert "--kube-context" in entry["arguments"]
        assert "canary" not in " ".join(entry["arguments"])
        assert entry["files"]["values.json"] == ["0o600", '{"password": "canary"}']
        assert entry["files"]["kubeconfig"][0] == "0o600"

    def test_the_files_are_gone_afterwards(self, record, tmp_path):
        runner().run(["install"], values={"a": 1})
        (entry,) = record()
        position = entry["arguments"].index("--values")
        assert not (tmp_path / entry["arguments"][position + 1]).exists()

    def test_a_kubeconfig_of_the_users_own_is_used_in_place(self, record, tmp_path):
        runner(kubeconfig=Kubeconfig({}, tmp_path / "config")).run(["list"])
        assert record()[0]["environment"]["KUBECONFIG"] == str(tmp_path / "config")

    def test_settings_become_environment(self, record):
        runner(settings=HelmSettings(driver="configmap", repository_cache="/cache")).run(["list"])
        where = record()[0]["environment"]
        assert (where["HELM_DRIVER"], where["HELM_REPOSITORY_CACHE"]) == ("configmap", "/cache")

    def test_errors_are_helms_own_without_secrets(self, record):
        with pytest.raises(HelmError) as raised:
            runner().run(["fail"], redact=Redactor(["hunter2"]))
        assert str(raised.value) == "helm fail: it is [secret]"

    def test_reading(self, record):
        assert runner().find(["status"]) == {"answer": 1}
        assert runner().find(["absent"]) is None
        with pytest.raises(HelmError):
            runner().find(["fail"])

    def test_a_stop_ends_it(self, record):
        stop = threading.Event()
        threading.Timer(0.5, stop.set).start()
        started = time.monotonic()
        with pytest.raises(CancelledError, match="helm sleep was running"):
            runner(stop=stop).run(["sleep"])
        assert time.monotonic() - started < 10

    def test_without_helm(self, monkeypatch, tmp_path):
        monkeypatch.delenv(helm.HELM_VARIABLE, raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ToolError, match="there is no helm program"):
            runner().run(["list"])


class TestRepositories:
    """Prevents a repository's password on a command line."""

    def test_public(self, record):
        runner().run(["install"], repository=Repository.parse({"repo": "https://charts.example.com", "caFile": "/ca"}))
        arguments = record()[0]["arguments"]
        assert arguments[arguments.index("--repo") + 1] == "https://charts.example.com"
        assert arguments[arguments.index("--ca-file") + 1] == "/ca"

    def test_private(self, record):
        options = {"repo": "https://charts.example.com", "username": "me", "password": "canary"}
        runner().run(["install"], repository=Repository.parse(options))
        update, install = record()
        assert update["arguments"][:2] == ["repo", "update"]
        assert "canary" not in json.dumps([update["arguments"], install["arguments"]])
        assert "--repo" not in install["arguments"]
        mode, contents = install["files"]["repositories.yaml"]
        assert mode == "0o600"
        assert "password: canary" in contents


class TestWords:
    """Prevents a wall of notes instead of the error."""

    @pytest.mark.parametrize(
        ("errors", "words"),
        [
            ("WARNING: x\nError: a: b\n", "a: b"),
            ("walk.go:74: x\nError: a\ndetail\n", "a\ndetail"),
            ("plain\n", "plain"),
            ("", "no words"),
        ],
    )
    def test_last_words(self, errors, words):
        assert helm.last_words(errors) == words

    def test_private_files_are_never_overwritten(self, tmp_path):
        helm.write_private(tmp_path / "a", "1")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
        with pytest.raises(FileExistsError):
            helm.write_private(tmp_path / "a", "2")

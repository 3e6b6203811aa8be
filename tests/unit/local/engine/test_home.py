"""The private home: passphrase, start scripts, and the choice between official plugins and stand-ins."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aifactory.errors import EngineError
from aifactory.local.engine import link_plugin, plugins, prepare
from aifactory.local.engine.home import write_passphrase
from aifactory.local.paths import Instance
from aifactory.local.progress import SilentReporter
from aifactory.local.tools import Tool, Toolset
from tests.unit.local.engine.test_plugins import program

KUBERNETES = plugins.kubernetes_directory(plugins.kubernetes_version())


class Notes(SilentReporter):
    """Keeps what was noted."""

    def __init__(self):
        self.texts = []

    def note(self, text):
        self.texts.append(text)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A user without any plugin, and a CLI that fails to fetch one and writes down that it was asked."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    program(tmp_path / "cli" / "pulumi", f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "no route" >&2\nexit 1\n')
    return tmp_path


@pytest.fixture
def make(machine):
    """Prepare an engine on that machine."""
    instance = Instance("local", machine / "instance")
    tools = Toolset({"pulumi": Tool("pulumi", "3.258.0", machine / "cli" / "pulumi", "PATH")})

    def run(**how):
        notes = Notes()
        return prepare(instance, tools, notes, **how), notes.texts

    return run


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def official_kubernetes(directory, text="#!/bin/sh\n"):
    return program(directory / KUBERNETES / "pulumi-resource-kubernetes", text)


def official_language(directory):
    program(directory / "pulumi-language-python-exec")
    return program(directory / "pulumi-language-python")


class TestPassphrase:
    """Guards every secret in the state: a second passphrase makes the first stacks unreadable."""

    def test_private_and_long(self, tmp_path):
        write_passphrase(tmp_path / "passphrase")
        assert mode(tmp_path / "passphrase") == 0o600
        assert len((tmp_path / "passphrase").read_text()) >= 40

    def test_written_once(self, tmp_path):
        path = tmp_path / "passphrase"
        write_passphrase(path)
        first = path.read_text()
        path.chmod(0o644)
        write_passphrase(path)
        assert path.read_text() == first
        assert mode(path) == 0o600

    def test_no_two_are_alike(self, tmp_path):
        write_passphrase(tmp_path / "a")
        write_passphrase(tmp_path / "b")
        assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()

    def test_two_at_once_agree(self, tmp_path):
        path = tmp_path / "passphrase"
        barrier, seen = threading.Barrier(8), []

        def write():
            barrier.wait()
            write_passphrase(path)
            seen.append(path.read_text())

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(seen)) == 1
        assert list(tmp_path.iterdir()) == [path]


class TestHome:
    """Guards privacy and repetition: nothing for others to read, nothing different the second time."""

    def test_directories_are_private(self, make, machine):
        engine, _ = make(official="never")
        private = (engine.home, engine.bin, engine.home / "plugins", engine.backend)
        assert [mode(path) for path in private] == [0o700] * 4

    def test_the_tools_come_first_on_path(self, make, machine):
        engine, _ = make(official="never")
        assert (engine.bin / "pulumi").readlink() == machine / "cli" / "pulumi"
        assert engine.environment["PATH"].startswith(f"{engine.bin}:")

    def test_twice_is_once(self, make):
        def tree(engine):
            return {path: (mode(path), path.read_bytes()) for path in engine.home.rglob("*") if path.is_file()}

        first = make(official="never")[0]
        before = tree(first)
        assert make(official="never")[0] == first
        assert tree(first) == before

    def test_what_the_engine_is_told(self, make, machine):
        engine, _ = make(official="never", kube_context="kind-lab")
        assert engine.kubeconfig == machine / "instance" / "kubeconfig"
        assert engine.environment["AIFACTORY_KUBE_CONTEXT"] == "kind-lab"

    def test_a_plugin_is_linked_where_the_engine_looks(self, make, machine):
        engine, _ = make(official="never")
        path = link_plugin(engine, "language", "yaml", "1.30.0", machine / "cli" / "pulumi")
        assert path == engine.home / "plugins/language-yaml-v1.30.0/pulumi-language-yaml"
        assert path.resolve() == machine / "cli" / "pulumi"
        assert link_plugin(engine, "language", "yaml", "1.30.0", machine / "other").readlink() == machine / "other"


class TestStandIns:
    """Guards the start scripts: the engine runs them, and a person must see what they are."""

    def test_both_are_stand_ins_and_said_to_be(self, make):
        engine, notes = make(official="never")
        assert [(plugin.name, plugin.origin) for plugin in engine.plugins] == [
            ("python", "stand-in"),
            ("kubernetes", "stand-in"),
        ]
        assert notes == ["Stand-ins for official Pulumi plugins: python, kubernetes (--format json: why)"]
        assert len(notes[0]) <= 80, "it is read at every `up`"

    def test_they_lie_in_the_plugin_directory_where_no_warning_is_drawn(self, make):
        engine, _ = make(official="never")
        assert [plugin.path.relative_to(engine.home).parts[:2] for plugin in engine.plugins] == [
            ("plugins", "language-python-v3.258.0"),
            ("plugins", KUBERNETES),
        ]

    def test_the_script_runs_our_module_and_names_the_engine(self, make):
        engine, _ = make(official="never")
        script = engine.plugins[0].path
        assert mode(script) == 0o700
        assert not plugins.is_official(script)
        done = subprocess.run([script, "127.0.0.1:1"], env={}, capture_output=True, text=True, check=False)
        assert "AIFACTORY_LOCAL_INSTANCE is not set" in done.stderr
        assert "AIFACTORY_PLUGIN_PARENT=$PPID" in script.read_text()
        assert f"{sys.executable} -P -m aifactory.local.plugins.language" in script.read_text()

    def test_an_official_one_on_path_is_hidden_by_path(self, make, machine):
        official_language(machine / "path")
        program(machine / "path" / "pulumi-resource-kubernetes")
        engine, _ = make(official="never")
        assert [plugin.path.parent for plugin in engine.plugins] == [engine.bin, engine.bin]
        assert "switched off, though there is one on PATH" in engine.plugins[0].reason

    def test_an_official_one_fetched_before_is_hidden_and_kept(self, make, machine):
        path = official_kubernetes(machine / "instance" / "pulumi" / "plugins")
        engine, _ = make(official="never")
        assert engine.plugins[1].path == engine.bin / "pulumi-resource-kubernetes"
        assert plugins.is_official(path)


class TestOfficial:
    """Guards the preference: official plugins are proven, stand-ins are small."""

    def test_on_path(self, make, machine):
        path = official_language(machine / "path")
        engine, notes = make()
        assert (engine.plugins[0].origin, engine.plugins[0].path) == ("official", path)
        assert not any("python" in note for note in notes)

    def test_in_the_users_plugins_it_is_linked_into_the_private_home(self, make, machine):
        cache = machine / "user" / ".pulumi" / "plugins"
        official_kubernetes(cache)
        official_language(cache / "language-python-v3.300.0")
        engine, _ = make()
        assert [plugin.origin for plugin in engine.plugins] == ["official", "official"]
        assert (engine.home / "plugins" / KUBERNETES).resolve() == cache / KUBERNETES
        assert (engine.home / "plugins" / "language-python-v3.300.0").resolve() == cache / "language-python-v3.300.0"

    def test_it_takes_the_place_of_the_stand_in_and_gives_it_back(self, make, machine):
        cache = machine / "user" / ".pulumi" / "plugins"
        stand_in = make(official="never")[0].plugins[1].path
        official_kubernetes(cache)
        make()
        assert plugins.is_official(stand_in)
        make(official="never")
        assert not plugins.is_official(stand_in)
        assert plugins.is_official(cache / KUBERNETES / "pulumi-resource-kubernetes"), "the user's own was touched"

    def test_a_stand_in_of_the_language_host_goes_when_an_official_one_comes(self, make, machine):
        stand_in = make(official="never")[0].plugins[0].path
        official_language(machine / "path")
        make()
        assert not stand_in.exists()


class TestFetching:
    """Guards the one attempt to fetch the official plugin: made once, remembered, cleaned up."""

    def asked(self, machine):
        path = machine / "asked"
        return path.read_text().splitlines() if path.exists() else []

    def test_a_refusal_is_remembered(self, make, machine):
        engine, _ = make()
        assert self.asked(machine) == [f"plugin install resource kubernetes v{plugins.kubernetes_version()}"]
        assert "could not be fetched: no route" in engine.plugins[1].reason
        engine, _ = make()
        assert len(self.asked(machine)) == 1
        assert "--retry tries again" in engine.plugins[1].reason

    def test_it_is_tried_again_on_request(self, make, machine):
        make()
        make(retry=True)
        assert len(self.asked(machine)) == 2

    def test_never_does_not_ask(self, make, machine):
        make(official="never")
        assert self.asked(machine) == []

    def test_what_is_fetched_is_used(self, make, machine):
        directory = machine / "instance" / "pulumi" / "plugins" / KUBERNETES
        program(
            machine / "cli" / "pulumi",
            f"#!/bin/sh\n/bin/mkdir -p {directory}\n"
            f"printf '#!/bin/sh\\n' > {directory}/pulumi-resource-kubernetes\n"
            f"/bin/chmod 755 {directory}/pulumi-resource-kubernetes\n",
        )
        engine, _ = make()
        assert engine.plugins[1].origin == "official"
        assert make()[0].plugins[1].origin == "official"

    def test_one_that_hangs_is_given_up_and_what_it_left_is_removed(self, make, machine, monkeypatch):
        monkeypatch.setattr(plugins, "INSTALL_TIMEOUT_SECONDS", 0.5)
        directory = machine / "instance" / "pulumi" / "plugins" / KUBERNETES
        program(
            machine / "cli" / "pulumi",
            f"#!/bin/sh\n/bin/mkdir -p {directory}\ntouch {directory}.partial\nexec sleep 30\n",
        )
        engine, _ = make()
        reason = engine.plugins[1].reason
        assert "not there after 0 s" in reason or "not there after 1 s" in reason
        assert not Path(f"{directory}.partial").exists()
        assert not plugins.is_official(engine.plugins[1].path)

    def test_required_and_not_to_be_had(self, make, machine):
        official_language(machine / "path")
        with pytest.raises(EngineError, match=r"official kubernetes plugin is required(.|\n)*no route"):
            make(official="require")

    def test_required_language_host(self, make):
        with pytest.raises(EngineError, match="official Python language host is required"):
            make(official="require")

    def test_the_users_pulumi_home_is_not_written(self, make, machine):
        make()
        assert not (machine / "user").exists()
        assert os.environ.get("PULUMI_HOME") is None

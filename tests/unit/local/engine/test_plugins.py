"""Where official plugins are looked for."""

import json
import os

import pytest

from aifactory.local.engine import plugins
from aifactory.local.engine.plugins import Found, Refusals, find_kubernetes, find_language_host


def program(path, text="#!/bin/sh\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def place(tmp_path):
    """A machine: a CLI, a private home, a user's home, a directory on PATH."""
    (tmp_path / "home" / "bin").mkdir(parents=True)
    pulumi = program(tmp_path / "cli" / "pulumi")
    base = {"PATH": os.pathsep.join([str(tmp_path / "home/bin"), str(tmp_path / "path")]), "HOME": str(tmp_path / "user")}
    return tmp_path, pulumi, tmp_path / "home", base


class TestLanguageHost:
    """Guards the choice of the host: official where it works, and never our own taken for one."""

    def find(self, place):
        _, pulumi, home, base = place
        return find_language_host(pulumi, home, base)

    def test_nowhere(self, place):
        assert "neither on PATH, nor beside" in self.find(place)

    @pytest.mark.parametrize("where", ["path", "cli"])
    def test_ambient(self, place, where):
        root = place[0]
        path = program(root / where / "pulumi-language-python")
        program(root / where / "pulumi-language-python-exec")
        found = self.find(place)
        assert isinstance(found, Found)
        assert (found.path, found.where) == (path, "ambient")

    def test_beside_what_the_cli_links_to(self, place, tmp_path):
        root, pulumi, home, base = place
        program(root / "cli" / "pulumi-language-python")
        program(root / "cli" / "pulumi-language-python-exec")
        (root / "linked").symlink_to(pulumi)
        found = find_language_host(root / "linked", home, base)
        assert isinstance(found, Found)

    def test_without_its_executor_it_is_of_no_use(self, place):
        program(place[0] / "path" / "pulumi-language-python")
        assert "lacks its pulumi-language-python-exec" in self.find(place)

    def test_the_newest_of_the_installed_ones(self, place):
        root = place[0]
        cache = root / "user" / ".pulumi" / "plugins"
        for version in ("3.9.0", "3.258.0", "3.30.0"):
            program(cache / f"language-python-v{version}" / "pulumi-language-python")
            program(cache / f"language-python-v{version}" / "pulumi-language-python-exec")
        found = self.find(place)
        assert isinstance(found, Found)
        assert (found.path.parent.name, found.where) == ("language-python-v3.258.0", "cache")

    def test_our_own_script_is_not_official(self, place):
        text = f"#!/bin/sh\n{plugins.STAND_IN_MARK.decode()}: Python language host\n"
        program(place[0] / "path" / "pulumi-language-python", text)
        program(place[0] / "path" / "pulumi-language-python-exec")
        assert isinstance(self.find(place), str)

    def test_what_lies_in_the_private_home_is_not_looked_at(self, place):
        program(place[0] / "home" / "bin" / "pulumi-language-python")
        program(place[0] / "home" / "bin" / "pulumi-language-python-exec")
        assert isinstance(self.find(place), str)


class TestKubernetes:
    """Guards the version: the engine asks for exactly that of the installed SDK."""

    def test_only_the_exact_version(self, place):
        root, _, home, base = place
        cache = root / "user" / ".pulumi" / "plugins"
        program(cache / "resource-kubernetes-v4.34.1" / "pulumi-resource-kubernetes")
        assert isinstance(find_kubernetes("4.34.2", home, base), str)
        program(cache / "resource-kubernetes-v4.34.2" / "pulumi-resource-kubernetes")
        found = find_kubernetes("4.34.2", home, base)
        assert isinstance(found, Found)
        assert found.where == "cache"

    def test_a_download_that_was_cut_off(self, place):
        _, _, home, base = place
        directory = home / "plugins" / "resource-kubernetes-v4.34.2"
        program(directory / "pulumi-resource-kubernetes")
        (home / "plugins" / "resource-kubernetes-v4.34.2.partial").touch()
        assert isinstance(find_kubernetes("4.34.2", home, base), str)

    def test_one_on_path(self, place):
        root, _, home, base = place
        path = program(root / "path" / "pulumi-resource-kubernetes")
        assert find_kubernetes("4.34.2", home, base) == Found(path, "ambient", f"on PATH: {path}")

    def test_a_file_that_cannot_be_run(self, place):
        root, _, home, base = place
        path = program(root / "user" / ".pulumi/plugins/resource-kubernetes-v1.0.0/pulumi-resource-kubernetes")
        path.chmod(0o644)
        assert isinstance(find_kubernetes("1.0.0", home, base), str)

    def test_the_version_is_that_of_the_sdk(self):
        from importlib.metadata import version

        assert plugins.kubernetes_version() == version("pulumi_kubernetes")


class TestUserHomes:
    """Guards against looking for official plugins in the private home of an outer run."""

    def test_both_places(self, place):
        root, _, home, base = place
        found = plugins.user_homes(home, {**base, "PULUMI_HOME": str(root / "other")})
        assert found == [root / "other", root / "user" / ".pulumi"]

    def test_never_the_private_one(self, place):
        root, _, home, base = place
        assert plugins.user_homes(home, {**base, "PULUMI_HOME": str(home)}) == [root / "user" / ".pulumi"]

    def test_without_a_home(self, place):
        assert plugins.user_homes(place[2], {}) == []


class TestRefusals:
    """Guards time: a machine without internet must not wait for a download at every run."""

    def test_remembered_and_forgotten(self, tmp_path):
        refusals = Refusals(tmp_path)
        assert refusals.reason("x") is None
        refusals.remember("x", "no route to host")
        assert "no route to host (tried 20" in (Refusals(tmp_path).reason("x") or "")
        refusals.forget("x")
        refusals.forget("x")
        assert refusals.reason("x") is None

    @pytest.mark.parametrize("content", ["", "[]", json.dumps({"reason": "half"})])
    def test_a_broken_file_is_no_refusal(self, tmp_path, content):
        refusals = Refusals(tmp_path)
        refusals.remember("x", "y")
        (tmp_path / "refusals" / "x.json").write_text(content)
        assert refusals.reason("x") is None

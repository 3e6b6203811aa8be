"""The variables that make any `pulumi` use the private home."""

import subprocess
from pathlib import Path

import pytest

from aifactory.local.engine import Engine, shell_exports
from aifactory.local.engine.environment import process_environment, variables
from aifactory.local.paths import Instance

INSTANCE = Instance("local", Path("/cache/local"))


class TestVariables:
    """Guards the user's own Pulumi: a variable that is missing here is read from, or written to, there."""

    def test_all_of_them(self):
        assert variables(INSTANCE, {"PATH": "/usr/bin"}) == {
            "AIFACTORY_LOCAL_INSTANCE": "local",
            "PULUMI_HOME": "/cache/local/pulumi",
            "PULUMI_BACKEND_URL": "file:///cache/local/state",
            "PULUMI_CONFIG_PASSPHRASE_FILE": "/cache/local/passphrase",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "KUBECONFIG": "/cache/local/kubeconfig",
            "PATH": "/cache/local/pulumi/bin:/usr/bin",
        }

    def test_a_cluster_that_was_there_is_named(self):
        assert variables(INSTANCE, {}, kube_context="kind-lab")["AIFACTORY_KUBE_CONTEXT"] == "kind-lab"

    def test_without_a_path_there_is_no_empty_entry(self):
        assert variables(INSTANCE, {})["PATH"] == "/cache/local/pulumi/bin"

    @pytest.mark.parametrize("proxy", ["HTTP_PROXY", "https_proxy", "grpc_proxy"])
    def test_loopback_does_not_go_through_a_proxy(self, proxy):
        found = variables(INSTANCE, {proxy: "http://proxy:3128", "NO_PROXY": "intranet"})
        assert found["NO_PROXY"] == "intranet,127.0.0.1,localhost"
        assert found["no_proxy"] == "127.0.0.1,localhost"

    def test_without_a_proxy_nothing_is_said_of_it(self):
        assert not {"NO_PROXY", "no_proxy"} & set(variables(INSTANCE, {"PATH": "/bin"}))


def make(environment) -> Engine:
    home = Path("/cache/it's/pulumi")
    return Engine(Path("/p"), home, Path("/b"), Path("/k"), Path("/l"), environment, ())


class TestProcessEnvironment:
    """Guards the passphrase: PULUMI_CONFIG_PASSPHRASE of the user's shell would win over the instance's file."""

    def test_pulumi_variables_of_the_caller_are_left_out(self):
        base = {"PULUMI_CONFIG_PASSPHRASE": "x", "PULUMI_ACCESS_TOKEN": "y", "PULUMI_DEBUG_GRPC": "/log", "HOME": "/h"}
        assert process_environment(make({"PULUMI_HOME": "/mine"}), base) == {"HOME": "/h", "PULUMI_HOME": "/mine"}

    def test_the_engines_win(self):
        assert process_environment(make({"KUBECONFIG": "/mine"}), {"KUBECONFIG": "/theirs"})["KUBECONFIG"] == "/mine"


class TestShellExports:
    """Guards `eval "$(aifactory local env)"`: read by a shell, so every odd character must be quoted."""

    def test_a_shell_reads_them_back(self):
        odd = "a 'b' $HOME `id` \"c\"\nd"
        text = shell_exports(make({"PULUMI_HOME": odd, "PATH": "/cache/it's/pulumi/bin:/old"}))
        done = subprocess.run(
            ["/bin/sh", "-c", f'{text}\nprintf "%s|%s|%s" "$PULUMI_HOME" "$PATH" "${{PULUMI_ACCESS_TOKEN-unset}}"'],
            env={"PATH": "/usr/bin:/bin", "PULUMI_ACCESS_TOKEN": "secret"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{odd}|/cache/it's/pulumi/bin:/usr/bin:/bin|unset"

    def test_names_and_paths_alone(self):
        text = shell_exports(make(variables(INSTANCE, {"PATH": "/bin"})))
        assert "PULUMI_CONFIG_PASSPHRASE_FILE=/cache/local/passphrase" in text
        assert "export PULUMI_CONFIG_PASSPHRASE=" not in text

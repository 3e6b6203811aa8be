"""`aifactory status` as a person and as a program meet it."""

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from aifactory.kube import api as kube_api
from aifactory.status import kinds
from aifactory.status.commands import status_command
from tests.unit.factories import factory_text, factory_values
from tests.unit.status.cluster import REAL, WHOLE, Cluster

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "other",
    "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in ("lab", "other")],
    "clusters": [{"name": name, "cluster": {"server": f"https://{name}.test:6443"}} for name in ("lab", "other")],
    "users": [{"name": name, "user": {"token": f"canary-{name}"}} for name in ("lab", "other")],
}


class Place:
    """A project and its clusters: what is asked goes to `cluster`, whichever address it has."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.cluster, self.servers = root, Cluster(), list[str]()
        self.failure: Exception | None = None
        self.write(factory_text(**WHOLE))
        local = root / "instances" / "here"
        local.mkdir(parents=True)
        (local / "kubeconfig").write_text(yaml.safe_dump(KUBECONFIG))
        (root / "config").write_text(yaml.safe_dump(KUBECONFIG))
        patch.setenv("KUBECONFIG", str(root / "config"))
        patch.setattr(kube_api.client_adapter, "Client", self._client)

    def write(self, text: str) -> None:
        (self.root / "factory.yaml").write_text(text)

    def _client(self, config: Any, _parameters: Any) -> httpx2.Client:
        self.servers.append(config.cluster.server)
        return httpx2.Client(base_url=config.cluster.server, transport=httpx2.MockTransport(self._answer))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.failure:
            raise self.failure
        return self.cluster.answer(request)

    def run(self, *arguments: str) -> Result:
        app = typer.Typer()
        app.command("status")(status_command(lambda name: self.root / "instances" / name / "kubeconfig"))
        return CliRunner().invoke(app, ["--factory", str(self.root / "factory.yaml"), *arguments])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def existing(**changed: Any) -> str:
    """Return a factory with a region on a cluster that is there already, and one on this machine."""
    values = factory_values(**(WHOLE | REAL))
    dumped = values["regions"] | changed
    return yaml.safe_dump(json.loads(json.dumps(values)) | {"regions": dumped})


class TestExitCodes:
    """Prevents a pipeline that goes on with half a region: exit codes are a contract."""

    def test_all_ready_is_0(self, place: Place) -> None:
        done = place.run()
        assert done.exit_code == 0, done.output
        assert "21 of 21 ready" in done.stdout

    def test_something_that_is_not_is_1_and_says_why(self, place: Place) -> None:
        place.cluster.without(kinds.CLUSTER_QUEUES)
        done = place.run()
        assert done.exit_code == 1
        assert "20 of 21 ready" in done.stdout
        assert "why: ClusterQueue science is not in the cluster" in done.stdout
        assert done.stderr == ""

    def test_external_is_0(self, place: Place) -> None:
        operators = WHOLE["operators"] | {"kueue": {"install": "external"}}
        place.write(factory_text(**(WHOLE | {"operators": operators})))
        place.cluster.without(kinds.CLUSTER_QUEUES)
        assert place.run().exit_code == 0

    def test_a_wrong_file_is_2(self, place: Place) -> None:
        place.write("version: 2\n")
        done = place.run()
        assert done.exit_code == 2
        assert "Traceback" not in done.output

    def test_an_unknown_region_is_2_with_the_near_one(self, place: Place) -> None:
        done = place.run("--region", "hree")
        assert done.exit_code == 2
        assert "use here" in done.stderr

    def test_a_cluster_that_gives_no_answer_is_3_and_asks_whether_it_is_up(self, place: Place) -> None:
        place.failure = httpx2.ConnectError("connection refused")
        done = place.run()
        assert done.exit_code == 3
        assert "the local region here cannot be reached" in done.stderr
        assert "is it up? aifactory local up --name here brings it up" in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr

    def test_an_instance_that_never_was_is_3(self, place: Place) -> None:
        done = place.run("--name", "second")
        assert done.exit_code == 3
        assert "it has never been up" in done.stderr
        assert "fix: aifactory local up --name second" in done.stderr

    def test_whoever_is_not_known_is_3(self, place: Place) -> None:
        place.cluster.refused["/version"] = (401, "Unauthorized")
        done = place.run()
        assert done.exit_code == 3
        assert "cannot be read" in done.stderr
        assert "Unauthorized" in done.stderr

    def test_a_kubeconfig_that_is_none_is_3(self, place: Place) -> None:
        (place.root / "instances" / "here" / "kubeconfig").write_text("users: [canary-other")
        done = place.run()
        assert done.exit_code == 3
        assert "Traceback" not in done.stderr


class TestChoice:
    """Prevents a look at the wrong cluster: never the one that kubectl happens to point at."""

    def test_a_local_region_is_looked_at_on_its_instance(self, place: Place) -> None:
        place.run()
        assert place.servers == ["https://other.test:6443"]

    def test_an_existing_cluster_by_its_own_context(self, place: Place) -> None:
        place.write(existing())
        done = place.run()
        assert done.exit_code == 0, done.output
        assert place.servers == ["https://lab.test:6443"]

    def test_a_context_that_is_given_wins(self, place: Place) -> None:
        place.write(existing())
        place.run("--kube-context", "other")
        assert place.servers == ["https://other.test:6443"]

    def test_a_context_that_is_not_there_is_3_with_those_that_are(self, place: Place) -> None:
        place.write(existing())
        done = place.run("--kube-context", "labb")
        assert done.exit_code == 3
        assert "no context labb" in done.stderr
        assert "fix: lab" in done.stderr
        assert "canary" not in done.output
        assert place.servers == []

    def test_a_silent_existing_cluster_names_the_way_to_it(self, place: Place) -> None:
        place.write(existing())
        place.failure = httpx2.ConnectTimeout("timed out")
        done = place.run()
        assert done.exit_code == 3
        assert "the cluster of context lab cannot be reached" in done.stderr
        assert "access kind runner" in done.stderr
        assert "local up" not in done.stderr

    def test_with_several_regions_one_must_be_named(self, place: Place) -> None:
        values = yaml.safe_load(existing())
        values["regions"]["there"] = json.loads(json.dumps(values["regions"]["here"]))
        place.write(yaml.safe_dump(values))
        done = place.run()
        assert done.exit_code == 2
        assert "factory demo has 2 regions; name the one to look at; use here or there" in done.stderr

    def test_with_several_the_local_one_called_local_is_meant(self, place: Place) -> None:
        values = yaml.safe_load(existing())
        values["regions"]["local"] = factory_values(**WHOLE)["regions"]["here"]
        place.write(yaml.safe_dump(json.loads(json.dumps(values))))
        done = place.run()
        assert done.exit_code == 3
        assert "the local region local is not there" in done.stderr
        assert "fix: aifactory local up\n" in done.stderr

    def test_nothing_is_written(self, place: Place) -> None:
        place.write(existing())
        before = sorted(place.root.rglob("*"))
        place.run()
        assert sorted(place.root.rglob("*")) == before


class TestJson:
    """Prevents scripts that have to read tables."""

    def test_rows_and_the_same_exit_code(self, place: Place) -> None:
        place.cluster.without(kinds.CLUSTER_QUEUES)
        done = place.run("--format", "json")
        assert done.exit_code == 1
        answer = json.loads(done.stdout)
        assert answer["ready"] is False
        assert [row["name"] for row in answer["blocks"] if row["state"] != "ready"] == ["science"]

    def test_no_credential_is_in_it(self, place: Place) -> None:
        assert "canary" not in place.run("--format", "json").output


class TestExtra:
    """Prevents a traceback for whoever installed the package without its extra."""

    def test_a_missing_package_is_named_with_the_command_that_installs_it(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real: Callable[..., Any] = builtins.__import__

        def without(name: str, *rest: Any, **more: Any) -> Any:
            if name == "aifactory.status.observe":
                raise ModuleNotFoundError("No module named 'lightkube'", name="lightkube.config")
            return real(name, *rest, **more)

        monkeypatch.setattr(builtins, "__import__", without)
        done = place.run()
        assert done.exit_code == 3
        assert "aifactory status needs the Python package lightkube" in done.stderr
        assert "pip install 'aifactory[local]'" in done.stderr

"""Helm releases, with a Helm that remembers instead of one that installs."""

import pytest

from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.client import CancelledError
from aifactory.local.plugins.kubernetes.helm import HelmError
from aifactory.local.plugins.kubernetes.ownership import TakenError
from aifactory.local.plugins.kubernetes.release import RELEASE_TOKEN, Releases, resource_label, status_of
from aifactory.local.plugins.kubernetes.work import PartialFailureError
from tests.unit.local.plugins.kubernetes.fake_api import urn

URN = urn(RELEASE_TOKEN)
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


class FakeHelm:
    """Keeps releases in memory."""

    def __init__(self):
        self.releases, self.commands, self.values = {}, [], {}
        self.fails = {}
        self.manifests = []

    def run(self, arguments, *, values=None, repository=None, redact=None):
        self.commands.append(arguments)
        verb, name = arguments[0], arguments[1]
        error = self.fails.pop(verb, None)
        if verb == "template":
            if error:
                raise error
            return self.manifests.pop(0) if self.manifests else MANIFEST
        if verb == "list":
            label = next(word for word in arguments if "=" in word)
            return str([{"name": name} for name, found in self.releases.items() if found["label"] == label])
        if verb == "uninstall":
            self.releases.pop(name, None)
        if verb in ("install", "upgrade", "rollback"):
            before = self.releases.get(name, {"version": 0, "label": ""})
            label = next((word for word in arguments if word.startswith("aifactory-resource=")), before["label"])
            status = "failed" if error else "deployed"
            self.releases[name] = {"version": before["version"] + 1, "label": label, "status": status}
            self.values[name] = values
        if error:
            raise error
        return "{}"

    def find(self, arguments):
        name = arguments[2] if arguments[0] == "get" else arguments[1]
        found = self.releases.get(name)
        if found is None:
            return None
        if arguments[:2] == ["get", "values"]:
            return self.values.get(name)
        if arguments[:2] == ["get", "metadata"]:
            return {"chart": "little", "version": "1.0.0", "appVersion": "1"}
        return {"name": name, "namespace": "ns", "version": found["version"], "info": {"status": found["status"]}}


@pytest.fixture
def helm():
    return FakeHelm()


@pytest.fixture
def releases(session, helm):
    handler = Releases(session)
    handler._helm = helm
    return handler


def inputs(**more):
    return {"name": "a", "namespace": "ns", "chart": "./chart", **more}


def verbs(helm):
    return [command[0] for command in helm.commands if command[0] not in ("list", "template")]


class TestCheck:
    """Prevents releases without a name, and charts that fail half-way through a run."""

    def test_defaults_and_what_the_chart_holds(self, releases):
        checked = releases.check(URN, {}, {"name": "a", "chart": "./chart"})
        assert checked.failures == ()
        assert checked.inputs["namespace"] == "default"
        assert checked.inputs["timeout"] == 300
        assert checked.inputs["resourceNames"] == {"ConfigMap/v1": ["a"]}
        assert len(checked.inputs["checksum"]) == 64

    def test_skip_await_needs_no_timeout(self, releases):
        assert "timeout" not in releases.check(URN, {}, inputs(skipAwait=True)).inputs

    def test_both_are_missing(self, releases):
        assert [failure.property_path for failure in releases.check(URN, {}, {}).failures] == ["name", "chart"]

    def test_it_does_not_render(self, releases, helm):
        helm.fails["template"] = HelmError("no GPU was named")
        (failure,) = releases.check(URN, {}, inputs()).failures
        assert failure.property_path == "chart"
        assert "no GPU was named" in failure.reason

    def test_unknown_values_are_not_rendered(self, releases, helm):
        assert "checksum" not in releases.check(URN, {}, inputs(values={"a": UNKNOWN})).inputs
        assert helm.commands == []

    def test_rendered_for_the_servers_version(self, releases, helm):
        releases.check(URN, {}, inputs(skipCrds=True))
        assert helm.commands[0][helm.commands[0].index("--kube-version") + 1] == "v1.36.3"
        assert "--include-crds" not in helm.commands[0]

    def test_a_chart_that_makes_things_up_keeps_its_checksum(self, releases, helm):
        before = releases.check(URN, {}, inputs()).inputs
        helm.manifests = ["one", "another"]
        after = releases.check(URN, before, inputs()).inputs
        assert after["checksum"] == before["checksum"]
        assert after["resourceNames"] == before["resourceNames"]

    def test_a_changed_chart_does_not(self, releases, helm):
        before = releases.check(URN, {}, inputs()).inputs
        helm.manifests = ["changed: 1", "changed: 1"]
        assert releases.check(URN, before, inputs()).inputs["checksum"] != before["checksum"]


class TestChange:
    """Prevents values that outlive their program, and half-made releases that block the next run."""

    def test_install(self, releases, helm):
        given = inputs(values={"a": Secret("b"), "none": None}, createNamespace=True, version="1.0.0", timeout=60)
        made = releases.create(URN, given, dry=False)
        (command,) = [command for command in helm.commands if command[0] == "install"]
        assert command[1:5] == ["a", "./chart", "--namespace", "ns"]
        assert {"--create-namespace", "--wait"} <= set(command)
        assert command[command.index("--timeout") + 1] == "60s"
        assert f"aifactory-resource={resource_label(URN)}" in command
        assert helm.values["a"] == {"a": "b"}
        assert made.identifier == "ns/a"
        assert made.outputs["status"]["revision"] == 1
        assert made.outputs["values"]["a"] == Secret("b")

    def test_nulls_only_where_they_are_allowed(self, releases, helm):
        releases.create(URN, inputs(values={"none": None}, allowNullValues=True), dry=False)
        assert helm.values["a"] == {"none": None}

    def test_preview(self, releases, helm):
        assert releases.create(URN, inputs(), dry=True).identifier == ""
        assert verbs(helm) == []

    def test_upgrades_reset_the_values(self, releases, helm):
        releases.create(URN, inputs(), dry=False)
        releases.update(URN, {}, {}, inputs(cleanupOnFail=True, maxHistory=3), dry=False)
        command = helm.commands[-1]
        assert {"upgrade", "--reset-values", "--cleanup-on-fail"} <= set(command)
        assert command[command.index("--history-max") + 1] == "3"
        releases.update(URN, {}, {}, inputs(reuseValues=True), dry=False)
        assert "--reset-values" not in helm.commands[-1]

    def test_one_that_is_gone_is_installed(self, releases, helm):
        releases.update(URN, {}, {}, inputs(), dry=False)
        assert verbs(helm) == ["install"]

    def test_a_strangers_is_refused(self, releases, helm):
        helm.releases["a"] = {"version": 1, "label": "", "status": "deployed"}
        for dry in (True, False):
            with pytest.raises(TakenError, match="pulumi import"):
                releases.create(URN, inputs(), dry=dry)

    def test_a_crashed_runs_is_gone_on_with(self, releases, helm):
        releases.create(URN, inputs(), dry=False)
        releases.create(URN, inputs(), dry=False)
        assert verbs(helm) == ["install", "upgrade"]

    @pytest.mark.parametrize(
        ("version", "expected"), [(1, ["install", "uninstall", "install"]), (2, ["install", "rollback", "upgrade"])]
    )
    def test_one_cut_off_half_way(self, releases, helm, version, expected):
        releases.create(URN, inputs(), dry=False)
        helm.releases["a"] |= {"status": "pending-upgrade", "version": version}
        releases.update(URN, {}, {}, inputs(), dry=False)
        assert verbs(helm) == expected

    def test_a_failure_that_left_a_release_is_partial(self, releases, helm):
        helm.fails["install"] = HelmError("hook failed")
        with pytest.raises(PartialFailureError, match="hook failed") as raised:
            releases.create(URN, inputs(), dry=False)
        assert raised.value.identifier == "ns/a"
        assert raised.value.outputs["status"]["status"] == "failed"

    def test_a_refusal_that_left_none_is_not(self, releases, helm, monkeypatch):
        monkeypatch.setattr(helm, "find", lambda _: None)
        helm.fails["install"] = HelmError("no such chart")
        with pytest.raises(HelmError, match="no such chart"):
            releases.create(URN, inputs(), dry=False)

    def test_a_failure_says_which_release_and_where_to_look(self, releases, helm):
        helm.fails["install"] = HelmError("context deadline exceeded")
        with pytest.raises(PartialFailureError) as raised:
            releases.create(URN, inputs(atomic=True), dry=False)
        (words,) = raised.value.reasons
        assert "release ns/a: context deadline exceeded" in words
        assert "it was taken back" in words
        assert "kubectl get pods,jobs,events --namespace ns" in words

    def test_one_that_was_not_taken_back_is_not_said_to_be(self, releases, helm, monkeypatch):
        monkeypatch.setattr(helm, "find", lambda _: None)
        helm.fails["install"] = HelmError("no such chart")
        with pytest.raises(HelmError) as raised:
            releases.create(URN, inputs(), dry=False)
        assert "taken back" not in str(raised.value)

    def test_a_chart_on_disk_without_its_definitions(self, releases, helm):
        releases.create(URN, inputs(chart="bundles/a-1/chart.tgz", skipCrds=True, atomic=True), dry=False)
        (command,) = [command for command in helm.commands if command[0] == "install"]
        assert command[1:3] == ["a", "bundles/a-1/chart.tgz"]
        assert {"--skip-crds", "--atomic", "--wait"} <= set(command)

    def test_a_stop_is_passed_on(self, releases, helm):
        helm.fails["install"] = CancelledError("helm install was running")
        with pytest.raises(CancelledError):
            releases.create(URN, inputs(), dry=False)

    def test_uninstall(self, releases, helm):
        releases.create(URN, inputs(), dry=False)
        releases.delete(URN, "ns/a", {}, inputs(timeout=7))
        assert {"uninstall", "--ignore-not-found", "--wait", "7s"} <= set(helm.commands[-1])
        releases.delete(URN, "ns/a", {}, inputs(skipAwait=True))
        assert "--wait" not in helm.commands[-1]


class TestRead:
    """Prevents a release changed by hand from looking untouched."""

    @pytest.fixture
    def made(self, releases):
        return releases.create(URN, inputs(values={"a": Secret(1)}, version="1.0.0"), dry=False)

    def read(self, releases, made, given=None):
        given = given if given is not None else inputs(values={"a": Secret(1)}, version="1.0.0")
        return releases.read(URN, "ns/a", made.outputs, given)

    def test_unchanged(self, releases, made):
        assert self.read(releases, made).inputs == inputs(values={"a": Secret(1)}, version="1.0.0")

    def test_changed_values_stay_secret(self, releases, helm, made):
        helm.values["a"] = {"a": 2}
        assert self.read(releases, made).inputs["values"] == {"a": Secret(2)}

    def test_another_chart_version(self, releases, made):
        assert self.read(releases, made, inputs(values={"a": 1}, version="0.9.0")).inputs["version"] == "1.0.0"

    def test_gone(self, releases, helm, made):
        helm.releases.clear()
        assert self.read(releases, made) is None

    def test_failed(self, releases, helm, made):
        helm.releases["a"]["status"] = "failed"
        with pytest.raises(PartialFailureError, match="is failed"):
            self.read(releases, made)

    def test_import(self, releases, made):
        found = self.read(releases, made, {})
        assert found.inputs["chart"] == "little"
        assert found.inputs["version"] == "1.0.0"


class TestDiff:
    """Prevents another release from being taken for an upgrade."""

    def test_identity(self, releases):
        found = releases.diff(URN, {}, inputs(), inputs(name="b"))
        assert [(entry.property_path, entry.replace) for entry in found.differences] == [("name", True)]

    def test_values(self, releases):
        found = releases.diff(URN, {}, inputs(values={"a": Secret(1)}), inputs(values={"a": Secret(2)}))
        assert [(entry.property_path, entry.replace) for entry in found.differences] == [("values.a", False)]

    def test_an_official_state(self, releases):
        assert releases.diff(URN, {"__inputs": Secret(inputs())}, {}, inputs()).differences == ()


def test_status_of_an_empty_answer_is_empty():
    assert status_of({})["revision"] == 0

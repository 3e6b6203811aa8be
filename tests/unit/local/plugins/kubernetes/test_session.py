"""One configured provider."""

import threading

import pytest

from aifactory.local.plugins.kubernetes.guard import NotLocalError
from aifactory.local.plugins.kubernetes.objects import Identity, Kind
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.settings import Settings
from tests.unit.local.plugins.kubernetes.fake_api import Said
from tests.unit.local.plugins.kubernetes.test_settings import kubeconfig


class TestOpen:
    """Prevents a request before the cluster is known to be a local one."""

    def test_no_request_is_made(self, monkeypatch):
        monkeypatch.setenv("AIFACTORY_LOCAL_INSTANCE", "region")
        session = Session.open(Settings(kubeconfig=kubeconfig(server="https://127.0.0.1:1")), Said(), threading.Event())
        assert session.cluster.server == "https://127.0.0.1:1"
        assert (session.namespace, session.context) == ("default", "local")

    def test_elsewhere(self, monkeypatch):
        monkeypatch.setenv("AIFACTORY_LOCAL_INSTANCE", "region")
        monkeypatch.delenv("AIFACTORY_KUBE_CONTEXT", raising=False)
        with pytest.raises(NotLocalError):
            Session.open(Settings(kubeconfig=kubeconfig(server="https://10.0.0.1")), Said(), threading.Event())


class TestIdentity:
    """Prevents an object from being looked for in another namespace than it has."""

    def test_default_namespace(self, session):
        thing = {"metadata": {"name": "a"}}
        kind = Kind("", "v1", "ConfigMap")
        assert session.identity(thing, kind, namespaced=True) == Identity("", "ConfigMap", "default", "a")
        assert session.identity(thing, kind, namespaced=False) == Identity("", "ConfigMap", "", "a")

    def test_settled(self, session):
        assert session.settled({"metadata": {"name": "a"}})["metadata"]["namespace"] == "default"
        assert session.settled({"metadata": {"name": "a", "namespace": "b"}})["metadata"]["namespace"] == "b"
        assert session.settled({}) == {}

    def test_scope(self, session):
        assert session.is_namespaced(Kind("", "v1", "ConfigMap"))
        assert not session.is_namespaced(Kind("", "v1", "Namespace"))
        assert session.is_namespaced(Kind("example.com", "v1", "Widget"))


class TestWords:
    """Prevents a secret in a progress line."""

    def test_progress_is_redacted(self, session):
        session.say("urn", Redactor(["hunter2"]))("waiting for hunter2")
        assert session.engine.lines == ["waiting for [secret]"]

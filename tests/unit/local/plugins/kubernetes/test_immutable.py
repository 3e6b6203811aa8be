"""Fields that cannot be changed in place."""

import pytest

from aifactory.local.plugins.kubernetes.immutable import is_immutable, patterns
from aifactory.local.plugins.kubernetes.objects import Kind
from aifactory.local.plugins.kubernetes.settings import Settings


def covered(kind, path, old=None, **settings):
    return is_immutable(path, patterns(kind, old or {}, Settings(**settings)))


DEPLOYMENT, STATEFUL_SET = Kind("apps", "v1", "Deployment"), Kind("apps", "v1", "StatefulSet")
CONFIG_MAP, POD = Kind("", "v1", "ConfigMap"), Kind("", "v1", "Pod")
CLAIM, CRD = Kind("", "v1", "PersistentVolumeClaim"), Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
JOB, WIDGET = Kind("batch", "v1", "Job"), Kind("example.com", "v1", "Widget")


class TestTable:
    """Prevents an update that the API server refuses, and a replacement that nobody needed."""

    @pytest.mark.parametrize(
        ("kind", "path"),
        [
            (WIDGET, ("metadata", "name")),
            (WIDGET, ("metadata", "namespace")),
            (DEPLOYMENT, ("spec", "selector", "matchLabels", "app")),
            (STATEFUL_SET, ("spec", "serviceName")),
            (STATEFUL_SET, ("spec", "volumeClaimTemplates", 0, "spec", "resources")),
            (JOB, ("spec", "template", "spec", "containers", 0, "image")),
            (CLAIM, ("spec", "storageClassName")),
            (CRD, ("spec", "scope")),
            (POD, ("spec", "nodeName")),
            (POD, ("spec", "containers", 0, "args", 1)),
            (Kind("", "v1", "Service"), ("spec", "clusterIP")),
            (Kind("", "v1", "Secret"), ("type",)),
            (Kind("storage.k8s.io", "v1", "StorageClass"), ("parameters", "type")),
            (Kind("rbac.authorization.k8s.io", "v1", "RoleBinding"), ("roleRef", "name")),
        ],
    )
    def test_replaced(self, kind, path):
        assert covered(kind, path)

    @pytest.mark.parametrize(
        ("kind", "path"),
        [
            (WIDGET, ("spec", "anything")),
            (WIDGET, ("metadata", "labels", "a")),
            (DEPLOYMENT, ("spec", "replicas")),
            (STATEFUL_SET, ("spec", "replicas")),
            (STATEFUL_SET, ("spec", "template", "spec", "containers", 0, "image")),
            (JOB, ("spec", "parallelism")),
            (CLAIM, ("spec", "resources", "requests", "storage")),
            (CRD, ("spec", "versions", 0, "schema")),
            (POD, ("spec", "containers", 0, "image")),
            (POD, ("metadata", "annotations", "a")),
        ],
    )
    def test_updated(self, kind, path):
        assert not covered(kind, path)

    def test_an_added_branch_that_brings_an_immutable_field(self):
        assert covered(DEPLOYMENT, ("spec",))
        assert not covered(WIDGET, ("spec",))


class TestConfigMapsAndSecrets:
    """Prevents the local region from changing in place what the official plugin replaces, and the other way round."""

    DATA = ("data", "key")

    def test_replaced_by_default(self):
        assert covered(CONFIG_MAP, self.DATA)
        assert covered(Kind("", "v1", "Secret"), ("stringData", "key"))

    def test_in_place_if_allowed(self):
        assert not covered(CONFIG_MAP, self.DATA, config_map_mutable=True)
        assert not covered(Kind("", "v1", "Secret"), self.DATA, secret_mutable=True)

    def test_each_by_its_own_setting(self):
        assert covered(CONFIG_MAP, self.DATA, secret_mutable=True)

    def test_sealed_ones_are_always_replaced(self):
        assert covered(CONFIG_MAP, self.DATA, old={"immutable": True}, config_map_mutable=True)
        assert covered(CONFIG_MAP, ("immutable",), old={"immutable": True}, config_map_mutable=True)

    def test_sealing_is_an_update(self):
        assert not covered(CONFIG_MAP, ("immutable",), config_map_mutable=True)
        assert not covered(CONFIG_MAP, ("immutable",))

    def test_another_groups_config_map_is_none(self):
        assert not covered(Kind("example.com", "v1", "ConfigMap"), self.DATA)

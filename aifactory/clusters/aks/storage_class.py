"""The StorageClass whose volumes are encrypted with the disk encryption set."""

from typing import Final

from aifactory.render.manifest import Manifest, Scope

STORAGE_CLASS: Final = "encrypted"
"""Its name. It is the default one: the newest default wins over AKS's own."""

DISKS: Final = {"local": "Premium_LRS", "zone": "Premium_ZRS"}
"""Azure's names of disks by redundancy (Azure Disk CSI driver, driver parameters)."""


def render_storage_class(scope: Scope, encryption_set: str, redundancy: str) -> Manifest:
    """Return the class.

    Args:
        scope: whose it is.
        encryption_set: identifier of the disk encryption set.
        redundancy: ``local`` or ``zone``.
    """
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": scope.metadata(STORAGE_CLASS, annotations={"storageclass.kubernetes.io/is-default-class": "true"}),
        "provisioner": "disk.csi.azure.com",
        "parameters": {
            "skuName": DISKS[redundancy],
            "diskEncryptionSetID": encryption_set,
            "networkAccessPolicy": "DenyAll",
        },
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }

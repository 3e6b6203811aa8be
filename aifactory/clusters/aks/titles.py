"""Names that AKS cluster and component agree on before anything is made."""


def node_group(group: str, name: str) -> str:
    """Return the resource group that AKS makes for nodes and disks; nobody else changes what is in it.

    Args:
        group: the cluster's resource group.
        name: the cluster.
    """
    return f"{group}-{name}-nodes"

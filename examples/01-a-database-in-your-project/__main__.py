"""A project of one's own: its cluster, its namespace, its way of doing things; the database is aifactory's block."""

import os
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from aifactory import Postgres

# The provider is yours. `cluster_identifier` is the cluster's own name: a new kubeconfig for it replaces nothing.
cluster = kubernetes.Provider(
    "cluster",
    kubeconfig=Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"),
    cluster_identifier="example",
    enable_server_side_apply=True,
)

namespace = kubernetes.core.v1.Namespace(
    "shop",
    metadata={"name": "shop"},
    opts=pulumi.ResourceOptions(provider=cluster),
)

orders = Postgres(
    "orders",
    {
        # Where this stands and which rules hold here. Nothing is assumed: leaving them out is an error.
        "site": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
        "profiles": ["none"],
        "namespace": "shop",
        "instances": 3,
        "storage_gib": 50,
        "pooler": {"mode": "transaction"},
        # An example must be removable. Leave this out where data matters: a plan that deletes it is then refused.
        "protect": False,
    },
    pulumi.ResourceOptions(provider=cluster, depends_on=[namespace]),
)

pulumi.export("host", orders.host)
pulumi.export("pooler", orders.pooler_host)
pulumi.export("secret", orders.secret_name)

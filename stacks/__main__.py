"""The program of every region's stack: the stack's name is the region's name, factory.yaml says the rest."""

from pathlib import Path

import pulumi

from aifactory import Region

STACKS = Path(__file__).parent

region = Region(
    pulumi.get_stack(),
    {
        "factory_file": str(STACKS / "factory.yaml"),
        "settings_directory": str(STACKS),
        "bundles_directory": "operators",
        "facts_directory": str(STACKS / "facts"),
    },
)

pulumi.export("factory", region.factory.name)
pulumi.export("endpoints", region.endpoints)
pulumi.export("databases", region.databases)
pulumi.export("poolers", region.poolers)
pulumi.export("virtual_machines", region.virtual_machines)
pulumi.export("namespaces", region.namespaces)
pulumi.export("queues", region.queues)

"""The program of every region's stack: the stack's name is the region's name, factory.yaml says the rest."""

from pathlib import Path

import pulumi

from aifactory import Region, load_factory, require_agreement

STACKS = Path(__file__).parent
FACTORY = STACKS / "factory.yaml"

# Settings, backend or keys that factory.yaml does not declare: nothing is made.
require_agreement(load_factory(FACTORY), pulumi.get_stack(), stacks=STACKS)

region = Region(pulumi.get_stack(), {"factory_file": str(FACTORY), "facts_directory": str(STACKS / "facts")})

pulumi.export("factory", region.factory.name)
pulumi.export("endpoints", region.endpoints)
pulumi.export("databases", region.databases)
pulumi.export("poolers", region.poolers)
pulumi.export("virtual_machines", region.virtual_machines)
pulumi.export("namespaces", region.namespaces)
pulumi.export("queues", region.queues)

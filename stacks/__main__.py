"""The program of every region's stack: the stack's name is the region's name, factory.yaml says the rest."""

from pathlib import Path

import pulumi

from aifactory import Region

FACTORY = Path(__file__).with_name("factory.yaml")

region = Region(pulumi.get_stack(), {"factory_file": str(FACTORY)})

pulumi.export("factory", region.factory.name)
pulumi.export("endpoints", region.endpoints)
pulumi.export("databases", region.databases)
pulumi.export("namespaces", region.namespaces)

"""The blocks as a Pulumi plugin, for programs in TypeScript, Go, C#, Java and YAML; the classes live in `aifactory`."""

from pulumi import ComponentResource
from pulumi.provider.experimental import component_provider_host

import aifactory

COMPONENTS: list[type[ComponentResource]] = [
    aifactory.ExistingCluster,
    aifactory.Operators,
    aifactory.Guardrails,
    aifactory.GpuOperator,
    aifactory.Tenancy,
    aifactory.Postgres,
    aifactory.VirtualMachinePlatform,
    aifactory.VirtualMachine,
    aifactory.InferenceService,
    aifactory.Region,
]

if __name__ == "__main__":
    component_provider_host(components=COMPONENTS, name="aifactory", version=aifactory.__version__)

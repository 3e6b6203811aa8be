"""The blocks as a Pulumi plugin, for programs in TypeScript, Go, C#, Java and YAML; the classes live in `aifactory`."""

from pulumi import ComponentResource
from pulumi.provider.experimental import component_provider_host

from aifactory import ExistingCluster, Guardrails, InferenceService, Postgres, Region, __version__

COMPONENTS: list[type[ComponentResource]] = [ExistingCluster, Guardrails, InferenceService, Postgres, Region]

if __name__ == "__main__":
    component_provider_host(components=COMPONENTS, name="aifactory", version=__version__)

"""State in Azure Blob storage, keys in Key Vault: in one location without a copy elsewhere, under the customer's key."""

from collections.abc import Iterator

from aifactory.backends.address import Address, KeyKind, SecretsProvider
from aifactory.backends.shell import Step, quoted, refuse_unless, unless
from aifactory.model import Custody


def group_step(group: str, location: str) -> Step:
    """Return what makes the resource group; another name may be given by the environment.

    Args:
        group: its usual name.
        location: Azure's name of the place.
    """
    create = f'az group create --name "$group" --location {quoted(location)} --output none'
    return Step(
        f"The resource group, in {location}",
        (f'group="${{STATE_RESOURCE_GROUP:-{group}}}"', *unless('az group show --name "$group"', create)),
    )


def key_step(provider: SecretsProvider, location: str, custody: Custody | None) -> Step:
    """Return what makes the vault and its key; of a managed HSM, and of one version of a key, only whether it is there.

    Args:
        provider: the key.
        location: where the vault lies.
        custody: who is to hold it; None: nobody said.
    """
    host, _, path = provider.key.partition("/keys/")
    name, _, version = path.partition("/")
    vault = host.partition(".")[0]
    title = f"The key {name} of {host}"
    if ".managedhsm." in host or version:
        address = quoted(f"https://{provider.key}")
        return Step(title, (f"az keyvault key show --id {address} --output none",))
    hsm = custody in {Custody.HSM, Custody.EXTERNAL}
    make_vault = (
        f'az keyvault create --name {vault} --resource-group "$group" --location {quoted(location)} '
        f"--sku {'premium' if hsm else 'standard'} --enable-rbac-authorization true --enable-purge-protection true "
        "--retention-days 90 --output none"
    )
    make_key = (
        f"az keyvault key create --vault-name {vault} --name {name} --kty {'RSA-HSM' if hsm else 'RSA'} --size 3072 "
        "--ops encrypt decrypt wrapKey unwrapKey --output none"
    )
    place = f'[ "$(az keyvault show --name {vault} --query location --output tsv)" = {quoted(location)} ]'
    return Step(
        title,
        (
            *unless(f"az keyvault show --name {vault}", make_vault),
            *refuse_unless(place, f"the vault {vault} is not in {location}: the key would lie in another jurisdiction"),
            *unless(f"az keyvault key show --vault-name {vault} --name {name}", make_key),
        ),
    )


def blob_steps(address: Address, provider: SecretsProvider, location: str) -> Iterator[Step]:
    """Yield what makes the storage account and its container, and what closes them.

    Args:
        address: the backend, with its ``storage_account``.
        provider: who encrypts secrets; a key of Key Vault encrypts the account too.
        location: Azure's name of the place.
    """
    account = quoted(address.query["storage_account"])
    create = (
        f'az storage account create --name {account} --resource-group "$group" --location {quoted(location)} '
        "--sku Standard_ZRS --kind StorageV2 --https-only true --min-tls-version TLS1_2 --allow-blob-public-access false "
        "--allow-shared-key-access false --require-infrastructure-encryption true --assign-identity --output none"
    )
    show = f'az storage account show --name {account} --resource-group "$group"'
    yield Step(f"The storage account {account}, whose copies stay in {location}", unless(show, create))
    primary = f'[ "$({show} --query primaryLocation --output tsv)" = {quoted(location)} ]'
    elsewhere = f"the storage account {account} is not in {location}: state would lie in another jurisdiction"
    copies = f"the storage account {account} is copied to another location by its provider: it must be LRS or ZRS"
    yield Step(
        "It must be there and nowhere else, also when it was made before",
        (
            *refuse_unless(primary, elsewhere),
            f'case "$({show} --query sku.name --output tsv)" in',
            "  *_LRS | *_ZRS) ;;",
            f"  *) echo {quoted(copies)} >&2; exit 1 ;;",
            "esac",
        ),
    )
    if provider.kind is KeyKind.AZURE and ".managedhsm." not in provider.key:
        yield _encryption_step(provider, account, show)
    yield Step(
        "What is overwritten or deleted can be had back",
        (
            (
                f'az storage account blob-service-properties update --account-name {account} --resource-group "$group" '
                "--enable-versioning true --enable-delete-retention true --delete-retention-days 30 "
                "--enable-container-delete-retention true --container-delete-retention-days 30 --output none"
            ),
        ),
    )
    container = quoted(address.name)
    yield Step(
        f"The container {container}",
        (
            (
                f"az storage container create --name {container} --account-name {account} --auth-mode login "
                "--public-access off --output none"
            ),
        ),
    )


def _encryption_step(provider: SecretsProvider, account: str, show: str) -> Step:
    host, _, path = provider.key.partition("/keys/")
    vault, name = host.partition(".")[0], path.partition("/")[0]
    return Step(
        "Encrypted with the key, which the account's own identity may use",
        (
            f"principal=$({show} --query identity.principalId --output tsv)",
            f"vault_id=$(az keyvault show --name {vault} --query id --output tsv)",
            (
                'az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal '
                "--role 'Key Vault Crypto Service Encryption User' --scope \"$vault_id\" --output none"
            ),
            (
                f'az storage account update --name {account} --resource-group "$group" '
                f"--encryption-key-source Microsoft.Keyvault --encryption-key-vault https://{host} "
                f"--encryption-key-name {name} --output none"
            ),
        ),
    )

"""State and keys on machines of one's own: a directory, a database, Vault, a passphrase."""

from aifactory.backends.address import Address, SecretsProvider
from aifactory.backends.shell import Step, quoted, refuse_if, refuse_unless, unless


def directory_step(address: Address) -> Step:
    """Return what makes the directory, for its owner alone.

    Args:
        address: the backend; ``~`` is the home of whoever runs it.
    """
    path = quoted(address.name)
    if address.name == "~" or address.name.startswith("~/"):
        # A shell leaves a quoted ~ alone.
        rest = address.name[1:]
        path = f'"$HOME"{quoted(rest) if rest else ""}'
    make = ("umask 077", f"mkdir -p {path}")
    words = f"others may read {address.name}, and the state in it: chmod 700, or a directory of its own"
    others = " -o ".join(f"-perm -{bit}" for bit in ("040", "020", "010", "004", "002", "001"))
    open_to_others = f'[ -n "$(find {path} -prune \\( {others} \\))" ]'
    return Step(f"The directory {address.name}, for its owner alone", (*make, *refuse_if(open_to_others, words)))


def database_step(address: Address) -> Step:
    """Return what makes the database; Pulumi makes its table.

    User and password come from the environment (PGUSER, PGPASSWORD), which Pulumi reads as well.

    Args:
        address: the backend.
    """
    host, _, port = address.name.partition(":")
    at = f"-h {quoted(host)} -p {port or '5432'}"
    there = f"psql {at} -d postgres -lqtA | cut -d '|' -f 1 | grep -qx {address.path}"
    return Step(
        f"The database {address.path} on {host}",
        (
            ': "${PGUSER:?the user of the database}" "${PGPASSWORD:?its password, from where you keep it}"',
            "export PGSSLMODE=verify-full",
            f"if ! {there}; then",
            f"  createdb {at} {address.path}",
            "fi",
        ),
    )


def vault_step(provider: SecretsProvider) -> Step:
    """Return what makes a key of Vault's transit engine that never leaves it.

    Args:
        provider: the key; ``engine`` in its query is where the engine is mounted, by default ``transit``.
    """
    engine = quoted(provider.query.get("engine", "transit").strip("/"))
    key = f"{engine}/keys/{provider.key}"
    over_tls = 'case "$VAULT_ADDR" in https://*) true ;; *) false ;; esac'
    return Step(
        f"The key {provider.key} of Vault",
        (
            # Pulumi reads both names; the vault command reads the second alone.
            'VAULT_ADDR="${VAULT_SERVER_URL:-${VAULT_ADDR:?the address of Vault}}"',
            "export VAULT_ADDR",
            *refuse_unless(f"{{ {over_tls}; }}", "Vault must be reached over https"),
            *unless(f"vault read {key}", *_transit(engine, key)),
        ),
    )


def _transit(engine: str, key: str) -> tuple[str, ...]:
    return (
        f"vault read sys/mounts/{engine} >/dev/null 2>&1 || vault secrets enable -path={engine} transit",
        f"vault write -f {key} exportable=false allow_plaintext_backup=false",
    )


def passphrase_step() -> Step:
    """Return the check that there is a passphrase; it is never printed, and never an option of a command."""
    missing = '[ -z "${PULUMI_CONFIG_PASSPHRASE_FILE:-}${PULUMI_CONFIG_PASSPHRASE:-}" ]'
    words = "PULUMI_CONFIG_PASSPHRASE_FILE must name the file of the passphrase"
    return Step("The passphrase that encrypts secrets", refuse_if(missing, words))


def stack_step(address: Address, provider: SecretsProvider, region: str, aws_region: str = "") -> Step:
    """Return what logs in to the backend and makes the region's stack there.

    Args:
        address: the backend.
        provider: who encrypts secrets.
        region: name of the region, which is the stack's.
        aws_region: AWS region of bucket and key where an address does not say it; else the shell's own would decide.
    """
    at = (f"AWS_REGION={quoted(aws_region)}", "export AWS_REGION") if aws_region else ()
    init = f"pulumi stack init {region} --secrets-provider {quoted(provider.url)}"
    return Step(
        f"The stack {region}, whose secrets only {provider.url.partition('?')[0]} opens",
        (*at, f"pulumi login {quoted(address.url)}", *unless(f"pulumi stack select {region}", init)),
    )

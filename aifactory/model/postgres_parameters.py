"""Postgres parameters that are not the user's: the operator sets them itself, or would refuse the cluster over them.

The names are those of CloudNativePG 1.30 (pkg/postgres/configuration.go, FixedConfigurationParameters); why each is not
open is said here, since the operator only says that it cannot be set.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_ARCHIVE: Final = "archiving and recovery are the operator's; `backup` turns backups on"
_TLS: Final = "connections are always encrypted, with certificates that the operator makes and renews"
_REPLICATION: Final = "who follows whom changes with each failover, so the operator sets it; see `synchronous_standbys`"
_PLACES: Final = "the operator starts Postgres and looks for it, its files and its sockets where it put them"
_LOGS: Final = "logs go to the pod's output as JSON, and nowhere else"
_LIBRARIES: Final = "the operator makes this list; more go into overrides, postgresql.shared_preload_libraries"

_GROUPS: Final[Mapping[str, str]] = {
    _ARCHIVE: """
        archive_cleanup_command archive_command archive_mode recovery_end_command recovery_target recovery_target_action
        recovery_target_inclusive recovery_target_lsn recovery_target_name recovery_target_time recovery_target_timeline
        recovery_target_xid restore_command
    """,
    _TLS: """
        ssl ssl_ca_file ssl_cert_file ssl_crl_file ssl_dh_params_file ssl_ecdh_curve ssl_key_file ssl_passphrase_command
        ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers
    """,
    _REPLICATION: """
        hot_standby pg_failover_slots.primary_dsn pg_failover_slots.standby_slot_names primary_conninfo primary_slot_name
        promote_trigger_file recovery_min_apply_delay synchronous_standby_names synchronized_standby_slots
    """,
    _PLACES: """
        allow_system_table_mods bonjour bonjour_name cluster_name config_file data_directory data_sync_retry event_source
        external_pid_file hba_file ident_file jit_provider listen_addresses port restart_after_crash stats_temp_directory
        temp_tablespaces unix_socket_directories unix_socket_group unix_socket_permissions
    """,
    _LOGS: """
        log_destination log_directory log_file_mode log_filename log_rotation_age log_rotation_size log_truncate_on_rotation
        logging_collector syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages
    """,
    _LIBRARIES: "shared_preload_libraries",
}

FIXED: Final[Mapping[str, str]] = {name: why for why, names in _GROUPS.items() for name in names.split()}
"""Every parameter that the operator keeps for itself, with the reason."""

_SIZE: Final = re.compile(r"^([0-9]+) ?(kB|MB|GB|TB)$")
_KIB: Final = {"kB": 1, "MB": 1024, "GB": 1024**2, "TB": 1024**3}
_OFF: Final = frozenset({"off", "false", "no", "0", "f", "n"})

DEFAULT_MAX_CONNECTIONS: Final = 100
"""What Postgres takes when nobody says (PostgreSQL documentation, "Connections and Authentication")."""

RESERVED_CONNECTIONS: Final = 3
"""Connections that only superusers get (`superuser_reserved_connections`, default)."""


def users_parameter(name: str) -> str:
    """Return the name of a parameter that is the user's to set.

    Raises:
        ValueError: it is the operator's, which would refuse the whole cluster.
    """
    if name in FIXED:
        raise ValueError(f"is no parameter to set here: {FIXED[name]}; leave it out")
    return name


def problems_of_values(parameters: Mapping[str, str], memory_gib: int, instances: int) -> Iterator[str]:
    """Yield what the operator would refuse, in words; it would say so only once the cluster is being made."""
    for name, value in parameters.items():
        if name == "shared_buffers":
            yield from _shared_buffers(value, memory_gib)
        elif name == "wal_level" and value not in {"logical", "replica"}:
            yield f"wal_level {value}: the log could not be archived or followed; use logical (the default) or replica"
        elif name == "wal_log_hints" and value.lower() in _OFF and instances > 1:
            yield "wal_log_hints off: a former primary could not be rewound to follow; leave it out"


def _shared_buffers(value: str, memory_gib: int) -> Iterator[str]:
    found = _SIZE.match(value)
    if not found:
        # Without one the operator counts in MB and Postgres in blocks of 8 kB.
        yield f"shared_buffers {value}: write a whole number and its unit (kB, MB, GB, TB); use {memory_gib * 256}MB"
    elif int(found[1]) * _KIB[found[2]] > memory_gib * _KIB["GB"]:
        yield f"shared_buffers {value}: more than the memory of an instance ({memory_gib}GB); use {memory_gib * 256}MB"


def max_connections(parameters: Mapping[str, str]) -> int:
    """Return how many connections Postgres takes; the default when the parameter is missing or no number."""
    given = parameters.get("max_connections", "")
    return int(given) if given.isascii() and given.isdigit() else DEFAULT_MAX_CONNECTIONS

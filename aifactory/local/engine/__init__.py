"""The Pulumi engine of one local region: a private home, its plugins, and running the CLI in it.

Nothing of the user's own Pulumi is read or written: home, backend, passphrase, stack selection and stack
configuration belong to the instance. Use:

    engine = prepare(instance, tools, reporter)
    result = up(engine, Path("."), stack="local")
"""

from aifactory.local.engine.environment import shell_exports
from aifactory.local.engine.events import Change
from aifactory.local.engine.home import link_plugin, prepare
from aifactory.local.engine.locks import Lock, locks, unlock
from aifactory.local.engine.plugins import Official
from aifactory.local.engine.process import capture, run
from aifactory.local.engine.stacks import Stack, outputs, repair, stack_init
from aifactory.local.engine.types import Engine, PluginChoice
from aifactory.local.engine.update import Result, destroy, preview, refresh, up

__all__ = [
    "Change",
    "Engine",
    "Lock",
    "Official",
    "PluginChoice",
    "Result",
    "Stack",
    "capture",
    "destroy",
    "link_plugin",
    "locks",
    "outputs",
    "prepare",
    "preview",
    "refresh",
    "repair",
    "run",
    "shell_exports",
    "stack_init",
    "unlock",
    "up",
]

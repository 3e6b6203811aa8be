"""Run one Pulumi program, component plugin or policy pack; executed by path in the program's own interpreter.

This file stands alone (standard library and the `pulumi` SDK only): the interpreter may be another one than
aifactory's, with nothing but the program's dependencies in it. The host passes one line of JSON through an
inherited pipe and keeps the other end open: configuration, which may hold secrets, is therefore neither in the
process arguments nor in the environment, and when the pipe closes the host is gone, however it went.

Exit codes: 0 done; `REPORTED` failed, and the person was told; `INTERRUPTED`; else what the program chose.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn

REPORTED: Final = 32
"""The program failed and has said so; the engine need add nothing. The number is the official host's."""

INTERRUPTED: Final = 130
"""Ended by SIGINT or SIGTERM, as shells number it (128 + SIGINT)."""

THREADS_PER_OPERATION: Final = 4
"""Threads of the default executor for each parallel operation: a registration blocks one while its children
wait for theirs. The SDK's own inline host (`pulumi.automation`) has the same factor."""

NO_SDK: Final = """The Pulumi SDK cannot be imported by {python}: {error}
  why: this interpreter runs the program, and the program cannot reach the engine without it.
  fix: {python} -m pip install pulumi"""


class Interruption:
    """Turns the first SIGINT or SIGTERM into `KeyboardInterrupt`, the second into an immediate end."""

    def __init__(self) -> None:
        self.happened = False

    def install(self) -> None:
        """Handle both signals; also where a parent has set SIGINT to be ignored, as shells do for ``&``."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.happened:
            os._exit(INTERRUPTED)
        self.happened = True
        raise KeyboardInterrupt


def receive(descriptor: int) -> dict[str, Any]:
    """Read the line of JSON that the host wrote; the rest of the pipe stays for `watch_host`."""
    line = bytearray()
    while not line.endswith(b"\n"):
        chunk = os.read(descriptor, 65536)
        if not chunk:
            raise EOFError("the host went away before it said what to run")
        line += chunk
    return json.loads(line)


def watch_host(descriptor: int) -> None:
    """Die with the host: together with whatever the program has started in its process group.

    On Linux the kernel does it: when the host's end of the pipe closes it signals the whole group, even while
    foreign code holds the interpreter lock. (The kernel's other notice, PR_SET_PDEATHSIG, would end this process
    alone, before it could end the others.) Elsewhere, and should that fail, a thread sees the pipe close.
    """
    os.set_inheritable(descriptor, False)  # noqa: FBT003

    def wait() -> None:
        while os.read(descriptor, 1):
            pass
        die_with_group()

    threading.Thread(target=wait, name="watch-host", daemon=True).start()
    if sys.platform == "linux" and os.getpgrp() == os.getpid():
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def die_with_group() -> NoReturn:
    """Kill the process group if it is this process's own; end at once in any case."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(INTERRUPTED)


def run_program(settings: dict[str, Any]) -> int:
    """Run a Pulumi program in a stack; return the exit code, having reported every failure to the engine."""
    import grpc
    import pulumi

    configure(settings)
    program = str(settings["program"])
    sys.path.insert(0, program if os.path.isdir(program) else os.path.dirname(program))  # noqa: PTH112, PTH120
    sys.argv = [program, *settings["args"]]
    # Futures that a failed graph leaves behind are nobody's business; asyncio would print each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    workers = max(int(settings["parallel"]), 1) * THREADS_PER_OPERATION
    loop.set_default_executor(ThreadPoolExecutor(max_workers=workers))
    try:
        loop.run_until_complete(
            pulumi.runtime.run_in_stack(lambda: runpy.run_path(program, run_name="__main__"))  # pyright: ignore[reportArgumentType]
        )
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return REPORTED
    except grpc.RpcError as error:
        return refused_call(error)
    except SystemExit as error:
        return chosen_code(error)
    except Exception as error:  # noqa: BLE001 - whatever the program raised is shown, and fails the run
        pulumi.log.error(f"Program failed with an unhandled exception:\n{users_traceback(error)}")
        return REPORTED
    finally:
        close(loop)
    return 0


def configure(settings: dict[str, Any]) -> None:
    """Point the SDK at the engine. Configuration is set as the default of every thread and context.

    `set_all_config` reaches the present context only; a thread of the program's own would fall back on the
    environment variable PULUMI_CONFIG, which is not set on purpose. `set_config` before it fills the default.
    """
    import pulumi

    for key, value in settings["config"].items():
        pulumi.runtime.set_config(key, value)
    pulumi.runtime.set_all_config(settings["config"], settings["config_secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=settings["project"],
            stack=settings["stack"],
            monitor=settings["monitor"],
            engine=settings["engine"],
            parallel=settings["parallel"],
            dry_run=settings["dry_run"],
            organization=settings["organization"],
            root_directory=settings["root_directory"],
        )
    )


def refused_call(error: Any) -> int:  # noqa: ANN401 - grpc gives its errors no common type with code()
    """Tell of a failed call to the engine; silently when the engine is ending, which is no fault of anyone."""
    import grpc
    import pulumi

    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return REPORTED
    pulumi.log.error(f"The engine refused a call ({error.code().name}): {error.details()}")
    return REPORTED


def chosen_code(error: SystemExit) -> int:
    """Exit code of ``sys.exit(...)`` in the program: None is 0, a text is printed and 1, as Python does."""
    if error.code is None:
        return 0
    if not isinstance(error.code, int):
        print(error.code, file=sys.stderr)  # noqa: T201 - as the interpreter would
        return 1
    code = error.code & 0xFF
    if code == REPORTED:
        # Taken for "was reported" by the host, and nothing was; say it here.
        import pulumi

        pulumi.log.error(f"Program exited with code {code}")
    return code


def users_traceback(error: BaseException) -> str:
    """Traceback from the program's first own frame; what brought it there is not the user's concern."""
    frame: TracebackType | None = error.__traceback__
    while frame is not None and _is_machinery(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame))


def _is_machinery(filename: str) -> bool:
    import pulumi

    ours = (os.path.dirname(asyncio.__file__), os.path.dirname(pulumi.runtime.__file__ or ""))  # noqa: PTH120
    return filename == __file__ or filename.startswith(("<frozen ", *(f"{place}{os.sep}" for place in ours)))


def close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is still pending, or Python complains of destroyed tasks; close the loop."""
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending and not loop.is_running():
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()


def run_plugin(settings: dict[str, Any]) -> int:
    """Run a plugin or policy pack until it is told to stop; return its exit code.

    ``mode``: ``plugin`` runs a directory's ``__main__.py``; ``package`` an installed package that exports
    components; ``analyzer`` a policy pack, by the SDK's own module for it.
    """
    program, arguments = str(settings["program"]), list(settings["args"])
    # asyncio.run handles SIGINT itself if, and only if, it finds Python's own handler.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    try:
        if settings["mode"] == "analyzer":
            sys.argv = [program, *arguments, program]
            runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=False)
        elif settings["mode"] == "package":
            sys.argv = [program, str(settings["package"]), *arguments]
            runpy.run_module("pulumi.run.plugin", run_name="__main__", alter_sys=False)
        else:
            sys.argv = [program, *arguments]
            runpy.run_path(program, run_name="__main__")
    except SystemExit as error:
        return chosen_code(error)
    except Exception as error:  # noqa: BLE001 - the plugin's failure; the engine shows its standard error
        sys.stderr.write(users_traceback(error))
        return 1
    return 0


def leave(code: int, *, at_once: bool) -> NoReturn:
    """Flush and exit; at once when interrupted, since threads may be waiting for an engine that is ending."""
    if at_once:
        atexit._run_exitfuncs()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    sys.stdout.flush()
    sys.stderr.flush()
    if at_once:
        os._exit(code)
    sys.exit(code)


def main() -> NoReturn:
    """Receive what to run, run it, and leave with its exit code."""
    # Python puts this file's directory first on the path; the program must not import our modules by accident.
    if sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):  # noqa: PTH120
        del sys.path[0]
    interruption = Interruption()
    interruption.install()
    descriptor = int(sys.argv[1])
    code = INTERRUPTED
    try:
        settings = receive(descriptor)
        watch_host(descriptor)
        try:
            import pulumi  # noqa: F401 # pyright: ignore[reportUnusedImport]
        except ImportError as error:
            sys.stderr.write(NO_SDK.format(python=sys.executable, error=error) + "\n")
            leave(1, at_once=False)
        code = run_program(settings) if settings["mode"] == "program" else run_plugin(settings)
    except KeyboardInterrupt:
        interruption.happened = True
    except Exception:
        # While the engine ends, calls fail in many ways; after an interruption none of them is news.
        if not interruption.happened:
            raise
    leave(INTERRUPTED if interruption.happened else code, at_once=interruption.happened)


if __name__ == "__main__":
    main()

"""Become another program that is interrupted when this one's parent dies; executed by path, with ``-I -S``.

``aifactory`` may be killed while the Pulumi CLI works for it. The kernel then sends the CLI an interrupt, and
it ends in order: operations finish, the state is written, the lock goes. The wish survives `execv`. It is
set here, between fork and exec, in a process of its own, because a function run in the forked child of a
threaded program may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process by ``argv[2:]``, unless the parent named in ``argv[1]`` is gone already."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit(130)
    # A shell starts background jobs with SIGINT ignored, and what is ignored stays so across exec.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - a fixed argument list, no shell


if __name__ == "__main__":
    main()

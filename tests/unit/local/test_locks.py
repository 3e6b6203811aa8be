import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aifactory.local import locks
from aifactory.local.locks import LockHeldError, hold
from tests.unit.local.reporters import Recorder

HOLD = """
import sys, time
from pathlib import Path
from aifactory.local.locks import hold
from aifactory.local.progress import SilentReporter
with hold(Path(sys.argv[1]), "building everything", SilentReporter()):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


class Holders:
    """Starts processes that hold a lock."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[str]] = []

    def __call__(self, path: Path, seconds: float) -> subprocess.Popen[str]:
        child = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        return child


@pytest.fixture
def held_by_another() -> Iterator[Holders]:
    holders = Holders()
    yield holders
    for child in holders.children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


class TestHold:
    """Prevents two commands from building, starting or stopping the same thing at once."""

    def test_a_second_process_waits_for_the_first_and_is_told_for_whom(
        self, tmp_path: Path, held_by_another: Holders
    ) -> None:
        lock = tmp_path / "lock"
        child = held_by_another(lock, 1.5)
        reporter = Recorder()
        begun = time.monotonic()
        with hold(lock, "mine", reporter):
            assert child.poll() is not None or time.monotonic() - begun > 0.9
        assert len(reporter.notes) == 1
        assert f"process {child.pid} (building everything, for " in reporter.notes[0]

    def test_a_wait_that_is_too_long_names_the_holder_and_the_way_out(
        self, tmp_path: Path, held_by_another: Holders
    ) -> None:
        lock = tmp_path / "lock"
        child = held_by_another(lock, 60)
        with pytest.raises(LockHeldError) as caught, hold(lock, "mine", Recorder(), timeout_seconds=0.7):
            pytest.fail("both have it")
        assert str(child.pid) in caught.value.message
        assert "building everything" in caught.value.message
        assert caught.value.fix

    def test_a_killed_holder_leaves_no_stale_lock(self, tmp_path: Path, held_by_another: Holders) -> None:
        lock = tmp_path / "lock"
        child = held_by_another(lock, 60)
        child.kill()
        child.wait()
        assert locks.holder(lock) is None, "a dead process holds nothing"
        with hold(lock, "mine", Recorder(), timeout_seconds=5):
            pass

    def test_threads_of_one_process_exclude_each_other_too(self, tmp_path: Path) -> None:
        inside: list[int] = []
        most: list[int] = []

        def work() -> None:
            with hold(tmp_path / "lock", "mine", Recorder()):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.05)
                inside.pop()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == [1, 1, 1, 1]

    def test_it_is_free_again_after_an_error(self, tmp_path: Path) -> None:
        lock = tmp_path / "deep" / "lock"
        with pytest.raises(RuntimeError), hold(lock, "mine", Recorder()):
            raise RuntimeError
        with hold(lock, "mine", Recorder(), timeout_seconds=0.1):
            pass

    def test_a_free_lock_is_taken_without_a_word(self, tmp_path: Path) -> None:
        reporter = Recorder()
        with hold(tmp_path / "lock", "mine", reporter):
            pass
        assert reporter.notes == []


class TestHolder:
    """Prevents a message that accuses the wrong process, or a crash over a file that is being written."""

    def test_it_is_known_while_the_lock_is_held_and_not_after(self, tmp_path: Path) -> None:
        lock = tmp_path / "lock"
        with hold(lock, "counting", Recorder()):
            found = locks.holder(lock)
            assert found is not None
            assert found.purpose == "counting"
            assert abs(found.since - time.time()) < 5
        assert locks.holder(lock) is None

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', "null"])
    def test_a_damaged_file_means_nobody_in_particular(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "lock.holder").write_text(content)
        assert locks.holder(tmp_path / "lock") is None

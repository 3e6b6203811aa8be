import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aifactory.errors import ControlPlaneError
from aifactory.local.controlplane import ports
from aifactory.local.controlplane.ports import PORTS, choose, is_free


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one


def number(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


class TestFree:
    """Prevents a part from being sent to a port where somebody listens, and a free one from being passed over."""

    def test_a_port_with_a_listener_is_not_free(self, listener: socket.socket) -> None:
        assert not is_free(number(listener))

    def test_one_whose_listener_went_a_moment_ago_is(self) -> None:
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = number(server)
            with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0] as accepted:
                accepted.close()  # the server closes first: its side stays in TIME_WAIT
                client.recv(1)
        assert is_free(port)


class TestChoose:
    """Prevents a kubeconfig that is worthless after each start, and two parts on one port."""

    def test_every_listener_has_a_port_of_its_own_below_those_of_outgoing_connections(self, tmp_path: Path) -> None:
        chosen = choose(tmp_path / "ports.json", set())
        assert set(chosen) == set(PORTS)
        assert len(set(chosen.values())) == len(PORTS)
        assert all(20000 <= port < 32000 for port in chosen.values())

    def test_they_are_remembered(self, tmp_path: Path) -> None:
        first = choose(tmp_path / "ports.json", set())
        assert choose(tmp_path / "ports.json", set()) == first
        assert (tmp_path / "ports.json").stat().st_mode & 0o077 == 0

    def test_one_that_a_stranger_took_is_given_up_and_the_others_stay(self, tmp_path: Path, listener: socket.socket) -> None:
        file = tmp_path / "ports.json"
        first = choose(file, set())
        file.write_text(json.dumps({**first, "kwok": number(listener)}))
        second = choose(file, set())
        assert second["kwok"] != number(listener)
        assert {name: port for name, port in second.items() if name != "kwok"} == {
            name: port for name, port in first.items() if name != "kwok"
        }

    def test_one_whose_listener_is_still_being_closed_is_waited_for(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        with socket.socket() as closing:
            closing.bind(("127.0.0.1", 0))
            closing.listen()
            file.write_text(json.dumps({"kwok": number(closing)}))
            expected = number(closing)
            timer = threading.Timer(0.5, closing.close)
            timer.start()
            assert choose(file, set())["kwok"] == expected
            timer.join()

    def test_one_that_is_taken_by_our_own_part_is_kept(self, tmp_path: Path, listener: socket.socket) -> None:
        file = tmp_path / "ports.json"
        file.write_text(json.dumps({"kwok": number(listener)}))
        assert choose(file, {"kwok"})["kwok"] == number(listener)

    @pytest.mark.parametrize("content", ["", "[]", '{"etcd": "x"}', "{"])
    def test_a_damaged_memory_is_no_memory(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "ports.json"
        file.write_text(content)
        assert set(choose(file, set())) == set(PORTS)

    def test_two_of_the_same_number_are_told_apart(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        file.write_text(json.dumps(dict.fromkeys(PORTS, 23456)))
        assert len(set(choose(file, set()).values())) == len(PORTS)

    def test_none_left_is_an_error_that_names_the_range(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ports, "is_free", lambda _: False)
        with pytest.raises(ControlPlaneError, match="no port from 20000 to 31999 is free"):
            choose(tmp_path / "ports.json", set())

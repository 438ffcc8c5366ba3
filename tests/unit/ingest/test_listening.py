"""Where the endpoint listens, and how it says that it can not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from qtd.config.ingest import Ingest
from qtd.errors import ConfigurationError
from qtd.ingest.listening import listen


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1:{}"), ("::1", "[::1]:{}")])
def test_an_address_is_listened_on_and_shown(host: str, shown: str) -> None:
    """IPv4 and IPv6."""
    port = free_port()
    listening = listen(Ingest(host=host, port=port))
    assert listening.addresses == (shown.format(port),)
    listening.close()


def test_an_address_in_use_is_a_configuration_error() -> None:
    """With the key's path and the address."""
    port = free_port()
    listening = listen(Ingest(port=port))
    with pytest.raises(ConfigurationError, match=rf"ingest\.port: cannot listen on 127\.0\.0\.1:{port}"):
        listen(Ingest(port=port))
    listening.close()


def test_a_host_that_is_none_of_ours_is_a_configuration_error() -> None:
    """Unknown, or somebody else's."""
    for host in ("no-such-host.invalid", "192.0.2.1"):
        with pytest.raises(ConfigurationError, match=r"ingest\.host"):
            listen(Ingest(host=host, port=free_port()))


def test_a_unix_socket_is_made_for_every_user_and_removed(tmp_path: Path) -> None:
    """Also where a dead one is left over; who may reach it is the directory's business."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    listening = listen(Ingest(unix_socket=path))
    assert listening.addresses == (str(path),)
    assert path.stat().st_mode & 0o777 == 0o666
    listening.close()
    assert not path.exists()


def test_what_is_not_our_socket_stays(tmp_path: Path) -> None:
    """A file, or a socket that somebody listens on, is not removed."""
    file = tmp_path / "file"
    file.write_text("kept", encoding="ascii")
    with pytest.raises(ConfigurationError, match=r"ingest\.unix_socket"):
        listen(Ingest(unix_socket=file))
    assert file.read_text(encoding="ascii") == "kept"
    listening = listen(Ingest(unix_socket=tmp_path / "s"))
    with pytest.raises(ConfigurationError, match=r"ingest\.unix_socket"):
        listen(Ingest(unix_socket=tmp_path / "s"))
    listening.close()


def hand_over(monkeypatch: pytest.MonkeyPatch, *sockets: socket.socket) -> None:
    """Do as systemd does: descriptors one after the other, and how many they are; whoever takes them closes them."""
    first = max(int(file.name) for file in Path("/proc/self/fd").iterdir()) + 1
    for number, one in enumerate(sockets):
        os.dup2(one.fileno(), first + number)
    monkeypatch.setattr("qtd.ingest.listening._FIRST_INHERITED", first)
    monkeypatch.setenv("LISTEN_FDS", str(len(sockets)))
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))


def test_all_of_systemds_sockets_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TCP and unix sockets together, whatever the configuration says; a unix socket is systemd's to remove."""
    path = tmp_path / "s"
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
        tcp.bind(("127.0.0.1", 0))
        unix.bind(str(path))
        for one in (tcp, unix):
            one.listen()
        hand_over(monkeypatch, tcp, unix)
        listening = listen(Ingest(port=1))
        assert listening.addresses == (f"127.0.0.1:{tcp.getsockname()[1]}", str(path))
        assert [one.getblocking() for one in listening.sockets] == [False, False]
        listening.close()
    assert path.exists()


def test_what_is_meant_for_another_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """LISTEN_PID says whom systemd means: a child of that process listens where it is told to."""
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")
    port = free_port()
    listening = listen(Ingest(port=port))
    assert listening.addresses == (f"127.0.0.1:{port}",)
    listening.close()


def test_a_socket_that_takes_no_connections_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """ListenDatagram= in the socket unit, say: it is said, instead of serving on the others alone."""
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        hand_over(monkeypatch, datagrams)
        with pytest.raises(ConfigurationError, match="only ListenStream= is"):
            listen(Ingest())

"""The HTTP client against real servers: certificates, addresses, connections."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from qtd.config.http import Http
from qtd.errors import ConfigurationError, MatomoRefuses, MatomoUnavailable
from qtd.replay.matomo import Matomo
from tests.fake_clock import FakeClock
from tests.servers.certificates import Certificates
from tests.standins import matomo as standin


def client(url: str, **more: Any) -> Matomo:
    """A client."""
    section = Http.model_validate({"url": url, "token": standin.TOKEN, **more})
    return Matomo(section, clock=FakeClock())


def failure(matomo: Matomo, kind: type[MatomoUnavailable]) -> str:
    """Why a call fails; closes the connection."""
    with pytest.raises(kind) as failed:
        matomo.send([{"idsite": "1"}])
    matomo.close()
    return str(failed.value)


def test_certificates_are_verified(certificates: Certificates) -> None:
    """A server that the configured authority vouches for is sent the token, no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.certificate, certificates.server.key)
    with standin.running_matomo(context) as server:
        trusting = client(server.url, ca_file=str(certificates.authority.certificate))
        trusting.probe()
        trusting.close()
        assert len(server.calls) == 1
        for suspicious in (
            client(server.url),
            client(server.url, ca_file=str(certificates.stranger.certificate)),
        ):
            assert "http.ca_file says whom to trust" in failure(suspicious, MatomoRefuses)
        assert len(server.calls) == 1


def test_an_authority_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    """At the start, with the key's name."""
    (tmp_path / "empty.pem").write_text("")
    for path in ("missing.pem", "empty.pem"):
        with pytest.raises(ConfigurationError, match=rf"http.ca_file: .*{path}"):
            client("https://127.0.0.1/", ca_file=str(tmp_path / path))


def test_a_server_that_is_not_there() -> None:
    """Says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "refused" in failure(client(f"http://127.0.0.1:{port}/"), MatomoUnavailable)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", "disconnected"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "closed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "disconnected|protocol|illegal"),
    ],
)
def test_what_is_no_answer_is_an_outage(answer: bytes, cause: str) -> None:
    """A connection that is lost, a body that is cut, another protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                # To close before all of the request was read would reset the connection, whatever was answered.
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        told = failure(client(f"http://127.0.0.1:{listening.getsockname()[1]}/"), MatomoUnavailable)
        thread.join()
    assert re.search(cause, told), told


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is at that address, a worker does not fill its memory with it."""
    monkeypatch.setattr("qtd.replay.matomo._LONGEST_ANSWER", 1000)
    with standin.running_matomo() as server:
        server.failures = [(200, {}, b"x" * 100_000)]
        assert "has no end" in failure(client(server.url), MatomoRefuses)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://matomo.example", "https://matomo.example/matomo.php"),
        ("https://matomo.example/stats/", "https://matomo.example/stats/matomo.php"),
        ("https://matomo.example/piwik.php", "https://matomo.example/piwik.php"),
    ],
)
def test_the_address_is_a_folder_or_the_script(url: str, endpoint: str) -> None:
    """As people write it."""
    assert Http.model_validate({"url": url}).endpoint == endpoint

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qtd.config import Config, load
from qtd.config.secret import revealed
from qtd.errors import ConfigurationError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that makes a configuration file of a text."""

    def write(text: str) -> Path:
        path = tmp_path / "qtd.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems_of(path: Path, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return what is wrong with the file."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, environ=environ or {})
    return caught.value.problems


def test_named_file_is_read_and_remembered(write: Write) -> None:
    """What the file says replaces the default, everything else keeps it, and the source is the file."""
    path = write("queue: {count: 2}\nredis:\n  hosts: ['[::1]:7000']\n")
    config = load(path)
    assert config.queue.count == 2
    assert [(address.host, address.port) for address in config.redis.hosts] == [("::1", 7000)]
    assert config.batch == Config().batch
    assert config.source == path


def test_first_default_path_wins(tmp_path: Path) -> None:
    """Without a named file the first default path that exists is read."""
    second, third = tmp_path / "second.yaml", tmp_path / "third.yaml"
    second.write_text("queue: {count: 2}")
    third.write_text("queue: {count: 3}")
    config = load(default_paths=(tmp_path / "first.yaml", second, third))
    assert (config.queue.count, config.source) == (2, second)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """Without any file the defaults hold, and the source says that there is none."""
    config = load(default_paths=(tmp_path / "missing.yaml",))
    assert config == Config()
    assert config.source is None


def test_dangling_default_path_is_an_error(tmp_path: Path) -> None:
    """A default path that is there but leads nowhere is reported, not passed over."""
    (tmp_path / "qtd.yaml").symlink_to(tmp_path / "gone.yaml")
    with pytest.raises(ConfigurationError, match=r"qtd\.yaml: No such file"):
        load(default_paths=(tmp_path / "qtd.yaml",))


@pytest.mark.parametrize("text", ["", "# nothing\n", "log:\n", "---\n"])
def test_empty_file_and_empty_section_are_the_defaults(write: Write, text: str) -> None:
    """A file or section whose keys are all commented out is the same as none."""
    assert load(write(text)).read_from(None) == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("redis: {modes: standalone}", "redis.modes: unknown key; did you mean redis.mode? (line 1)"),
        ("port: 1", "port: unknown key; did you mean ingest.port? (line 1)"),
        ("batch: {zzz: 1}", "batch.zzz: unknown key; known are max_requests, max_wait_seconds (line 1)"),
        ("queue:\n  count: 0", "queue.count: 0: must be at least 1 (line 2)"),
        ("queue:\n  count: 4097", "queue.count: 4097: must be at most 4096 (line 2)"),
        ("queue: {count: yes}", "queue.count: true: a whole number is wanted (line 1)"),
        ("queue: {count: '4'}", "queue.count: '4': a whole number is wanted (line 1)"),
        ("queue: {count: 1.5}", "queue.count: 1.5: a whole number is wanted (line 1)"),
        ("queue: 4", "queue: 4: a section with keys is wanted (line 1)"),
        ("redis: {tls: {enabled: 1}}", "redis.tls.enabled: 1: true or false is wanted (line 1)"),
        ("redis: {hosts: a:1}", "redis.hosts: 'a:1': a list is wanted (line 1)"),
        ("redis: {hosts: []}", "redis.hosts: the list must not be empty (line 1)"),
        ("redis: {username: 5}", "redis.username: 5: text is wanted; put it into quotes (line 1)"),
        (
            "batch: {max_wait_seconds: .nan}",
            "batch.max_wait_seconds: nan: a finite number is wanted (line 1)",
        ),
        (
            "database: {tables_prefix: a-b}",
            "database.tables_prefix: 'a-b': must match ^[A-Za-z0-9_]*$ (line 1)",
        ),
        ("engine: natve", "engine: 'natve': 'native', 'http' or 'console' is wanted (line 1)"),
        ("sites: [{name: x, main_url: 'http://x'}]", "sites[0].idsite: is required (line 1)"),
        (
            "ingest: {proxy_client_headers: [HTTP_X_REAL_IP]}",
            "ingest.proxy_client_headers[0]: 'HTTP_X_REAL_IP': must match ^[A-Za-z0-9-]+$ (line 1)",
        ),
        ("state_directory: 5", "state_directory: 5: a path is wanted (line 1)"),
    ],
)
def test_mistake_is_one_line_with_path_value_and_what_is_allowed(
    write: Write, text: str, problem: str
) -> None:
    """A mistake names the key's path, the value, what is allowed and the line."""
    assert problems_of(write(text)) == (problem,)


@pytest.mark.parametrize("host", ["localhost", "a:0", "a:65536", ":1", "a b:1", "::1:6379", "a:٣", "a:-1"])
def test_host_needs_a_port(write: Write, host: str) -> None:
    """A host without a usable port is refused, and the list is not called empty for it."""
    (problem,) = problems_of(write(f"redis: {{hosts: ['{host}']}}"))
    assert problem.startswith(f"redis.hosts[0]: {host!r}: host:port is wanted")


def test_all_mistakes_are_reported_in_the_files_order(write: Write) -> None:
    """One run shows every mistake, from the top of the file down."""
    path = write("queue: {count: 0}\nlog: {level: loud}\nredis: {database: -1}\n")
    assert [problem.split(":")[0] for problem in problems_of(path)] == [
        "queue.count",
        "log.level",
        "redis.database",
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("redis: {mode: sentinel}", "redis.sentinel.master_name"),
        ("redis: {sentinel: {master_name: m}}", "redis.sentinel"),
        ("redis: {hosts: ['a:1', 'b:1']}", "redis.hosts"),
        ("redis: {mode: cluster, database: 1}", "redis.database"),
        ("redis: {unix_socket: /run/r, hosts: ['a:1']}", "redis.unix_socket"),
        ("redis: {unix_socket: /run/r, mode: cluster}", "redis.unix_socket"),
        ("redis: {unix_socket: /run/r, tls: {enabled: true}}", "redis.tls.enabled"),
        ("redis: {tls: {ca_file: /ca.pem}}", "redis.tls.enabled"),
        ("redis: {tls: {enabled: true, certificate_file: /c.pem}}", "redis.tls.certificate_file"),
        ("redis: {password: a, password_file: /b}", "redis.password_file"),
        ("redis: {host: a, hosts: ['b:1']}", "redis.host"),
        ("redis: {mode: cluster, host: 'a,b', port: '1,2,3'}", "redis.port"),
        ("redis: {wait_replicas: 1, wait_timeout_seconds: 5}", "redis.wait_timeout_seconds"),
        ("queue: {database: {}}", "queue.database"),
        ("database: {password: a}", "database.password"),
        ("database: {url: 'mysql://u:p@h/n', password: a}", "database.password"),
        ("database: {lock_timeout_seconds: 30}", "database.lock_timeout_seconds"),
        ("workers: {count: 5}", "workers.count"),
        ("workers: {retry_min_seconds: 31}", "workers.retry_min_seconds"),
        ("ingest: {unix_socket: /run/i, port: 1}", "ingest.unix_socket"),
        ("sites: [&s {idsite: 1, name: x, main_url: 'http://x'}, *s]", "sites"),
        ("engine: http", "http.url"),
        ("engine: http\nhttp: {url: 'https://matomo.example/'}", "http.token_file"),
        ("http: {token: a, token_file: b}", "http.token_file"),
        ("engine: console", "matomo.path"),
        ("engine: console\nmatomo: {path: /m}\nqueue: {backend: sql}", "queue.backend"),
        ("engine: console\nmatomo: {path: /m}\nqueue: {entries: compact}", "queue.entries"),
    ],
)
def test_contradiction_names_the_key_to_change(write: Write, text: str, key: str) -> None:
    """Values that are fine alone but not together are refused at the key that is to change."""
    (problem,) = problems_of(write(text))
    assert problem.startswith(f"{key}: ")


@pytest.mark.parametrize(
    "text",
    [
        "redis: {password: [hunter2]}",
        "redis: {password: {hunter2: 1}}",
        "redis: {pasword: hunter2}",
        "matomo: {salt: 5, slat: hunter2}",
        "redis: {hosts: ['redis://u:hunter2@h']}",
        "database: {url: 'postgresql://u:hunter2@h/n'}",
        "database: {url: 'u:hunter2@h/n'}",
        "log: {level: 'token_auth=hunter2'}",
        "password: hunter2",
    ],
)
def test_no_secret_in_errors(write: Write, text: str) -> None:
    """Whatever is wrong with a secret or near it, its value is not shown."""
    assert "hunter2" not in "\n".join(problems_of(write(text)))


def test_no_secret_in_the_text_of_a_configuration(write: Write) -> None:
    """Printing a configuration shows no password, also none inside a URL."""
    path = write("redis: {password: hunter2}\ndatabase: {url: 'mysql://u:hunter2@h/n'}\n")
    assert "hunter2" not in repr(load(path)) + str(load(path)) + str(load(path).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1\n", "line 2, column 1: not valid YAML: "),
        ("a: 1\n\tb: 2", "line 2, column 1: not valid YAML: "),
        ("queue: {count: 1}\nqueue: {count: 2}", "line 2: queue is given twice (first on line 1)"),
        ("sites:\n- idsite: 1\n  idsite: 2", "line 3: sites[0].idsite is given twice (first on line 2)"),
        ("1: x", "line 1: keys are words, '1' is none; put it into quotes"),
        ("a: !!python/object:os.system {}", "line 1, column 4: not valid YAML: "),
        ("a: 2026-13-45", "not valid YAML: "),
        ("a: *b", "line 1, column 4: not valid YAML: "),
        ("a: 1\n---\nb: 1", "line 2, column 1: not valid YAML: "),
        ("a: \x07", "not valid YAML: "),
        ("- 1", "keys and values are wanted at the top"),
        ("just words", "keys and values are wanted at the top"),
    ],
)
def test_yaml_mistake_says_where(write: Write, text: str, problem: str) -> None:
    """What is not YAML, or ambiguous YAML, is refused with its place in the file."""
    path = write(text)
    (line,) = problems_of(path)
    assert line.startswith(str(path))
    assert problem in line


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """A missing file, a folder and a file in another encoding are errors that name the file."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"# caf\xe9\n")
    assert problems_of(tmp_path / "none.yaml") == (f"{tmp_path}/none.yaml: No such file or directory",)
    assert problems_of(tmp_path) == (f"{tmp_path}: Is a directory",)
    assert problems_of(latin) == (f"{latin}: not UTF-8 (byte 6)",)


def test_secret_is_read_from_its_file(write: Write, tmp_path: Path) -> None:
    """A secret file's text without the line's end becomes the secret; relative names are beside the file."""
    (tmp_path / "redis.password").write_bytes("pass wörd \n".encode())
    (tmp_path / "salt").write_bytes(b"s\r\n")
    config = load(write(f"redis: {{password_file: redis.password}}\nmatomo: {{salt_file: {tmp_path}/salt}}"))
    assert revealed(config.redis.password) == "pass wörd "
    assert revealed(config.matomo.salt) == "s"


def test_relative_secret_is_a_systemd_credential(write: Write, tmp_path: Path) -> None:
    """Where systemd gives credentials, a bare name is one of them, and one beside the file is not taken."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "db").write_text("right")
    (tmp_path / "db").write_text("wrong")
    (tmp_path / "only-here").write_text("wrong")
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    path = write("database: {url: 'mysql://u@h/n', password_file: db}")
    assert revealed(load(path, environ=environ).database.password) == "right"
    path = write("database: {url: 'mysql://u@h/n', password_file: only-here}")
    assert problems_of(path, environ) == (
        f"database.password_file: {credentials}/only-here: No such file or directory",
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"one\ntwo\n", "has more than one line"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * 70_000, "larger than 65536 bytes, that is no secret"),
    ],
)
def test_bad_secret_file_is_refused(write: Write, tmp_path: Path, content: bytes, problem: str) -> None:
    """A secret file without exactly one line of text is an error that does not quote it."""
    (tmp_path / "secret").write_bytes(content)
    path = write("redis: {password_file: secret}")
    assert problems_of(path) == (f"redis.password_file: {tmp_path}/secret: {problem}",)

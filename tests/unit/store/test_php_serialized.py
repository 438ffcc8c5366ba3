from __future__ import annotations

import pytest

from qtd.store.php_serialized import unserialize


def test_reads_what_php_wrote() -> None:
    """Arrays, texts with their length in bytes, numbers, truths and null come back as Python's."""
    data = 'a:2:{i:0;s:5:"ü.de";s:1:"k";a:4:{i:0;b:1;i:1;N;i:2;d:1.5;i:3;i:-3;}}'.encode()
    assert unserialize(data) == {0: "ü.de", "k": {0: True, 1: None, 2: 1.5, 3: -3}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'O:8:"stdClass":0:{}',
        b"i:1",
        b"i:x;",
        b"i:1;i:2;",
        b's:5:"ab";',
        b's:x:"ab";',
        b"a:1:{i:0;i:1;",
        b"a:2:{i:0;i:1;}",
        b"a:1:{N;i:1;}",
        b's:1:"\xff";',
    ],
)
def test_refuses_what_it_does_not_understand(data: bytes) -> None:
    """Objects, texts shorter than they claim and anything cut off are errors, never guesses."""
    with pytest.raises(ValueError, match=r"byte|number|float|int|decode"):
        unserialize(data)

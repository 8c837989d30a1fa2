"""Messages that would take much more memory than they are long."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.run import messages
from grader.run.messages import HEADER_BYTES, MOST_ELEMENTS, WarySession, has_too_many_elements
from grader.sandboxes.channels import MESSAGE_BYTES

MANY = MOST_ELEMENTS + 1
SWOLLEN = {
    "lists": b"[" + b"[]," * MANY + b"[]]",
    "objects": b"[" + b"{}," * MANY + b"{}]",
    "numbers": b"[" + b"1," * MANY + b"1]",
    "texts": b"[" + b'"",' * MANY + b'""]',
    "keys": b"{" + b",".join(b'"%d":{}' % n for n in range(MOST_ELEMENTS)) + b"}",
    "nested": b"[" * MANY + b"]" * MANY,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWOLLEN)
def test_a_message_of_too_many_elements_is_known_before_it_is_read(kind: str) -> None:
    assert has_too_many_elements(SWOLLEN[kind])


@pytest.mark.parametrize("piece", [",", '\\",[{', '"'])
def test_brackets_and_commas_in_a_text_are_no_elements(piece: str) -> None:
    assert not has_too_many_elements(json.dumps({"text/csv": piece * 2 * MANY}).encode())


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b'\\"', b'"\\', b",\\", b'"'])
def test_no_junk_keeps_the_host_busy(piece: bytes) -> None:
    started = time.process_time()
    has_too_many_elements((b"[" * MANY + b'"' + piece * MESSAGE_BYTES)[:MESSAGE_BYTES])
    has_too_many_elements((b'"' + piece * 2**22 + b"," * MESSAGE_BYTES)[:MESSAGE_BYTES])
    assert time.process_time() - started < 3


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(), inner, max_size=4), max_leaves=30,
)  # fmt: skip


def elements(value: object) -> int:
    """Texts, lists, objects and the commas in them."""
    if isinstance(value, dict):
        return 1 + max(0, len(value) - 1) + sum(1 + elements(v) for v in value.values())
    if isinstance(value, list):
        return 1 + max(0, len(value) - 1) + sum(map(elements, value))
    return int(isinstance(value, str))


@pytest.mark.slow
@given(values, st.integers(0, 60))
def test_elements_are_counted_as_they_are(value: object, most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(messages, "MOST_ELEMENTS", most)
        assert has_too_many_elements(json.dumps(value).encode()) == (elements(value) > most)


def wire(session: WarySession, content: bytes, header: bytes | None = None) -> list[bytes]:
    own = session.msg("stream")
    parts = [header or session.pack(own["header"]), b"{}", b"{}", content]
    return [session.sign(parts), *parts]


def test_content_that_is_dropped_is_told_and_the_message_stays() -> None:
    dropped: list[str] = []
    session = WarySession(lambda: dropped.append("one"), key=b"key")
    read = session.deserialize(wire(session, SWOLLEN["lists"]))
    assert (read["msg_type"], read["content"], dropped) == ("stream", {}, ["one"])
    read = session.deserialize(wire(session, b'{"text": "small"}'))
    assert (read["content"], dropped) == ({"text": "small"}, ["one"])


def test_a_header_that_is_long_is_none() -> None:
    session = WarySession(lambda: None, key=b"key")
    long = json.dumps({"msg_id": "1", "msg_type": "x", "more": "x" * HEADER_BYTES}).encode()
    with pytest.raises(ValueError, match="header"):
        session.deserialize(wire(session, b"{}", long))

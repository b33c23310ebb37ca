"""Whatever a mail holds, receiving it raises nothing, loses nothing, and gives every part one item of its own."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.intake import receive_message
from pipeline.members import IntakeLimits
from pipeline.names import MAX_NAME, decode_header, display_name, display_parts, file_name, parameters
from tests.mails import attachment, message, multipart, part, text, zipped

LIMITS = IntakeLimits(members=60)
names = st.text(min_size=1, max_size=40).filter(lambda name: '"' not in name and "\n" not in name and "\r" not in name)
words = st.text(max_size=60)
leaves = st.one_of(
    st.builds(lambda said: text(said.encode("utf-8", "replace").decode()), words),
    st.builds(lambda name, data: attachment(name.encode("utf-8", "replace").decode(), data), names, st.binary()),
    st.builds(lambda inner: attachment("a.zip", zipped(inner)), st.dictionaries(st.sampled_from("abc"), st.binary())),
    st.builds(lambda head, data: part(data, b"Content-Type: " + head, encoding="8bit"), st.binary(), st.binary()),
)


def grown(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Multiparts and mails around parts, with boundaries that are told apart or not."""
    boundaries = st.sampled_from(["=_a", "=_b", "=_ab"])
    kinds = st.sampled_from(["mixed", "alternative", "related", "digest", "x"])
    parts = st.lists(children, min_size=1, max_size=4)
    several = st.builds(lambda inner, kind, mark: multipart(*inner, kind=kind, boundary=mark), parts, kinds, boundaries)
    return several | st.builds(lambda inner: b"Content-Type: message/rfc822\r\n\r\n" + message(inner), children)


trees = st.recursive(leaves, grown, max_leaves=8)


def check(raw: bytes) -> None:
    received = receive_message(raw, "m", LIMITS)
    items = received.submission.items
    assert items[0].sha256 == hashlib.sha256(raw).hexdigest()
    assert len({item.ledger_id for item in items}) == len(items)
    known = {item.ledger_id for item in items}
    assert all(item.parent in known for item in items[1:])
    assert all(
        not item.sha256 or hashlib.sha256(received.blobs[item.sha256]).hexdigest() == item.sha256 for item in items
    )
    for item in items:
        item.path.encode()  # nothing that cannot be written


@settings(max_examples=60)
@given(trees)
def test_any_tree_of_parts(content: bytes) -> None:
    check(message(content))


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(["Subject", "Date", "Message-ID", "From", "References", "Content-Type",
                                           "Content-Disposition", "Received"]), st.binary(max_size=80))))  # fmt: skip
def test_any_headers(headers: list[tuple[str, bytes]]) -> None:
    check(b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers) + b"\r\ntext")


@given(st.binary(max_size=200))
def test_any_header_and_its_parameters_are_text_that_can_be_written(raw: bytes) -> None:
    for said in (decode_header(raw), *parameters(raw), *parameters(raw).values()):
        said.encode()


@given(st.text(max_size=300))
def test_a_name_for_display_is_no_path_and_no_control(name: str) -> None:
    for shown in (display_name(name), file_name(name), *display_parts(name)):
        assert len(shown) <= MAX_NAME
        assert not set(shown) & set("/\\\0\n\r\u202e\u200b")
        assert shown not in (".", "..")

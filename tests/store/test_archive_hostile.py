"""Damaged and hostile checkpoints: refused in one line, nothing run, nothing large allocated.

As the reader compares all bytes outside the arrays and checks the digests of those, every test
here asks for the strongest: a file with any byte different is refused.
"""

import hashlib
import io
import json
import random
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import numpy as np
import pytest
from faults import count
from hypothesis import given, settings
from hypothesis import strategies as st

from charlstm.errors import CheckpointError
from charlstm.store import archive, npz
from charlstm.store.archive import load, save

pytestmark = pytest.mark.faults
MUTATIONS = count(2000, 20_000)
SLACK = 1 << 18  # bytes: what opening and refusing any small file costs, its traceback included


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "x.npz"


@pytest.fixture(scope="module")
def sound(path: Path) -> bytes:
    arrays = {"weights/W": np.eye(3, dtype=np.float32), "adam/m": np.zeros(4, np.float32)}
    save(path, {"step": 3, "vocabulary": "ab"}, {**arrays, "n": np.array(5)})
    return path.read_bytes()


def refuse(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    return message


def refuse_leanly(path: Path, content: bytes, slack: int = SLACK) -> str:
    tracemalloc.start()
    try:
        message = refuse(path, content)
        assert tracemalloc.get_traced_memory()[1] <= 2 * len(content) + slack
    finally:
        tracemalloc.stop()
    return message


def test_every_truncation_is_refused(path: Path, sound: bytes) -> None:
    for length in range(len(sound)):
        refuse(path, sound[:length])


def test_a_change_of_any_byte_is_refused(path: Path, sound: bytes) -> None:
    for place in range(len(sound)):
        for flip in (0x01, 0xFF):
            refuse(path, sound[:place] + bytes([sound[place] ^ flip]) + sound[place + 1 :])


def mutate(rng: random.Random, content: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    c = rng.randrange(len(content) + 1)
    number = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**64 - 1])
    width = rng.choice([1, 2, 4, 8])
    changes: list[Callable[[], bytes]] = [
        lambda: content[:a] + bytes([rng.randrange(256)]) + content[a + 1 :],
        lambda: (
            content[:a] + (number % 256**width).to_bytes(width, "little") + content[a + width :]
        ),
        lambda: content[:a] + content[b:],
        lambda: content[:a] + content[a:b] * rng.randrange(2, 4) + content[b:],
        lambda: content[:c] + content[a:b] + content[c:],
        lambda: content[:c] + content[a:b] + content[c + b - a :],
        lambda: content[:a] + bytes(b - a) + content[b:],
        lambda: content[:a] + rng.randbytes(min(b - a, 40)) + content[a:],
        lambda: content + content[a:b] + b"\0",
        lambda: content.replace(*rng.choice(WORDS)),
    ]
    return rng.choice(changes)()


WORDS = [
    (b"<f4", b"<f8"),
    (b"<f4", b"|O8"),
    (b"<f4", b">f4"),
    (b"False", b"True "),
    (b"(3, 3)", b"(9, 1)"),
    (b"[3,3]", b"[9,1]"),
    (b"weights/W", b"weights/V"),
    (b"weights/W", b"../../../"),
    (b"adam/m", b"header"),
    (b"PK\x03\x04", b"PK\x07\x08"),
    (b"PK\x05\x06", b"PK\x06\x06"),
    (b'"format":1', b'"format":0'),
    (b'"step":3', b'"step":4'),
    (b'"ab"', b'"ba"'),
    (b"header.npy", b"Header.npy"),
]


def test_random_mutations_are_refused(path: Path, sound: bytes) -> None:
    rng = random.Random(1997)
    tried = 0
    while tried < MUTATIONS:
        content = sound
        for _ in range(rng.choice([1, 1, 2, 5])):
            content = mutate(rng, content)
        if content != sound:
            tried += 1
            (refuse_leanly if tried % 10 == 0 else refuse)(path, content)


@pytest.mark.parametrize("words", WORDS)
def test_exchanged_words_are_refused(path: Path, sound: bytes, words: tuple[bytes, bytes]) -> None:
    assert words[0] in sound
    refuse_leanly(path, sound.replace(*words))


@settings(max_examples=count(200, 5000))
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_are_refused(path: Path, sound: bytes, content: bytes, keep: bool) -> None:
    start = sound.index(b'{"checksum"') if keep else 0
    refuse(path, sound[:start] + content)


# From here on the checksums are right: a forger took pains. ---------------------------------------


CRC = zlib.crc32(npz.preamble("<f4", (2,)) + bytes(8))


def seal(document: Any) -> bytes:
    return archive._seal(json.dumps(document)[1:].encode())


def forge(text: bytes, rest: bytes = b"") -> bytes:
    """A file whose first member is `text`."""
    return archive._header_member(text).frame + text + rest


def entry(**changes: Any) -> dict[str, Any]:
    sound = {"name": "weights/W", "dtype": "<f4", "shape": [2], "crc32": CRC}
    return {**sound, "sha256": hashlib.sha256(bytes(8)).hexdigest(), **changes}


def document(*entries: Any, **changes: Any) -> dict[str, Any]:
    return {"format": 1, "arrays": list(entries), "header": {}, **changes}


def forge_all(text: bytes) -> bytes:
    """A file of `text` and of the one array that `entry` declares, right in all else."""
    member = npz.Member("weights/W", "<f4", (2,), CRC)
    end = npz.directory([archive._header_member(text), member])
    return forge(text, member.frame + bytes(8) + end)


def test_a_forged_file_with_all_in_order_is_loaded(path: Path) -> None:
    """So that the refusals below are for the reason under test."""
    path.write_bytes(forge_all(seal(document(entry()))))
    np.testing.assert_array_equal(load(path).arrays["weights/W"], np.zeros(2, np.float32))


def test_a_header_changed_but_not_sealed_again_is_refused(path: Path) -> None:
    text = seal(document(entry(), header={"step": 3}))
    path.write_bytes(forge_all(text))
    assert load(path).header == {"step": 3}
    refuse(path, forge_all(text.replace(b'"step": 3', b'"step": 4')))
    refuse(path, forge_all(text.replace(b'"step": 3', b'"step": 3 ')))


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": (-1,)},
        {"shape": (-2, -1)},
        {"shape": (1,) * 33},
        {"shape": (2**30,)},
        {"shape": (2**30 - 1,)},
        {"shape": (0, 2**62)},
        {"name": "../x"},
        {"name": "a.npy"},
        {"name": "a\n"},
        {"dtype": "|O"},
        {"crc32": 2**32},
        {"crc32": -1},
    ],
)
def test_members_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"name": "a", "dtype": "<f4", "shape": (2,), "crc32": 0}
    npz.Member(**sound)
    with pytest.raises(ValueError):
        npz.Member(**{**sound, **changes})


def test_more_than_a_plain_zip_holds_is_refused() -> None:
    members = [npz.Member(f"a{n}", "|u1", (2**31,), 0) for n in range(2)]
    npz.directory(members[:1])
    with pytest.raises(ValueError, match="4 GiB"):
        npz.directory(members)
    with pytest.raises(ValueError, match="4 GiB"):
        npz.directory([npz.Member("a", "|u1", (1,), 0)] * 65_535)


HUGE = 10**4000
BAD_DOCUMENTS = {
    "object": document(entry(dtype="|O")),
    "complex": document(entry(dtype="<c8")),
    "big-endian": document(entry(dtype=">f4")),
    "structured": document(entry(dtype=[["a", "<f4"]])),
    "dtype null": document(entry(dtype=None)),
    "dtype text": document(entry(dtype="__import__('os')")),
    "negative": document(entry(shape=[-1])),
    "two negatives": document(entry(shape=[-2, -1])),
    "4 GiB": document(entry(shape=[2**30])),
    "3 GiB": document(entry(shape=[3 * 2**28])),
    "huge": document(entry(shape=[2**62])),
    "hugest": document(entry(shape=[HUGE, HUGE])),
    "zero and huge": document(entry(shape=[0, 2**62])),
    "many dimensions": document(entry(shape=[1] * 33)),
    "very many dimensions": document(entry(shape=[2] * 10_000)),
    "nested shape": document(entry(shape=[[2]])),
    "shape true": document(entry(shape=[True])),
    "shape float": document(entry(shape=[2.0])),
    "shape text": document(entry(shape="2")),
    "shape number": document(entry(shape=2)),
    "shape null": document(entry(shape=None)),
    "up": document(entry(name="../x")),
    "root": document(entry(name="/etc/passwd")),
    "NUL": document(entry(name="a\0b")),
    "newline": document(entry(name="a\n")),
    "no name": document(entry(name="")),
    "name null": document(entry(name=None)),
    "name list": document(entry(name=[])),
    "long name": document(entry(name="a" * 70_000)),
    "header twice": document(entry(name="header")),
    "twice": document(entry(), entry()),
    "crc text": document(entry(crc32="0")),
    "crc negative": document(entry(crc32=-1)),
    "crc huge": document(entry(crc32=HUGE)),
    "sha null": document(entry(sha256=None)),
    "too much": document({**entry(), "more": 1}),
    "too little": document({"name": "x"}),
    "entry text": document("name"),
    "entry null": document(None),
    "entry list": document([["name", "x"]]),
    "arrays null": document(arrays=None),
    "arrays object": document(arrays={"name": entry()}),
    "arrays text": document(arrays="abc"),
    "header null": document(entry(), header=None),
    "header list": document(entry(), header=[]),
    "no header": {"format": 1, "arrays": [entry()]},
    "no arrays": {"format": 1, "header": {}},
    "format text": document(entry(), format="1"),
    "format true": document(entry(), format=True),
    "format float": document(entry(), format=1.0),
    "format zero": document(entry(), format=0),
    "format negative": document(entry(), format=-HUGE),
    "format null": document(entry(), format=None),
    "format newer": document(entry(), format=2),
    "format newest": document(entry(), format=HUGE),
    "nothing declared": document(),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_forged_headers_are_refused(path: Path, name: str) -> None:
    message = refuse_leanly(path, forge_all(seal(BAD_DOCUMENTS[name])))
    assert ("upgrade" in message) == ("newe" in name)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"format"',
        b'{"format":1}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format":' + b"9" * 5000 + b"}",
        b'{"format":NaN,"arrays":[],"header":{}}',
        b'{"format":1,"arrays":[],"header":{}}',
    ],
)
def test_headers_that_are_not_sealed_json_are_refused(path: Path, raw: bytes) -> None:
    refuse_leanly(path, forge(raw))


@pytest.mark.parametrize("value", ["[]", "{}", '{"a":1}', '"\\u732b"', "1e9"])
def test_json_that_grows_when_parsed_needs_at_most_the_promised_32_mebibytes(
    path: Path, value: str
) -> None:
    for number in (2**17 - 20, 2**20):
        values = ",".join([value] * (number // max(1, value.count(":") + value.count("{") + 1)))
        text = f'"format":1,"arrays":[],"header":[{values}]}}'.encode()
        refuse_leanly(path, forge(archive._seal(text)), slack=32 << 20)


def test_a_long_table_is_refused_in_time_and_memory(path: Path) -> None:
    entries = [entry(name=f"a{n}") for n in range(4000)]
    refuse_leanly(path, forge(seal(document(*entries))), slack=32 << 20)


def test_text_that_widens_when_decoded_needs_the_promised_memory(path: Path) -> None:
    text = b'"format":1,"arrays":[],"header":"\\ud83d\\udc31' + b"a" * (2**21 - 200) + b'"}'
    refuse_leanly(path, forge(archive._seal(text)), slack=32 << 20)


class Evil:
    """Unpickling it would be noticed."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return exec, ("raise SystemExit('code in a checkpoint was run')",)


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as zipped:
        for name, data in members.items():
            zipped.writestr(f"{name}.npy", data)
    return stream.getvalue()


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def archives(sound: bytes) -> Iterator[tuple[str, bytes]]:
    """What another zip program could make of, or pass for, a checkpoint."""
    with np.load(io.BytesIO(sound)) as file:
        content = {name: file[name] for name in file.files}
    for name, function in (("again", np.savez), ("compressed", np.savez_compressed)):
        stream = io.BytesIO()
        function(stream, allow_pickle=False, **content)
        yield name, stream.getvalue()
    members = {name: npy(array) for name, array in content.items()}
    yield "zipfile", packed(members)
    evil = npy(np.array([Evil()], dtype=object))
    yield "object array", packed({**members, "weights/W": evil})
    yield "object header", packed({**members, "header": evil})
    yield "bomb", packed({**members, "big": npy(np.zeros(10**7))}, zipfile.ZIP_DEFLATED)
    yield "bomb in front", packed({"header": npy(np.zeros(10**7, np.uint8))}, zipfile.ZIP_DEFLATED)
    yield "path", packed({**members, "../../x": npy(np.zeros(3))})
    head = npz.Member("header", "|u1", (10**7,), 0)
    yield "header declared longer than the file", head.frame + b"{}"
    yield "comment", sound[:-2] + b"\x05\x00hello"
    yield "in front", b"#!/bin/sh\n" + sound
    yield "behind", sound + b"\0"
    yield "two", sound + sound
    end = sound.rindex(b"PK\x05\x06")
    first = sound.index(b"PK\x01\x02")
    second = sound.index(b"PK\x01\x02", first + 4)
    yield (
        "overlapping",
        sound[: second + 42] + sound[first + 42 : first + 46] + sound[second + 46 :],
    )
    yield "zip64", sound[:end] + b"PK\x06\x07" + bytes(16) + sound[end:]
    local = sound.index(b"PK\x03\x04", 4)
    yield "member twice", sound[:first] + sound[local:first] + sound[first:]


def test_archives_of_other_programs_are_refused(path: Path, sound: bytes) -> None:
    for name, content in archives(sound):
        assert content != sound, name
        refuse_leanly(path, content)


def test_parts_of_two_checkpoints_in_one_file_are_refused(path: Path, sound: bytes) -> None:
    """Each part alone is sound, but they were not saved together."""
    save(path, {"step": 4, "vocabulary": "ab"}, {"weights/W": np.eye(3, dtype=np.float32) * 2})
    other = path.read_bytes()
    first = other.index(b"PK\x03\x04", 4)
    data = other[first : other.index(b"PK\x01\x02")]
    start = sound.index(b"PK\x03\x04", 4)
    refuse(path, sound[:start] + data + sound[start + len(data) :])


def test_a_reader_that_trusted_the_digests_would_be_found_out(
    path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the tests above can fail: only the digests tell a changed weight."""
    place = sound.index(np.eye(3, dtype=np.float32).tobytes())
    changed = sound[:place] + b"\1" + sound[place + 1 :]
    assert "'weights/W' is not what was saved" in refuse(path, changed)
    monkeypatch.setattr("charlstm.store.archive._digest", lambda _: ANY)
    assert load(path).arrays["weights/W"][0, 0] != 1

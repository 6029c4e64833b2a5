"""What a file that is no plain text is, by its first bytes, and how one gets at its text."""

from charlstm.errors import CorpusError

GZIP = b"\x1f\x8b"

_SAVE = "save what it holds as plain text first"
_UNPACK = "unpack it and name the texts in it, or their folder"
# The first bytes, what begins with them, and what to do.
KINDS = (
    ((GZIP,), "gzip data within gzip data", "unpack it first, with gunzip"),
    ((b"BZh",), "bzip2 data", "unpack it first, with bunzip2"),
    ((b"\xfd7zXZ\0",), "xz data", "unpack it first, with unxz"),
    ((b"\x28\xb5\x2f\xfd",), "zstd data", "unpack it first, with unzstd"),
    ((b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"), "a 7z or rar archive", _UNPACK),
    ((b"\0\5\x16\7",), "macOS's note on another file", "name that file, without ._"),
    ((b"%PDF-",), "a PDF", "take its text out first, with pdftotext"),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), "an old office document", _SAVE),
    ((b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"), "a picture", "name a text"),
    ((b"\x93NUMPY",), "a NumPy array", "name a text"),
    ((b"SQLite format 3\0",), "an SQLite database", _SAVE),
)
# The same for zip archives, by the name of their first member; any name begins with the last.
ZIPPED = (
    (b"header.npy", "a checkpoint", "name a text; --init-from goes on from a checkpoint"),
    (b"[Content_Types].xml", "an office document", _SAVE),
    (b"mimetype", "an office document or an e-book", _SAVE),
    (b"", "a zip archive", _UNPACK),
)
MARKS = (  # UTF-32 first: its mark begins as that of UTF-16
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# Which of four bytes in turn are low, below 16. The upper bytes of most alphabets are so in UTF-16.
LOW: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, False, True, True): "utf-32-le",
    (True, True, False, False): "utf-32-be",
}


def refuse_other_kinds(name: str, start: bytes) -> None:
    """Refuse the file `name` if its first bytes `start` show that it is no plain text.

    Raises:
        CorpusError: which says what the file is, and what to do.
    """
    for kind, cure in _kinds(start):
        raise CorpusError(f"{name} is {kind}, not text; {cure} (--tokens byte reads raw bytes)")


def _kinds(start: bytes) -> list[tuple[str, str]]:
    """What begins so and what to do, or nothing for what may be text."""
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # the latter is empty
        first = start[30 : 30 + int.from_bytes(start[26:28], "little")]
        return [(kind, cure) for name, kind, cure in ZIPPED if first.startswith(name)][:1]
    if start[257:262] == b"ustar":
        return [("a tar archive", _UNPACK)]
    if start.startswith(b"BZh") and start[4:10] != b"1AY&SY":  # three letters may be text
        return []
    return [(kind, cure) for signs, kind, cure in KINDS if start.startswith(signs)]


def wide_encoding(start: bytes) -> str | None:
    """The UTF-16 or UTF-32 in which a text seems to be, by its first bytes."""
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    if len(start) < 16 or 0 not in start:
        return None
    parts = (start[n::4] for n in range(4))
    return LOW.get(tuple(sum(byte < 16 for byte in part) > 0.7 * len(part) for part in parts))

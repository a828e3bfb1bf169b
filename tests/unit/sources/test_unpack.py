"""gzip and zip come off; what is damaged is said in one line."""

import gzip
import zipfile
from io import BytesIO

import pytest

from barograph.core.errors import InputError, LayoutError
from barograph.sources import unpack as module
from barograph.sources.unpack import unpack


def boxed(*names: str, content: bytes = b"a,b\n1,2\n") -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_plain_content_comes_back() -> None:
    assert unpack(b"a,b") == b"a,b"


def test_gzip_and_zip_come_off() -> None:
    assert unpack(gzip.compress(b"a,b")) == b"a,b"
    assert unpack(boxed("folder/", "__MACOSX/x.csv", "x.csv", "x.csv.CHECKSUM")) == b"a,b\n1,2\n"


@pytest.mark.parametrize("cut", [5, 40, -10])
def test_a_truncated_zip_is_refused(cut: int) -> None:
    with pytest.raises(LayoutError, match="mine is a truncated or damaged zip of"):
        unpack(boxed("x.csv")[:cut], "mine")


def test_a_truncated_gzip_is_refused() -> None:
    with pytest.raises(LayoutError, match="mine is a truncated or damaged gzip of"):
        unpack(gzip.compress(b"a,b" * 1000)[:-6], "mine")


def test_a_flipped_byte_is_noticed() -> None:
    content = bytearray(boxed("x.csv", content=bytes(range(256)) * 8))
    content[60] ^= 0xFF
    with pytest.raises(LayoutError, match="damaged zip"):
        unpack(bytes(content), "mine")


@pytest.mark.parametrize(
    ("names", "said"), [((), "no file"), (("a.csv", "b.csv"), r"a\.csv, b\.csv")]
)
def test_a_zip_holds_one_data_file(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(LayoutError, match=f"holds {said}; a zip must hold exactly one"):
        unpack(boxed(*names), "mine")


def test_nothing_inside_is_empty_too() -> None:
    with pytest.raises(InputError, match="unpacks to an empty file"):
        unpack(gzip.compress(b""), "mine")


def test_a_trap_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 4)
    with pytest.raises(LayoutError, match="would unpack to 8 bytes"):
        unpack(boxed("x.csv"), "mine")

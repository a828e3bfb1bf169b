"""Take the wrapping (gzip, zip) off what a supplier sent."""

import gzip
import zipfile
import zlib
from io import BytesIO
from typing import Final

from barograph.core.errors import InputError, LayoutError

GZIP: Final = b"\x1f\x8b"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
LARGEST: Final = 4 * 1024**3
"""Bytes a zip's member may unpack to; a larger one is taken for a trap."""


def unpack(content: bytes, name: str = "content") -> bytes:
    """Uncompressed content; content that is not compressed comes back as it is.

    Parameters
    ----------
    content : bytes
        As sent.
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        If there is nothing in it.
    LayoutError
        If the wrapping is cut short or damaged, or a zip does not hold exactly one data file.
    """
    if not content.strip():
        raise InputError(f"{name} is empty ({len(content)} bytes); fetch it again or leave it out")
    if content.startswith(GZIP):
        return _filled(_gunzip(content, name), name)
    if content.startswith(ZIP):
        return _filled(_unzip(content, name), name)
    return content


def _filled(content: bytes, name: str) -> bytes:
    if not content.strip():
        raise InputError(f"{name} unpacks to an empty file; fetch it again or leave it out")
    return content


def _gunzip(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise LayoutError(_damaged("gzip", content, name, error)) from error


def _unzip(content: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            held = [member for member in archive.infolist() if _is_data(member)]
            if len(held) != 1:
                names = ", ".join(member.filename for member in held[:5]) or "no file"
                raise LayoutError(f"{name} holds {names}; a zip must hold exactly one data file")
            if held[0].file_size > LARGEST:
                raise LayoutError(f"{name} would unpack to {held[0].file_size} bytes; unzip it")
            return archive.read(held[0])
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise LayoutError(_damaged("zip", content, name, error)) from error


def _is_data(member: zipfile.ZipInfo) -> bool:
    junk = member.filename.startswith("__MACOSX") or member.filename.endswith(".CHECKSUM")
    return not member.is_dir() and not junk


def _damaged(kind: str, content: bytes, name: str, error: Exception) -> str:
    reason = " ".join(str(error).split())
    size = len(content)
    return f"{name} is a truncated or damaged {kind} of {size} bytes ({reason}); fetch it again"

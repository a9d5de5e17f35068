"""Small damage, made systematically: what every signed or parsed artefact must withstand."""

from collections.abc import Iterator

__all__ = ["flip", "one_byte_changes", "truncations", "whole_file_damage"]


def one_byte_changes(data: bytes) -> Iterator[bytes]:
    """`data` with one byte changed, each byte in four ways: lowest bit, case bit, highest bit, plus one."""
    for position, byte in enumerate(data):
        for changed in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, (byte + 1) % 256}:
            yield data[:position] + bytes([changed]) + data[position + 1 :]


def truncations(data: bytes) -> Iterator[bytes]:
    """Every proper beginning and every proper end of `data`, and `data` with one byte left out."""
    for position in range(len(data)):
        yield data[:position]
        yield data[position + 1 :]
        yield data[:position] + data[position + 1 :]


def flip(data: bytes, position: int) -> bytes:
    """Return `data` with one bit of the byte at `position` turned: bit 0 of byte 0, bit 1 of byte 1, and so on."""
    return data[:position] + bytes([data[position] ^ 1 << position % 8]) + data[position + 1 :]


def whole_file_damage(data: bytes) -> Iterator[tuple[str, bytes | None]]:
    """Yield (what was done, the file after it); None: the file is gone. Never the file as it was."""
    done = {data}
    lines = data.splitlines(keepends=True)
    cases = {
        "removed": None,
        "emptied": b"",
        "cut by a byte": data[:-1],
        "cut in half": data[: len(data) // 2],
        "cut to a byte": data[:1],
        "begun late": data[1:],
        "last line cut": b"".join(lines[:-1]),
        "first line cut": b"".join(lines[1:]),
        "last line doubled": data + b"".join(lines[-1:]),
        "lines turned round": b"".join(reversed(lines)),
        "extended by a newline": data + b"\n",
        "extended by a zero": data + b"\0",
        "extended by itself": data + data,
        "line ends of Windows": data.replace(b"\n", b"\r\n"),
    }
    for name, damaged in cases.items():
        if damaged is None or damaged not in done:
            done.add(damaged or b"")
            yield name, damaged

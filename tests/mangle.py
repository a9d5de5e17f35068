"""Small damage, made systematically: what every signed or parsed artefact must withstand."""

from collections.abc import Iterator

__all__ = ["one_byte_changes", "truncations"]


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

"""Packs texts as scripts do: the slow, obvious way back from what is unpacked."""

import base64
import gzip
import zlib
from collections.abc import Callable


def pack(data: bytes, steps: list[str]) -> str:
    """Code *data* by *steps*, the first one first, and give the text that comes of it."""
    for step in steps:
        name, _, argument = step.partition(":")
        data = CODERS[name](data, argument)
    return data.decode()


def deflate(data: bytes, _: str) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def combine(data: bytes, argument: str) -> bytes:
    key = bytes.fromhex(argument)
    return bytes(each ^ key[n % len(key)] for n, each in enumerate(data))


CODERS: dict[str, Callable[[bytes, str], bytes]] = {
    "utf-16": lambda data, _: data.decode().encode("utf-16-le"),
    "gzip": lambda data, _: gzip.compress(data, mtime=0),
    "zlib": lambda data, _: zlib.compress(data),
    "deflate": deflate,
    "xor": combine,
    "base64": lambda data, _: base64.b64encode(data),
    "base64-url": lambda data, _: base64.urlsafe_b64encode(data),
    "hex": lambda data, _: data.hex().encode(),
    "hex-numbers": lambda data, _: ", ".join(f"0x{each:02x}" for each in data).encode(),
    "numbers": lambda data, _: ",".join(str(each) for each in data).encode(),
    "lines": lambda data, _: b"\r\n".join(data[n : n + 76] for n in range(0, len(data), 76)),
    "pieces": lambda data, _: b"'\n$s += '".join(data[n : n + 50] for n in range(0, len(data), 50)),
    "quote": lambda data, argument: argument.encode().replace(b"PAYLOAD", data),
}

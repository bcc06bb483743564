import random

import pytest

from packing import pack
from sidelight.analytics.contents import MOST_INFLATED
from sidelight.analytics.unpack import LEVELS, MOST_BYTES, MOST_LAYERS, Layer, is_packed, unpack

INNER = "Write-Output 'it is a quiet day at the exchange'"


def hows(text: str) -> list[tuple[str, ...]]:
    return [layer.how for layer in unpack(text)]


def test_the_text_itself_is_the_first_layer() -> None:
    assert unpack("") == (Layer((), ""),)
    assert unpack("Get-Service") == (Layer((), "Get-Service"),)
    assert not is_packed("Get-Service -Name spooler | Restart-Service")


@pytest.mark.parametrize(
    ("steps", "how"),
    [
        (["base64"], ("base64",)),
        (["base64-url"], ("base64",)),
        (["utf-16", "base64"], ("base64", "utf-16")),
        (["gzip", "base64"], ("base64", "gzip")),
        (["zlib", "base64"], ("base64", "zlib")),
        (["deflate", "base64", "quote:DeflateStream PAYLOAD"], ("base64", "deflate")),
        (["utf-16", "gzip", "base64"], ("base64", "gzip", "utf-16")),
        (["gzip", "zlib", "base64"], ("base64", "zlib", "gzip")),
        (["xor:23", "base64", "quote:-bxor 35 'PAYLOAD'"], ("base64", "xor 0x23")),
        (["xor:23", "hex", "quote:-bxor 0x23 'PAYLOAD'"], ("hex", "xor 0x23")),
        (["hex"], ("hex",)),
        (["utf-16", "hex"], ("hex", "utf-16")),
        (["hex-numbers"], ("numbers",)),
        (["numbers"], ("numbers",)),
        (["base64", "lines", "quote:@'\nPAYLOAD\n'@"], ("base64",)),
        (["base64", "pieces", "quote:$s = 'PAYLOAD'"], ("concatenation", "base64")),
    ],
)
def test_what_was_packed_is_unpacked(steps: list[str], how: tuple[str, ...]) -> None:
    text = pack((INNER * 3).encode(), steps)
    assert is_packed(text)
    assert Layer(how, INNER * 3) in unpack(f"x y {text} z")


def test_levels_are_opened_as_many_as_asked() -> None:
    text = pack(INNER.encode(), ["quote: PAYLOAD ", "base64"] * 5)
    assert len(unpack(text)) == 1 + LEVELS
    assert len(unpack(text, levels=5)) == 6
    assert unpack(text, levels=5)[-1].text.strip() == INNER
    assert len(unpack(text, levels=1)) == 2


def test_a_rewritten_text_is_on_the_level_of_its_origin() -> None:
    inner = pack(INNER.encode(), ["base64"])
    layers = unpack(f"IEX ('{inner[:30]}' + '{inner[30:]}')", levels=1)
    assert (("concatenation", "base64"), INNER) in [(each.how, each.text) for each in layers]


def test_noise_is_no_layer() -> None:
    noise = random.Random(7).randbytes(3000)
    for steps in (["base64"], ["hex"], ["base64", "quote:-bxor 35 deflate 'PAYLOAD'"]):
        assert hows(pack(noise, steps)) == [()]


def test_a_bomb_is_unpacked_up_to_its_limit_and_the_whole_too() -> None:
    bombs = [pack(bytes([65 + n]) * (8 << 20), ["gzip", "base64"]) for n in range(8)]
    layers = unpack(" ".join(bombs))
    assert max(len(layer.text) for layer in layers[1:]) == MOST_INFLATED
    assert sum(len(layer.text) for layer in layers[1:]) <= MOST_BYTES


def test_layers_are_counted() -> None:
    text = " ".join(pack(f"{INNER} {n}".encode(), ["base64"]) for n in range(3 * MOST_LAYERS))
    assert len(unpack(text)) == MOST_LAYERS


def test_the_same_text_twice_is_one_layer() -> None:
    inner = pack(INNER.encode(), ["base64"])
    assert len(unpack(f"{inner} {inner}")) == 2


def test_a_program_is_not_searched_for_more() -> None:
    program = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"
    inner = pack(INNER.encode(), ["base64"]).encode()
    [_, layer] = unpack(pack(program + b" " + inner, ["base64"]))
    assert layer.binary == "a Windows program"
    assert layer.text.encode("latin-1").startswith(b"MZ")

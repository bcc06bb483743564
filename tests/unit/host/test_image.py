"""Headers of PE images, and their code as the loader lays it out."""

import struct

import pytest

from minidump_writer import BASE, PAGE, image_bytes
from sidelight.host.image import Code, image_of, wiped_image_of

ELSEWHERE = 0x180000000


def code(data: bytes, base: int = ELSEWHERE) -> Code:
    image = image_of(data)
    assert image is not None
    return Code(data, image, base)


@pytest.mark.parametrize("wide", [False, True])
def test_headers_are_read(wide: bool) -> None:
    image = image_of(image_bytes(wide=wide, base=0x400000, stamp=7))
    assert image is not None
    assert (image.base, image.stamp, image.size) == (0x400000, 7, 3 * PAGE)
    assert [section.executable for section in image.sections] == [True, False]


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, b"XX"), (60, b"\xff\xff\xff\xff"), (128, b"XX"), (132, b"\0\0"), (152, b"\x0b\x01")],
)
def test_one_byte_off_is_no_image(at: int, value: bytes) -> None:
    data = image_bytes()
    assert image_of(data[:at] + value + data[at + len(value) :]) is None


@pytest.mark.parametrize("marks", [(0, 2), (128, 2), (0, 132)])
def test_a_header_is_known_without_its_marks(marks: tuple[int, int]) -> None:
    data = image_bytes()[:PAGE]
    at, size = marks
    wiped = data[:at] + bytes(size) + data[at + size :]
    assert image_of(wiped) is None
    assert wiped_image_of(wiped) is not None
    assert wiped_image_of(data) is None
    assert wiped_image_of(wiped.replace(struct.pack("<H", 0x8664), b"\0\0")) is None


def test_addresses_are_moved_with_the_base() -> None:
    body = struct.pack("<Q", BASE + 5).rjust(16, b"\x90")
    found = code(image_bytes(body, relocations=[PAGE + 8])).page(PAGE)
    assert found is not None
    assert found[0][:16] == struct.pack("<Q", ELSEWHERE + 5).rjust(16, b"\x90")


def test_an_address_across_two_pages_is_passed_over_in_both() -> None:
    body = b"\x90" * 2 * PAGE
    here = code(image_bytes(body, relocations=[2 * PAGE - 4]))
    first, second = here.page(PAGE), here.page(2 * PAGE)
    assert first is not None
    assert second is not None
    assert (first[1], second[1]) == (((PAGE - 4, PAGE),), ((0, 4),))


def test_what_the_loader_writes_is_passed_over() -> None:
    found = code(image_bytes(imports=(PAGE + 16, 32))).page(PAGE)
    assert found is not None
    assert found[1] == ((16, 48),)


def test_only_code_that_may_not_be_written_to_is_given() -> None:
    assert code(image_bytes()).page(0) is None
    assert code(image_bytes()).page(2 * PAGE) is None
    assert code(image_bytes(writable=True)).page(PAGE) is None
    assert code(image_bytes()[: PAGE + 9]).page(PAGE) is None

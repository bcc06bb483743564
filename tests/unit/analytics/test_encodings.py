import pytest

from packing import pack
from sidelight.analytics.encodings import cut_runs, decode_base64, find_coded, hides

TEXT = b"Write-Output 'it is a quiet day at the exchange'"


def coded(text: str) -> list[tuple[str, bytes]]:
    runs, rest = cut_runs(text.encode())
    found = find_coded(rest, runs, hidden=hides(rest))
    return [(each.how, each.data) for each in found]


def test_a_run_is_cut_out_of_its_text() -> None:
    run = pack(TEXT, ["base64"])
    runs, rest = cut_runs(f"a {run} b".encode())
    assert runs == [run.rstrip("=").encode()]
    assert rest == b"a = b" if not run.endswith("=") else rest.startswith(b"a ==")


@pytest.mark.parametrize(
    "text",
    [
        "Microsoft/Windows/CurrentVersion/Explorer/Shell",
        "InternalGetSystemConfigurationManagerSettings",
        "d41d8cd98f00b204e9800998ecf8427ee3b0c44298fc1c149afbf4c8996fb924",
        "10.0.19041.1 {0b0d5a2e-9f1c-4f44-8a53-2d5f3a1b9c77}",
        "1,2,3,4,5,6,7,8,9,10",
        "0x1,0x2,0x3",
        "300,301,302,303,304,305,306,307,308,309,310,311,312,313,314,315,316",
    ],
)
def test_words_paths_hashes_and_short_lists_are_not_coded(text: str) -> None:
    assert coded(text) == []


def test_any_long_run_is_taken_where_something_hides_how_it_begins() -> None:
    data = bytes(range(200, 248))
    run = pack(data, ["base64"])
    assert coded(run) == []
    assert coded(f"{run} -bxor 3") == [("base64", data)]
    assert ("hex", data) in coded(f"{data.hex()} ^ 0x3")


def test_words_of_a_transformation_are_words_of_their_own() -> None:
    assert hides(b"$a -BXOR 3")
    assert hides(b"IO.Compression.DeflateStream")
    assert not hides(b"FluxorBoxOr")


def test_lines_are_one_block() -> None:
    data = TEXT * 5
    assert coded(pack(data, ["base64", "lines"])) == [("base64", data)]


def test_both_alphabets_are_read() -> None:
    data = b"????>>>>" * 6
    assert "_" in pack(data, ["base64-url"])
    assert ("base64", data) in coded(pack(data, ["base64-url"]))
    assert coded(pack(data, ["base64"])) == [("base64", data)]


def test_signed_numbers_are_bytes() -> None:
    assert coded("Array(-4,-24,-126,0, 0,0,96,-119,-27,49,-64,100,-117,80,48,-117,82)") == [
        ("numbers", bytes.fromhex("fce8820000006089e531c0648b50308b52"))
    ]


@pytest.mark.parametrize("form", ["0x{:02X}, ", "&H{:02x},", "\\x{:02x}", "0x{:x},`\n "])
def test_hexadecimal_numbers_are_bytes(form: str) -> None:
    assert coded("".join(form.format(each) for each in TEXT)) == [("numbers", TEXT)]


def test_what_is_cut_off_is_decoded_as_far_as_it_goes() -> None:
    assert decode_base64(b"QUJDREVG") == b"ABCDEF"
    assert decode_base64(b"QUJDREV") == b"ABCDE"
    assert decode_base64(b"QUJDRE") == b"ABCD"
    assert decode_base64(b"QUJDR") == b"ABC"
    assert decode_base64(b"") == b""

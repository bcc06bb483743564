import pytest

from analytic_cases import Event, estate_of, load
from sidelight.analytics.ownership import reasons

FOLDER = "C:\\Users\\anna\\AppData\\Roaming\\Media\\"
PLAYER = FOLDER + "player.exe"


def weigh(*events: Event, name: str = "codec.dll") -> dict[str, int]:
    """Give the reasons about one library, text to points."""
    estate = estate_of(events)
    judged = next(each for each in estate.loads if each.library.name == name)
    return {reason.text: reason.points for reason in reasons(judged, estate)}


def said(found: dict[str, int], word: str) -> int | None:
    """Give the points of the reason that has a word in it."""
    return next((points for text, points in found.items() if word in text), None)


SELF = load(PLAYER, PLAYER, "Acme GmbH", OriginalFileName="player.exe", Company="Acme GmbH")
CODEC = load(PLAYER, FOLDER + "codec.dll", "-")


def test_an_unsigned_library_beside_a_signed_program_weighs_by_who_can_write_there() -> None:
    inside = r"C:\Program Files\Media" + "\\"
    own = load(inside + "player.exe", inside + "player.exe", "Acme GmbH")
    protected = weigh(own, load(inside + "player.exe", inside + "codec.dll", "-"))
    assert (said(weigh(SELF, CODEC), "carries"), said(protected, "carries")) == (45, 20)


def test_an_unsigned_program_has_unsigned_libraries() -> None:
    own = load(PLAYER, PLAYER, "-")
    found = weigh(own, CODEC)
    assert said(found, "habit") == -10
    assert sum(found.values()) < 20


def test_a_renamed_program_is_named_so() -> None:
    renamed = {**SELF, "OriginalFileName": "recorder.exe"}
    assert said(weigh(renamed, CODEC), "not by its name") == 20
    for spelled in ("Player.EXE", "player", "player.exe.mui", "player64.exe", "-", "?"):
        assert (
            said(weigh({**SELF, "OriginalFileName": spelled}, CODEC), "not by its name") is None
        ), spelled


def test_others_in_the_folder_speak_by_how_they_are_signed() -> None:
    signed = [load(PLAYER, f"{FOLDER}{n}.dll", "Acme GmbH") for n in range(3)]
    unsigned = [load(PLAYER, f"{FOLDER}{n}.dll", "-") for n in range(3)]
    assert said(weigh(SELF, CODEC, *signed), "while the 3 others") == 10
    assert said(weigh(SELF, CODEC, *unsigned), "not signed either") == -30
    assert said(weigh(SELF, CODEC, *unsigned[:2]), "not signed either") is None
    deep = [load(PLAYER, f"{FOLDER}plugins\\{n}.dll", "-") for n in range(3)]
    assert said(weigh(SELF, CODEC, *deep), "not signed either") == -20


def test_two_siblings_tell_the_signer_where_the_program_does_not() -> None:
    signed = [load(PLAYER, f"{FOLDER}{n}.dll", "Acme GmbH") for n in range(2)]
    assert said(weigh(CODEC, *signed), "'Acme GmbH'") == 45
    assert said(weigh(CODEC, signed[0]), "'Acme GmbH'") is None
    shipped = [load(PLAYER, f"{FOLDER}vcruntime14{n}.dll", "Microsoft") for n in range(2)]
    assert said(weigh(CODEC, *shipped), "'Microsoft'") is None


@pytest.mark.parametrize(
    ("signer", "name", "points"),
    [
        ("Harbour Trading Ltd", "codec.dll", 15),
        ("ACME GmbH", "codec.dll", None),
        ("Acme International Inc.", "codec.dll", None),
        ("Microsoft Corporation", "codec.dll", None),
        ("Harbour Trading Ltd", "msvcp140.dll", None),
    ],
)
def test_a_valid_signature_of_somebody_else_speaks(
    signer: str, name: str, points: int | None
) -> None:
    found = weigh(SELF, load(PLAYER, FOLDER + name, signer), name=name)
    assert said(found, "which is not") == points


def test_a_foreign_signature_that_others_have_too_is_partly_taken_back() -> None:
    foreign = [load(PLAYER, f"{FOLDER}{n}.dll", "Codec Makers") for n in ("codec", "b")]
    assert sum(weigh(SELF, *foreign).values()) == 5


def test_known_pairs_ask_for_their_signers() -> None:
    path, host = FOLDER + "libvlc.dll", {**SELF, "OriginalFileName": "vlc.exe"}
    for signer, points in (("-", 35), ("VideoLAN", -60), ("Harbour Trading Ltd", 35), (None, None)):
        found = weigh(host, load(PLAYER, path, signer), name="libvlc.dll")
        assert said(found, "videolan") == points or said(found, "VideoLAN") == points, signer
    nameless = load(PLAYER, path, "x")
    del nameless["Signature"]
    assert said(weigh(host, nameless, name="libvlc.dll"), "should be signed") is None
    stranger = weigh(SELF, load(PLAYER, path, "-"), name="libvlc.dll")
    assert said(stranger, "should be signed") is None


def test_what_many_hosts_load_is_no_surprise() -> None:
    many = [{**CODEC, "host": f"WS{n}"} for n in range(2, 6)]
    assert said(weigh(CODEC, *many), "4 other hosts") == -15
    assert said(weigh(CODEC, *many[:-1]), "other hosts") is None


def test_modules_that_an_interpreter_is_told_to_load_weigh_less() -> None:
    addon = load(PLAYER, FOLDER + "binding.node", "-")
    assert said(weigh(SELF, addon, name="binding.node"), "by its path") == -25

import hashlib

import pytest

from sidelight.analytics.sightings import digests_of, disagreements, file_key, shared
from sidelight.analytics.suspicion import Cited, Reason, Sighting, Suspicion
from sidelight.schema import NO_TIME

DLL = r"C:\Program Files\Player\codec.dll"
ROOTED = "/Program Files/Player/codec.dll"
HERE = (("sha256", "aa" * 32),)
THERE = (("sha256", "bb" * 32),)


def sighted(surface, path=DLL, **says):
    row = Cited("s", 1, "c", "7", says.pop("time", NO_TIME), "", "", ())
    return Sighting(surface, path, row, **says)


def about(*files, host="WS1"):
    return Suspicion(
        "sideload.load", "sideload", "t", host, (), (), (Reason(50, "r"),), files=files
    )


def test_a_path_is_the_same_however_a_surface_spells_it():
    assert (
        len({file_key(path) for path in [DLL, ROOTED, r"\\?\c:\PROGRAM files\player\codec.DLL"]})
        == 1
    )
    assert file_key(r"D:\x\a.dll") != file_key(r"D:\y\a.dll")
    assert file_key("/tmp/c:/a.so") == "/tmp/c:/a.so"


def test_digests_are_read_whatever_their_case_and_imphash_is_none():
    text = f"MD5={'0A' * 16},sha256={'AB' * 32},IMPHASH={'0B' * 16}"
    assert digests_of(text) == (("md5", "0a" * 16), ("sha256", "ab" * 32))
    assert digests_of("-") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (sighted("log"), sighted("disk", ROOTED), True),
        (sighted("log"), sighted("log", ROOTED), False),
        (sighted("log"), sighted("disk", "/Program Files/Player/codec2.dll"), False),
        (sighted("log", digests=HERE), sighted("disk", "/moved.dll", digests=HERE), True),
        (sighted("log", digests=HERE), sighted("disk", "/moved.dll", digests=THERE), False),
    ],
)
def test_files_are_shared_by_path_or_digest_across_surfaces_only(one, other, same):
    names = shared([about(one), about(other)])
    assert bool(names[0] & names[1]) is same
    assert bool(names[0]) is bool(names[1]) is same


def test_hosts_keep_their_files_apart():
    names = shared([about(sighted("log")), about(sighted("disk"), host="WS2")])
    assert names == [frozenset(), frozenset()]
    names = shared([about(sighted("log")), about(sighted("disk"), host="ws1")])
    assert names[0] == names[1] != frozenset()


def test_evidence_without_a_host_goes_to_the_one_host_with_path_and_digest():
    disk = about(sighted("disk", ROOTED, digests=HERE), host="")
    first, second = (about(sighted("log", digests=HERE), host=name) for name in ("WS1", "WS2"))
    names = shared([disk, first])
    assert names[0] & names[1]
    names = shared([disk, first, second])
    assert not names[0] & (names[1] | names[2])
    elsewhere = about(sighted("log", r"C:\other.dll", digests=HERE))
    assert not shared([disk, elsewhere])[0]


def test_without_any_host_path_and_digest_both_have_to_agree():
    core, disk = sighted("memory", digests=HERE), sighted("disk", ROOTED, digests=HERE)
    names = shared([about(core, host=""), about(disk, host="")])
    assert names[0] & names[1]
    for other in (sighted("disk", ROOTED), sighted("disk", "/other.dll", digests=HERE)):
        assert shared([about(core, host=""), about(other, host="")]) == [frozenset()] * 2


def test_surfaces_that_agree_are_not_said_to_disagree():
    log = sighted("log", digests=HERE, signed=True, signer="Player Ltd")
    disk = sighted("disk", ROOTED, digests=HERE, signed=True, signer="Player Ltd")
    assert disagreements([log, disk]) == ()
    assert disagreements([log, sighted("log", digests=THERE)]) == ()
    assert disagreements([log, sighted("disk", ROOTED, digests=(("md5", "cc" * 16),))]) == ()


def test_another_digest_or_signature_is_said():
    log = sighted("log", digests=HERE, signed=False, time=0)
    disk = sighted("disk", ROOTED, digests=THERE, signed=True, signer="Player Ltd")
    first, second = disagreements([disk, log])
    assert first == (
        f"{DLL} has the SHA256 aaaaaaaaaaaaaaaa… for event logs at 1970-01-01T00:00:00Z "
        "and bbbbbbbbbbbbbbbb… for the disk: it was replaced in between."
    )
    assert second == (
        f"{DLL} is not validly signed for event logs and validly signed by Player Ltd for the disk."
    )


def test_a_file_that_is_clean_on_disk_and_different_in_memory_is_said():
    disk = sighted("disk", ROOTED, signed=True)
    memory = sighted("memory", state="changed")
    [text] = disagreements([disk, memory])
    assert text == f"{ROOTED} is validly signed for the disk, and its code in memory is another."
    [text] = disagreements([sighted("disk", signed=False), memory])
    assert text == f"{DLL} is there for the disk, and its code in memory is another."


def test_a_file_that_is_deleted_for_one_and_there_for_the_other_is_said():
    disk, live = sighted("disk", "/tmp/a.so"), sighted("live", "/tmp/a.so", state="deleted")
    [text] = disagreements([disk, live])
    assert text == "/tmp/a.so was deleted for the running host and is on the disk."
    assert disagreements([sighted("log", "/tmp/a.so"), live]) == ()


def test_digests_of_nothing_and_of_another_length_are_none():
    empty = hashlib.sha256(b"").hexdigest()
    assert digests_of(f"MD5={'0' * 32},SHA256={empty},SHA1={'ab' * 32}") == ()
    assert digests_of(f"SHA1={'ab' * 20}") == (("sha1", "ab" * 20),)


def test_alike_sightings_disagree_once_and_drives_keep_files_apart():
    logs = [sighted("log", time=n * 10**9, digests=HERE) for n in range(3)]
    [text] = disagreements([*logs, sighted("disk", ROOTED, digests=THERE)])
    assert "at 1970-01-01T00:00:00Z" in text
    assert disagreements([*logs, sighted("memory", "D" + DLL[1:], digests=THERE)]) == ()

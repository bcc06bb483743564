from analytic_cases import estate_of, load, write
from sidelight.analytics.estate import is_void, pair_of

PLAYER = r"C:\Media\player.exe"
CODEC = r"C:\Media\codec.dll"


def test_loads_of_one_library_are_one_and_cite_the_earliest() -> None:
    estate = estate_of(
        [
            load(PLAYER, CODEC, "-", at=9, record=3),
            load(PLAYER.upper(), CODEC.upper(), "-", at=5, record=8, host="ws1"),
            load(PLAYER, CODEC, "Acme", at=1, record=1),
        ]
    )
    unsigned = next(each for each in estate.loads if each.broken)
    assert len(estate.loads) == 2
    assert (len(unsigned.rows), unsigned.cited.record, unsigned.host) == (2, 8, "ws1")


def test_signatures_are_true_false_or_unknown() -> None:
    events = [
        load(PLAYER, r"C:\Media\a.dll", "-"),
        load(PLAYER, r"C:\Media\b.dll", "Acme"),
        load(PLAYER, r"C:\Media\c.dll"),
        load(PLAYER, r"C:\Media\d.dll", "Acme") | {"SignatureStatus": "Revoked"},
    ]
    found = {each.library.name: each for each in estate_of(events).loads}
    assert {name: (each.trusted, each.broken) for name, each in found.items()} == {
        "a.dll": (False, True),
        "b.dll": (True, False),
        "c.dll": (False, False),
        "d.dll": (False, True),
    }
    assert (found["a.dll"].flaw, found["d.dll"].flaw) == ("unsigned", "badly signed")
    assert found["a.dll"].signer == ""


def test_a_version_resource_is_missing_only_where_the_log_says_so() -> None:
    events = [
        load(PLAYER, r"C:\Media\a.dll", "-", Company="-", OriginalFileName="-"),
        load(PLAYER, r"C:\Media\b.dll", "-", Company="?", OriginalFileName="?"),
        load(PLAYER, r"C:\Media\c.dll", "-"),
        load(PLAYER, r"C:\Media\d.dll", "-", Company="-", OriginalFileName="d.dll"),
    ]
    bare = {each.library.name: each.bare for each in estate_of(events).loads}
    assert bare == {"a.dll": True, "b.dll": True, "c.dll": False, "d.dll": False}


def test_what_an_executable_says_of_itself_comes_from_loads_and_starts() -> None:
    start = {"is": "start", "Image": PLAYER, "OriginalFileName": "p.exe", "Company": "Acme"}
    events = [start, load(PLAYER, PLAYER, "Acme"), load(PLAYER, CODEC, "-")]
    estate = estate_of(events)
    [codec] = estate.loads
    known = estate.self_of(codec)
    assert known is not None
    assert (known.signer, known.original, known.company) == ("Acme", "p.exe", "Acme")
    assert estate_of([load(PLAYER, CODEC, "-")]).self_of(codec) is None


def test_siblings_share_the_folder_and_below_is_the_tree_of_the_program() -> None:
    deep = r"C:\Media\plugins\a.dll"
    events = [
        load(PLAYER, CODEC, "-"),
        load(PLAYER, r"C:\Media\b.dll", "-"),
        load(r"C:\Media\other.exe", r"C:\Media\c.dll", "-"),
        load(PLAYER, deep, "-"),
        load(PLAYER, r"C:\Elsewhere\d.dll", "-"),
        load(PLAYER, r"C:\Media\b.dll", "-", host="WS2"),
    ]
    estate = estate_of(events)
    codec = next(e for e in estate.loads if e.library.path == CODEC.lower())
    assert {each.library.name for each in estate.siblings(codec)} == {"b.dll", "c.dll"}
    assert {each.library.name for each in estate.below(codec)} == {"b.dll", "a.dll"}


def test_a_pair_is_counted_once_a_host_and_by_signer() -> None:
    events = [load(PLAYER, CODEC, "Acme", host=f"WS{n}") for n in (1, 2, 2, 3)]
    estate = estate_of([*events, load(PLAYER, CODEC, "-", host="WS9")])
    signed = next(each for each in estate.loads if each.trusted)
    unsigned = next(each for each in estate.loads if each.broken)
    assert pair_of(signed)[0] == "player.exe"
    assert pair_of(signed)[1].endswith("|codec.dll")
    assert pair_of(signed)[2] == "acme"
    assert (estate.hosts_of(signed), estate.hosts_of(unsigned)) == (3, 1)


def test_a_drop_is_the_last_write_before_the_load_on_that_host() -> None:
    events = [
        write(r"C:\a.exe", CODEC, at=1),
        write(r"C:\b.exe", CODEC.upper(), at=3),
        write(r"C:\late.exe", CODEC, at=9),
        write(r"C:\c.exe", CODEC, at=4, host="WS2"),
        write(r"C:\b.exe", r"C:\Media\data.bin", at=2),
        load(PLAYER, CODEC, "-", at=5),
    ]
    estate = estate_of(events)
    [codec] = estate.loads
    drop = estate.drop_of(codec)
    assert drop is not None
    assert drop.image.name == "b.exe"
    blob = estate.batch_of(drop).blob
    assert blob is not None
    assert blob.target.name == "data.bin"


def test_a_process_that_is_not_known_wrote_nothing_beside() -> None:
    events = [
        {"is": "write", "TargetFilename": CODEC},
        {"is": "write", "TargetFilename": r"C:\Media\x.exe"},
    ]
    estate = estate_of(events)
    assert estate.batches == {}


def test_void_texts() -> None:
    assert [text for text in ("", "-", "?", " N/A ", "Unknown", "Acme") if not is_void(text)] == [
        "Acme"
    ]

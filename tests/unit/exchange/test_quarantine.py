import random
from pathlib import Path

import orjson
import pytest

from allies import uuid4
from sidelight.errors import UsageError
from sidelight.exchange.base64url import encoded
from sidelight.exchange.keys import PrivateKey, Trusted, made_key
from sidelight.exchange.packing import pack
from sidelight.exchange.parcel import read_objects
from sidelight.exchange.quarantine import Kept, Outcome, Same, Turned, open_into, read_record
from sidelight.exchange.signature import signed
from sidelight.intel.markings import Marking

AT = "2026-01-01T00:00:00.000Z"
NOW = 1_800_000_000_000_000
A = made_key(b"\1" * 32, "A", "", AT)
B = made_key(b"\2" * 32, "B", "", AT)
RULE = """title: ../../A Rule
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b12
logsource: {product: windows, category: process_creation}
detection:
    program: {Image|endswith: '\\player.exe'}
    condition: program
"""
ALLOW = """[[allow]]
id = "vlc"
owner = "noc@a.example"
reason = "our build"
expires = 2030-12-31
[allow.scope]
subject = '*\\libvlc.dll'
host = "build-1"
"""
BASELINE = (
    b'{"kind":"sidelight-baseline","version":1,"pairs":1,"hosts":["h1"]}\n'
    b'["vlc.exe","libvlc.dll","","other","2026-01-01","2026-01-02","1"]\n'
)
PLAYBOOK = {
    "type": "playbook",
    "spec_version": "cacao-2.0",
    "id": "playbook--a06ccea0-9587-4136-aaa5-347d5015b975",
    "name": "Isolate",
}


def store(*keys: PrivateKey) -> dict[str, Trusted]:
    return {
        each.public.fingerprint: Trusted(
            encoded(each.public.x), each.public.author, each.public.identity, AT, "me", AT
        )
        for each in keys
    }


def write(folder: Path, **files: str | bytes) -> list[Path]:
    made = []
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made.append(path)
    return made


def packed(
    paths: list[Path], key: PrivateKey = A, tlp: Marking = "green", now: int = NOW
) -> list[dict[str, object]]:
    data, _ = pack(paths, key, tlp, now, lambda: uuid4(random.Random(1)))
    found: list[dict[str, object]] = orjson.loads(data)["objects"]
    return found


def opened(
    folder: Path, items: list[dict[str, object]], *keys: PrivateKey, unsigned: bool = False
) -> list[Outcome]:
    objects = [orjson.dumps(each) for each in items]
    return open_into(folder, objects, store(*keys), unsigned=unsigned)


def why(outcomes: list[Outcome]) -> str:
    (turned,) = outcomes
    assert isinstance(turned, Turned), turned
    return turned.why


def files(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_every_kind_comes_out_as_it_went_in(tmp_path: Path) -> None:
    sent = {
        "rule_yml": RULE,
        "ours_toml": ALLOW,
        "quiet_jsonl": BASELINE,
        "isolate_json": orjson.dumps(PLAYBOOK),
    }
    items = packed(write(tmp_path, **sent))
    outcomes = opened(tmp_path / "got", items, A)
    assert all(isinstance(each, Kept) for each in outcomes)
    came = {
        each.kind: (tmp_path / "got" / each.file).read_bytes()
        for each in read_record(tmp_path / "got").values()
    }
    assert came == {
        "sigma-rule": RULE.encode(),
        "allow-list": ALLOW.encode(),
        "baseline": BASELINE,
        "playbook": orjson.dumps(PLAYBOOK),
    }
    assert all(isinstance(each, Same) for each in opened(tmp_path / "got", items, A))
    told = [text for each in outcomes if isinstance(each, Kept) for text in each.warnings]
    assert "names hosts: build-1" in told
    assert "names hosts (1) and pairs of programs (1)" in told


def test_no_name_of_a_sender_leads_out_of_the_folder(tmp_path: Path) -> None:
    opened(tmp_path / "got", packed(write(tmp_path, rule_yml=RULE)), A)
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    assert rule.name.startswith("a-rule-")
    assert files(tmp_path) == sorted(["rule.yml", "got/received.json", f"got/rules/{rule.name}"])


def test_unsigned_unknown_and_changed_are_turned_away_and_leave_nothing(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    rule = items[-1]
    bare = {name: value for name, value in rule.items() if name != "extensions"}
    assert why(opened(tmp_path / "got", [bare], A)) == "nobody signed it"
    assert "not trusted here" in why(opened(tmp_path / "got", items, B))
    changed = rule | {"pattern": RULE.replace("player", "other")}
    for unsigned in (False, True):
        assert "it was changed" in why(opened(tmp_path / "got", [changed], A, unsigned=unsigned))
    assert not (tmp_path / "got").exists()
    for items_ in ([bare], [rule]):
        (kept,) = opened(tmp_path / "got", items_, B, unsigned=True)
        assert isinstance(kept, Kept | Same)
        assert kept.entry.author == ""


def test_a_new_version_replaces_and_an_old_one_does_not(tmp_path: Path) -> None:
    old = packed(write(tmp_path, rule_yml=RULE))
    new = packed(write(tmp_path, rule_yml=RULE.replace("player", "other")), now=NOW + 10**6)
    assert old[-1]["id"] == new[-1]["id"]
    assert old[-1]["created"] == new[-1]["created"]
    opened(tmp_path / "got", old, A)
    assert isinstance(opened(tmp_path / "got", new, A)[0], Kept)
    assert "is older" in why(opened(tmp_path / "got", old, A))
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    assert "other.exe" in rule.read_text()


def test_two_contents_under_one_version_are_an_alarm(tmp_path: Path) -> None:
    opened(tmp_path / "got", packed(write(tmp_path, rule_yml=RULE)), A)
    other = packed(write(tmp_path, rule_yml=RULE.replace("player", "other")))
    assert "somebody changed it" in why(opened(tmp_path / "got", other, A))


def test_what_was_changed_here_is_not_overwritten(tmp_path: Path) -> None:
    opened(tmp_path / "got", packed(write(tmp_path, rule_yml=RULE)), A)
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    rule.write_text(RULE + "# mine\n")
    new = packed(write(tmp_path, rule_yml=RULE + "level: low\n"), now=NOW + 10**6)
    assert "was changed here" in why(opened(tmp_path / "got", new, A))
    assert rule.read_text().endswith("# mine\n")


def test_nobody_aims_at_the_file_of_another_or_of_ones_own(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    opened(tmp_path / "got", items, A, B)
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    bare = {k: v for k, v in items[-1].items() if k != "extensions"}
    near = str(bare["id"])[:-1] + "f"
    aimed = {
        **bare,
        "id": near,
        "created_by_ref": B.public.identity,
        "pattern": RULE + "level: low",
    }
    (kept,) = opened(tmp_path / "got", [signed(aimed, B)], A, B)
    assert isinstance(kept, Kept)
    assert rule.read_text() == RULE
    assert len(list((tmp_path / "got" / "rules").iterdir())) == 2
    (tmp_path / "own" / "rules").mkdir(parents=True)
    (tmp_path / "own" / "rules" / rule.name).write_text("mine")
    assert "did not come from an ally" in why(opened(tmp_path / "own", items, A))


def test_nobody_makes_a_version_of_what_another_made(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    opened(tmp_path / "got", items, A, B)
    stolen = {k: v for k, v in items[-1].items() if k != "extensions"}
    as_b = signed({**stolen, "modified": "2030-01-01T00:00:00.000Z"}, B)
    assert "somebody else made it" in why(opened(tmp_path / "got", [as_b], A, B))
    renamed = signed({**as_b, "extensions": {}, "created_by_ref": B.public.identity}, B)
    assert "what A made" in why(opened(tmp_path / "got", [renamed], A, B))


def test_a_name_like_the_authors_makes_nobody_the_author(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    twin = made_key(b"\3" * 32, "A", "", AT)
    opened(tmp_path / "got", items, A, twin)
    bare = {k: v for k, v in items[-1].items() if k != "extensions"}
    later = {"modified": "2030-01-01T00:00:00.000Z", "created_by_ref": twin.public.identity}
    changed = {**bare, **later, "pattern": RULE + "level: low\n"}
    assert "what A made" in why(opened(tmp_path / "got", [signed(changed, twin)], A, twin))
    gone = signed({**bare, **later, "revoked": True}, twin)
    assert "what A made" in why(opened(tmp_path / "got", [gone], A, twin))
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    assert rule.read_text() == RULE


@pytest.mark.parametrize("noted", [True, False])
def test_another_key_of_the_same_identity_is_of_the_author(tmp_path: Path, noted: bool) -> None:
    fresh = made_key(b"\4" * 32, "A", A.public.identity, AT)
    opened(tmp_path / "got", packed(write(tmp_path, rule_yml=RULE)), A)
    if not noted:  # as an earlier release left it
        path = tmp_path / "got" / "received.json"
        kept = [{k: v for k, v in each.items() if k != "identity"}
                for each in orjson.loads(path.read_bytes())]  # fmt: skip
        path.write_bytes(orjson.dumps(kept))
    new = packed(write(tmp_path, rule_yml=RULE + "level: low\n"), fresh, now=NOW + 10**6)
    assert isinstance(opened(tmp_path / "got", new, A, fresh)[0], Kept)
    (entry,) = read_record(tmp_path / "got").values()
    assert (entry.fingerprint, entry.identity) == (fresh.public.fingerprint, A.public.identity)


def test_a_withdrawal_is_said_and_takes_nothing_away(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    opened(tmp_path / "got", items, A)
    bare = {k: v for k, v in items[-1].items() if k != "extensions"}
    gone = signed({**bare, "revoked": True, "modified": "2030-01-01T00:00:00.000Z"}, A)
    by_nobody = {k: v for k, v in gone.items() if k != "extensions"}
    assert "what A made" in why(opened(tmp_path / "got", [by_nobody], A, unsigned=True))
    assert "is left" in why(opened(tmp_path / "got", [gone], A))
    assert len(list((tmp_path / "got" / "rules").iterdir())) == 1
    later = packed(write(tmp_path, rule_yml=RULE), now=NOW + 10**15)
    for again in (items, later):
        assert "for good" in why(opened(tmp_path / "got", again, A))


def test_a_withdrawal_that_comes_first_keeps_the_rule_out(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE))
    bare = {k: v for k, v in items[-1].items() if k != "extensions"}
    gone = {**bare, "revoked": True, "modified": "2030-01-01T00:00:00.000Z"}
    opened(tmp_path / "one", [gone], A, unsigned=True)
    assert isinstance(opened(tmp_path / "one", items, A)[0], Kept)
    opened(tmp_path / "two", [signed(gone, A)], A)
    assert "for good" in why(opened(tmp_path / "two", items, A))
    assert files(tmp_path / "two") == ["received.json"]


def test_what_was_changed_becomes_ones_own_derived_and_marked_no_looser(tmp_path: Path) -> None:
    items = packed(write(tmp_path, rule_yml=RULE), tlp="amber")
    opened(tmp_path / "got", items, A)
    (rule,) = (tmp_path / "got" / "rules").iterdir()
    with pytest.raises(UsageError, match="the work of A, unchanged"):
        packed([rule], B)
    rule.write_text(RULE.replace("player", "other"))
    with pytest.raises(UsageError, match="marked TLP:AMBER"):
        packed([rule], B, "green")
    *_, made, derived = packed([rule], B, "amber")
    assert made["id"] != items[-1]["id"]
    assert made["created_by_ref"] == B.public.identity
    assert derived["relationship_type"] == "derived-from"
    assert (derived["source_ref"], derived["target_ref"]) == (made["id"], items[-1]["id"])
    (copy,) = write(tmp_path, copy_yml=RULE.replace("player", "third"))
    assert packed([copy], B, "clear")[-1]["type"] == "indicator"
    with pytest.raises(UsageError, match="marked TLP:AMBER"):
        pack([copy], B, "green", NOW, lambda: uuid4(random.Random(1)), rule)
    data, _ = pack([copy], B, "amber", NOW, lambda: uuid4(random.Random(1)), rule)
    assert orjson.loads(data)["objects"][-1]["target_ref"] == items[-1]["id"]
    with pytest.raises(UsageError, match="no file that was received"):
        pack([copy], B, "amber", NOW, lambda: uuid4(random.Random(1)), copy)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rule.yml", b"a: [1", "line"),
        ("rule.yml", b"title: x\n", "no Sigma rule"),
        ("allow.toml", b"[[allow]]\nid='x'\n", "missing"),
        ("allow.toml", b"", "without entries"),
        ("b.jsonl", BASELINE[:-10], "line 2"),
        ("pb.json", b'{"type":"playbook","spec_version":"1.1"}', "no CACAO 2.0"),
        ("pb.json", b"[]", "no CACAO"),
        ("x.exe", b"MZ", "nothing that can be shared"),
        ("x.yml", b"\xff\xfe", "no UTF-8"),
        ("x.yml", b"a" * (4 << 20) + b"a", "more than 4 MiB"),
    ],
)
def test_what_is_nothing_to_defend_with_is_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        packed([path])


@pytest.mark.parametrize(
    "change",
    [{"kind": "drill"}, {"content": 5}, {"content": "[[allow]]"}, {"modified": "now"},
     {"object_marking_refs": []}],
)  # fmt: skip
def test_an_object_that_is_not_as_it_should_be_is_turned_away_though_signed(
    tmp_path: Path, change: dict[str, object]
) -> None:
    item = packed(write(tmp_path, ours_toml=ALLOW))[-1]
    extensions = {k: v for k, v in item["extensions"].items() if "a06ccea0" in k}  # type: ignore[attr-defined]
    damaged = signed({**item, "extensions": extensions, **change}, A)
    assert why(opened(tmp_path / "got", [damaged], A))
    assert not (tmp_path / "got").exists()


def test_a_bundle_is_what_other_tools_read(tmp_path: Path) -> None:
    stix2 = pytest.importorskip("stix2")
    data, _ = pack(
        write(tmp_path, rule_yml=RULE, ours_toml=ALLOW), A, "clear", NOW,
        lambda: uuid4(random.Random(1)),
    )  # fmt: skip
    (tmp_path / "b.json").write_bytes(data)
    bundle = stix2.parse(data, allow_custom=True)
    assert len(bundle.objects) == len(read_objects(tmp_path / "b.json"))
    rule = next(each for each in bundle.objects if each["type"] == "indicator")
    assert (rule.pattern_type, rule.pattern) == ("sigma", RULE)

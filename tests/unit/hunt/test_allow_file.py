from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidelight.errors import UsageError
from sidelight.findings.allowlist import SCOPES, Entry
from sidelight.hunt.allow_file import add_entry, prune_entries, read_allow_file, spell

GOOD = """\
# what the network operations centre vouches for

# the media player of the test lab
[[allow]]
id = "a"
owner = "noc"
reason = "ours"
expires = 2030-01-31
scope = {subject = '*\\codec.dll'}

# the other one
[[allow]]
id = "b"
owner = "noc"
reason = "also ours"
created = 2026-01-01
expires = "2030-01-31"
[allow.scope]
host = ["a", "b"]
class = "sideload"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "allow.toml"
    path.write_text(GOOD)
    return path


def test_entries_are_read_in_order(file: Path) -> None:
    one, other = read_allow_file(file).entries
    assert one == Entry("a", "noc", "ours", date(2030, 1, 31), (("subject", (r"*\codec.dll",)),))
    assert other.scope == (("class", ("sideload",)), ("host", ("a", "b")))
    assert other.created == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('owner = "noc"\nreason = "also', 'ownr = "noc"\nreason = "also', "unknown key 'ownr'"),
        ('owner = "noc"\nreason = "also', 'owner = " "\nreason = "also', "owner is missing"),
        ('reason = "also ours"\n', "", "reason is missing"),
        ('expires = "2030-01-31"', 'expires = "soon"', "expires is 'soon': it must be a date"),
        ('expires = "2030-01-31"\n', "", "expires is missing"),
        ("created = 2026-01-01", "created = 7", "created is 7"),
        ('host = ["a", "b"]', 'hots = "a"', "unknown scope 'hots'"),
        ('host = ["a", "b"]', "host = [1]", "scope host must be a text"),
        ('host = ["a", "b"]', "host = []", "scope host must be a text"),
        ('class = "sideload"', 'class = "side"', "scope class is 'side'"),
        ('class = "sideload"', 'sha256 = "ab"', "scope sha256 is 'ab'"),
        ('host = ["a", "b"]\nclass = "sideload"', 'host = "*"', "scope covers everything"),
        ('[allow.scope]\nhost = ["a", "b"]\nclass = "sideload"', "", "scope is missing"),
        ('id = "b"', 'id = "a"', "the id 'a' stands there twice"),
    ],
)
def test_a_mistake_is_named_with_its_place(file: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(UsageError) as caught:
        read_allow_file(file)
    assert said in str(caught.value)
    assert f"{file}, line 12, entry 2" in str(caught.value)


@pytest.mark.parametrize("text", ["[allow", "allow = 3", "[other]\na = 1", "\xff"])
def test_what_is_no_allow_list_is_refused(file: Path, text: str) -> None:
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"allow\.toml"):
        read_allow_file(file)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_allow_file(tmp_path / "none.toml")


def test_adding_keeps_what_is_there(file: Path) -> None:
    new = Entry("c", "me", "why", date(2031, 1, 1), (("host", ("x",)),), date(2026, 1, 1))
    add_entry(file, new)
    assert file.read_text().startswith(GOOD.rstrip())
    assert read_allow_file(file).entries[2] == new
    with pytest.raises(UsageError, match="there already"):
        add_entry(file, new)


@pytest.mark.parametrize(("gone", "left"), [("a", "b"), ("b", "a")])
def test_pruning_keeps_the_others_and_their_comments(file: Path, gone: str, left: str) -> None:
    prune_entries(read_allow_file(file), frozenset({gone}))
    assert [entry.id for entry in read_allow_file(file).entries] == [left]
    text = file.read_text()
    assert "# what the network operations centre" in text
    assert ("# the other one" in text) == (left == "b")
    assert ("# the media player" in text) == (left == "a")


def test_pruning_is_not_fooled_by_text_that_looks_like_an_entry(file: Path) -> None:
    file.write_text(GOOD.replace('"also ours"', '"""also\n[[allow]]\nours"""'))
    before = read_allow_file(file).entries
    prune_entries(read_allow_file(file), frozenset({"a"}))
    assert read_allow_file(file).entries == before[1:]


TEXT = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda t: f"x{t}x")
DATES = st.dates(date(1900, 1, 1), date(2999, 1, 1))
NAMES = sorted(set(SCOPES) - {"class", "sha256"})
ENTRIES = st.builds(
    Entry,
    id=TEXT,
    owner=TEXT,
    reason=TEXT,
    expires=DATES,
    scope=st.dictionaries(
        st.sampled_from(NAMES), st.lists(TEXT, min_size=1, max_size=3).map(tuple), min_size=1
    ).map(lambda scope: tuple(sorted(scope.items()))),
    created=st.none() | DATES,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ENTRIES)
def test_what_is_written_is_what_is_read(tmp_path: Path, entry: Entry) -> None:
    path = tmp_path / "any.toml"
    path.write_text(spell(entry), encoding="utf-8", newline="\n")
    assert read_allow_file(path).entries == (entry,)

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidelight.analytics.baseline import (
    Baseline,
    Habit,
    Pair,
    learn,
    parsed,
    spelled,
    united,
)
from sidelight.findings.facts import LOADS
from sidelight.schema import NO_TIME

DAY = 86_400_000_000_000
PLAYER = r"C:\Tools\Player.exe"


def row(**known: object) -> dict[str, object]:
    blank = dict.fromkeys(LOADS.names, "")
    return blank | {
        "host": "H1",
        "image": PLAYER,
        "library": r"C:\Tools\codec.dll",
        "signed": "true",
        "signer": "Media House",
        "status": "Valid",
        "time": 10 * DAY,
        "record": 1,
        **known,
    }


def learnt(*rows: dict[str, object]) -> Baseline:
    return learn(pa.Table.from_pylist(list(rows), schema=LOADS))


def test_loads_on_several_hosts_are_one_pair() -> None:
    found = learnt(row(), row(host="h1", time=12 * DAY), row(host="H2", image=PLAYER.upper()))
    (pair,) = found.pairs
    assert pair == Pair("player.exe", "codec.dll", "media house", "data")
    assert found.pairs[pair] == Habit(frozenset({"h1", "h2"}), "1970-01-11", "1970-01-13")
    assert found.hosts == ("h1", "h2")


@pytest.mark.parametrize(
    "known", [{"signed": "false"}, {"signed": ""}, {"status": "Revoked"}, {"status": "Expired"}]
)
def test_a_signature_counts_only_where_it_holds(known: dict[str, object]) -> None:
    (pair,) = learnt(row(**known)).pairs
    assert pair.signer == ""


def test_another_signer_or_sort_of_folder_is_another_pair() -> None:
    found = learnt(row(), row(signer="Someone"), row(library=r"C:\Program Files\Player\codec.dll"))
    assert len(found.pairs) == 3
    assert found.programs == {"player.exe": 1}


def test_what_has_no_name_and_what_loads_itself_is_no_pair() -> None:
    assert learnt(row(image=""), row(library=""), row(library=PLAYER.lower())).pairs == {}
    assert learnt().pairs == {}


def test_a_time_that_is_not_known_is_left_out() -> None:
    (habit,) = learnt(row(time=NO_TIME)).pairs.values()
    assert (habit.first, habit.last) == ("", "")
    (habit,) = united(learnt(row(time=NO_TIME)), learnt(row())).pairs.values()
    assert (habit.first, habit.last) == ("1970-01-11", "1970-01-11")


NAMES = st.sampled_from(["", "a", "b", "ü", "\u2028"])
DAYS = st.sampled_from([("", ""), ("2024-01-01", "2024-01-01"), ("2023-05-05", "2024-02-02")])
HABITS = st.builds(
    lambda hosts, days: Habit(frozenset(hosts), *days),
    st.sets(st.sampled_from([f"h{n}" for n in range(70)]), min_size=1),
    DAYS,
)
BASELINES = st.dictionaries(st.builds(Pair, NAMES, NAMES, NAMES, NAMES), HABITS).map(Baseline)


def text(baseline: Baseline) -> bytes:
    return b"".join(spelled(baseline))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(BASELINES)
def test_what_is_written_is_what_is_read(one: Baseline) -> None:
    assert dict(parsed(text(one).splitlines(keepends=True)).pairs) == dict(one.pairs)


@given(BASELINES, BASELINES, BASELINES)
def test_baselines_unite_like_sets(one: Baseline, other: Baseline, third: Baseline) -> None:
    whole = text(united(united(one, other), third))
    assert text(united(one, united(other, third))) == whole
    assert text(united(third, united(other, one))) == whole
    assert text(united(united(one, one), united(other, third))) == whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: b"", "it is empty"),
        (lambda t: b"{}\n", "line 1: this is no baseline"),
        (lambda t: b"hello\n", "line 1"),
        (lambda t: t.replace(b'"version":1', b'"version":9'), "version 9 of baselines"),
        (lambda t: t.splitlines(keepends=True)[0], "it is cut short"),
        (lambda t: t[:-9], "line 2"),
        (lambda t: t.replace(b'"1"]', b'"8"]'), "line 2"),
        (lambda t: t.replace(b'"1"]', b'"zz"]'), "line 2"),
        (lambda t: t.replace(b'"1"]', b"1]"), "line 2: this is no pair"),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_line(change: object, said: str) -> None:
    whole = text(learnt(row()))
    broken = change(whole)  # type: ignore[operator]
    assert broken != whole
    with pytest.raises(ValueError, match=said):
        parsed(broken.splitlines(keepends=True))

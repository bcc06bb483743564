"""Any bytes are rules or refusals."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.rules.check import check
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.logsource import routes

KEYS = st.sampled_from(
    [
        "F",
        "F|contains",
        "F|re",
        "F|cidr",
        "|all",
        "F|exists",
        "F|expand",
        "F|lt",
        "sel",
        "F|i",
        "F|hour",
        "F|utf16",
        "F|fieldref",
        "F|windash|contains",
        "F|wide|base64offset",
        "F|neq|all",
        "F|x",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["*", "", "\\*", "%x%", "(", "a(?=b)", "10.0.0.0/8", "-a /b", "\x00", "İ"]),
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=5),
)
NODES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["sel", "and", "or", "not", "1 of", "all of", "them", "sel*", "(", ")", "|", "2 of", "*"]
)
CONDITIONS = st.one_of(st.lists(WORDS, max_size=6).map(" ".join), NODES)
LOGSOURCES = st.one_of(
    st.dictionaries(
        st.sampled_from(["product", "category", "service"]),
        st.sampled_from(["windows", "linux", "process_creation", "sysmon", "auth", "x"]),
    ),
    NODES,
)
RULES = st.fixed_dictionaries(
    {"logsource": LOGSOURCES},
    optional={
        "title": NODES,
        "id": NODES,
        "level": st.one_of(NODES, st.just("high")),
        "tags": NODES,
        "action": st.sampled_from(["global", "repeat", "reset", "x"]),
        "detection": st.one_of(
            NODES, st.fixed_dictionaries({"sel": NODES, "condition": CONDITIONS})
        ),
        "filter": st.one_of(
            NODES, st.fixed_dictionaries({"rules": NODES, "sel": NODES, "condition": CONDITIONS})
        ),
        "correlation": st.one_of(
            NODES,
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["event_count", "temporal", "value_percentile"]),
                    "rules": NODES,
                    "timespan": st.sampled_from(["5m", "1y", "0s", "", "5"]),
                    "condition": CONDITIONS,
                    "aliases": NODES,
                    "group-by": NODES,
                }
            ),
        ),
    },
)


def _documents_in_and_out(data: bytes) -> None:
    files = [RuleFile("a.yml", data)]
    found = compile_documents(files, digest="")
    check(files)
    for rule in found.rules:
        routes(rule.logsource)
    assert all(refusal.reason for refusal in found.refused)


@settings(deadline=None)
@given(st.lists(RULES, max_size=3))
def test_any_document_is_a_rule_or_a_refusal(content: list[dict[str, object]]) -> None:
    _documents_in_and_out(yaml.safe_dump_all(content, allow_unicode=True).encode())


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, 200), st.binary(max_size=3))
def test_any_bytes_are_rules_or_refusals(data: bytes, at: int, edit: bytes) -> None:
    rule = (
        b"title: x\nid: y\nlogsource: {product: windows}\ndetection:\n    sel:\n"
        b"        F|contains: ['a', \"b\", *c, &d e]\n    condition: sel\n---\n"
    )
    _documents_in_and_out(data)
    _documents_in_and_out(rule[:at] + edit + rule[at:])
    _documents_in_and_out(rule[:at] + rule[at + 1 :])

"""Compiled rules agree with pySigma, node for node."""

import zipfile
from typing import Any

import pytest
import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from shared_paths import SHARED, needs_shared
from sidelight.rules.expr import (
    And,
    Cidr,
    Exists,
    Expr,
    FieldRef,
    Glob,
    Match,
    Not,
    Null,
    Or,
    Regex,
    Test,
    Wild,
)
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.patterns import folded, joined

RULES = SHARED / "sigma" / "sigma_all_rules.zip"
EVERY = 12
"""Only so many rules are compared; all of them take a minute."""

_WILD = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}


def _files(every: int) -> list[RuleFile]:
    with zipfile.ZipFile(RULES) as package:
        names = sorted(name for name in package.namelist() if name.endswith(".yml"))
        return [RuleFile(name, package.read(name)) for name in names[::every]]


def _canonical(expr: Expr) -> Any:
    """Flatten and order what means the same in any order."""
    match expr:
        case Match():
            return expr
        case Not(child):
            return ("not", _canonical(child))
        case And(children) | Or(children):
            kind = type(expr)
            found: set[Any] = set()
            for child in children:
                form = _canonical(child)
                found |= form[1] if isinstance(form, tuple) and form[0] == kind else {form}
            return found.pop() if len(found) == 1 else (kind, frozenset(found))
    raise AssertionError(expr)


def _theirs(node: Any) -> Expr:
    match node:
        case ConditionAND():
            return And(tuple(_theirs(child) for child in node.args))
        case ConditionOR():
            return Or(tuple(_theirs(child) for child in node.args))
        case ConditionNOT():
            return Not(_theirs(node.args[0]))
        case ConditionFieldEqualsValueExpression():
            return _match(node.field, node.value)
        case ConditionValueExpression():
            return _match("", node.value)
    raise AssertionError(node)


def _match(field: str, value: Any) -> Expr:
    if isinstance(value, SigmaExpansion):
        return Or(tuple(_match(field, each) for each in value.values))
    return Match(field, _test(field, value))


def _test(field: str, value: Any) -> Test:
    match value:
        case SigmaString():
            return _glob(field, value)
        case SigmaNumber() | SigmaBool():
            text = str(value).lower()
            return Glob((text,)) if field else Glob((Wild.ANY, text, Wild.ANY))
        case SigmaRegularExpression():
            flags = "".join(sorted(flag.name[0].lower() for flag in value.flags))
            return Regex(str(value.regexp), flags)
        case SigmaCIDRExpression():
            return Cidr(str(value.network))
        case SigmaNull():
            return Null()
        case SigmaFieldReference():
            position = {
                (False, False): "equals",
                (True, False): "startswith",
                (False, True): "endswith",
                (True, True): "contains",
            }
            return FieldRef(value.field, position[value.starts_with, value.ends_with])  # type: ignore[arg-type]
    raise AssertionError(value)


def _glob(field: str, value: SigmaString) -> Test:
    tokens = folded(joined([_WILD.get(part, part) for part in value.s]))
    if not field:  # a keyword stands anywhere in a value
        tokens = joined([Wild.ANY, *tokens, Wild.ANY])
    return Exists() if tokens == (Wild.ANY,) else Glob(tokens)


@needs_shared
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_rules_mean_what_pysigma_reads_in_them() -> None:
    files = _files(EVERY)
    ours = {rule.meta.path: rule for rule in compile_documents(files, digest="").rules}
    differ = []
    for file in files:
        if file.path not in ours:
            continue
        rule = SigmaRule.from_dict(yaml.safe_load(file.data))
        parsed = [_theirs(each.parsed) for each in rule.detection.parsed_condition]
        if _canonical(ours[file.path].condition) != _canonical(Or(tuple(parsed))):
            differ.append(file.path)
    assert differ == []
    assert len(ours) > 3_600 // EVERY


@needs_shared
def test_every_public_rule_is_compiled_or_refused_for_a_known_reason() -> None:
    rules = compile_documents(_files(1), digest="")
    reasons = sorted(refusal.reason for refusal in rules.refused)
    assert len(rules.rules) == 3_737
    assert len(reasons) == 17
    assert sum("%known_cdcs% has no values" in reason for reason in reasons) == 2
    assert sum("no event log carries file_" in reason for reason in reasons) == 15

from pathlib import Path
from typing import Any

import pytest
import yaml

from sidelight.analytics import MEDIUM
from sidelight.analytics.calltrace import candidates, classify, imageless
from sidelight.schema import strings

CORPUS = Path(__file__).parents[2] / "corpus" / "analytics" / "calltraces.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
SHORT = {
    "nt": r"C:\Windows\SYSTEM32\ntdll.dll+9c534",
    "kb": r"C:\Windows\System32\KERNELBASE.dll+2726e",
    "k32": r"C:\Windows\System32\KERNEL32.DLL+17bd4",
    "adv": r"C:\Windows\System32\advapi32.dll+184df",
}


def text_of(case: dict[str, Any]) -> str:
    return "|".join(SHORT.get(frame, frame) for frame in case["trace"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_corpus_is_judged_as_it_says(case: dict[str, Any]) -> None:
    verdict = classify(
        text_of(case),
        source=case.get("source", r"C:\Windows\System32\svchost.exe"),
        target=case.get("target", r"C:\Windows\System32\notepad.exe"),
        granted=case["granted"],
    )
    match case:
        case {"must": None}:
            assert verdict is None
        case {"must": [name, points]}:
            assert verdict is not None
            assert verdict.id == name
            assert verdict.points >= points
        case {"below": points}:
            assert verdict is None or verdict.points < points


def test_most_dull_traces_are_no_candidates_and_all_marked_ones_are() -> None:
    texts = [text_of(case) for case in CASES]
    left = set(candidates(strings(texts)).tolist())
    for number, case in enumerate(CASES):
        if isinstance(case.get("must"), list) and case["must"][0] != "imageless":
            assert number in left, case["name"]
    dull = {number for number, case in enumerate(CASES) if case.get("must", "") is None}
    assert len(dull - left) >= len(dull) / 2


def test_a_sentence_names_the_target_the_rights_and_the_frame() -> None:
    verdict = classify(
        f"{SHORT['nt']}|{SHORT['kb']}|UNKNOWN(0000021B0CAFE010)",
        target=r"C:\Windows\System32\lsass.exe",
        granted=0x1010,
    )
    assert verdict is not None
    assert verdict.said == (
        "code in private memory, which no file backs, opened lsass.exe with the rights to"
        " read its memory (0x1010)"
    )
    assert verdict.shown == "UNKNOWN(0000021B0CAFE010)"


def test_the_stronger_of_trace_and_image_is_given() -> None:
    trace = f"{SHORT['nt']}|{SHORT['kb']}|UNKNOWN(0000021B0CAFE010)"
    both = classify(trace, target="ghost.exe", granted=0x1FFFFF)
    assert both is not None
    assert both.id == "unbacked-caller"
    weak = classify(trace, target="ghost.exe", granted=0x1000)
    assert weak is not None
    assert weak.id == "imageless"


@pytest.mark.parametrize("image", ["", "-", "Registry", r"C:\a\b.exe", "/usr/bin/x.sh", "a\0.exe"])
def test_an_image_with_a_folder_or_without_a_name_says_nothing(image: str) -> None:
    assert imageless(image) is None


def test_a_process_with_a_name_only_is_worth_a_look() -> None:
    verdict = imageless("report.tmp")
    assert verdict is not None
    assert verdict.points >= MEDIUM


def test_an_unknown_mask_takes_nothing_off() -> None:
    trace = f"{SHORT['nt']}|{SHORT['kb']}|UNKNOWN(0000021B0CAFE010)"
    verdict = classify(trace)
    assert verdict is not None
    assert verdict.points == 60
    assert verdict.said.endswith("opened another process")

import io

import orjson

from golden import compare
from sample_run import findings, run
from sidelight.output.navigator import Layer


def written(count: int = 7) -> bytes:
    file = io.BytesIO()
    sink = Layer(file)
    for finding in findings()[:count]:
        sink.add(finding)
    sink.close(run(count))
    return file.getvalue()


def test_the_layer_of_a_run_is_as_agreed() -> None:
    compare("layer.json", written())


def test_a_technique_has_the_highest_score_of_its_findings_and_no_tactic() -> None:
    techniques = {item["techniqueID"]: item for item in orjson.loads(written())["techniques"]}
    assert techniques["T1003.002"]["score"] == 74
    assert techniques["T1003.002"]["comment"].startswith("2 findings; 1 rule for it, 1 of them")
    assert not any("tactic" in item for item in techniques.values())


def test_a_layer_without_findings_is_still_a_layer() -> None:
    layer = orjson.loads(written(0))
    assert (layer["techniques"], layer["versions"]["layer"]) == ([], "4.5")

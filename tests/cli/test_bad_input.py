"""Every kind of bad input: exit code 2, one line that says what and where, nothing touched."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.toys import ARTICLES
from tests.worlds import to_task, tree_hash, write_config

UNLABELLED = [{"id": 1, "data": {"text": "Kyiv."}, "annotations": []}]
FILES = {
    "broken.json": '[{"id": 1,\n "data": {"text": ',
    "shape.json": '{"articles": [1, 2]}',
    "unlabelled.json": json.dumps(UNLABELLED),
    "sound.json": json.dumps([to_task(ARTICLES[0], 1)]),
    "key.yaml": "training:\n  epoch: 3\n",
    "type.yaml": "training:\n  epochs: many\n",
    "list.yaml": "- name\n",
    "dates.yaml": "2024-13-01: ACTOR\n",
    "words.txt": "Kyiv struck back.",
    "words.jsonl": "Kyiv struck back.\n",
    "broken.jsonl": '{"text": ',
}
PREPARE = ("prepare", "--out", "new")
CASES = {
    "missing export": ((*PREPARE, "none.json"), "none.json: no such export file"),
    "not JSON": ((*PREPARE, "broken.json"), "broken.json: "),
    "another shape": ((*PREPARE, "shape.json"), "shape.json: entry 1 has no 'annotations'"),
    "no annotation": (
        (*PREPARE, "unlabelled.json"),
        "unlabelled.json: none of 1 tasks has an annotation to learn from",
    ),
    "no label of the schema": (
        (*PREPARE, "export.json", "--labels", "PERSON,PLACE"),
        "none of the export's labels (ACTOR, AID_AMOUNT, MILITARY_ACTION) is in the schema"
        " (PERSON, PLACE)",
    ),
    "unknown split": ((*PREPARE, "export.json", "--split", "half"), "'half'"),
    "an empty split": ((*PREPARE, "sound.json"), "empty"),
    "unknown policy": (
        (*PREPARE, "export.json", "--annotators", "best"),
        "unknown annotator policy 'best'",
    ),
    "missing labeling config": (
        (*PREPARE, "export.json", "--labeling-config", "none.xml"),
        "none.xml: no such labeling config",
    ),
    "a label map with a day that is none": (
        (*PREPARE, "export.json", "--label-map", "dates.yaml"),
        "dates.yaml: not readable as YAML",
    ),
    "furniture rules with a day that is none": (
        (*PREPARE, "export.json", "--furniture-rules", "dates.yaml"),
        "dates.yaml: not readable as YAML",
    ),
    "a seed beyond the generators": (
        ("train", "toy.yaml", "--seed", "5000000000"),
        "training.seed: input should be less than or equal to 4294967295, not 5000000000",
    ),
    "a foreign folder to prepare into": (
        ("prepare", "export.json", "--out", "models"),
        "models: exists and is no prepared dataset; choose another --out",
    ),
    "missing config": (("train", "none.yaml"), "none.yaml: no such config file"),
    "unknown key": (
        ("train", "key.yaml"),
        "key.yaml: unknown key 'training.epoch'; the nearest known key is 'training.epochs'",
    ),
    "wrong type": (
        ("train", "type.yaml"),
        "type.yaml: training.epochs: input should be a valid integer, not 'many'",
    ),
    "a config of another shape": (("train", "list.yaml"), "list.yaml: expected keys and values"),
    "unknown override": (
        ("train", "toy.yaml", "windows.stride=3"),
        "toy.yaml: unknown key 'windows.stride'",
    ),
    "no dataset": (
        ("train", "toy.yaml", "--data", "models"),
        "models: no prepared dataset; make one with 'warwire prepare EXPORT'",
    ),
    "a base that is no checkpoint": (
        ("train", "toy.yaml", "name=new", "model.base=./data"),
        "model.base ./data: the folder holds no config.json",
    ),
    "a base that is not there": (
        ("train", "toy.yaml", "name=new", "model.base=./none"),
        "model.base ./none: no such folder; choose the bundled encoder with model.base=bundled",
    ),
    "a hub id without a network": (
        ("train", "toy.yaml", "name=new", "model.base=some/encoder"),
        "model.base some/encoder: not on this machine and the hub did not give it; choose the"
        " bundled encoder with model.base=bundled",
    ),
    "windows beyond the encoder": (
        ("train", "toy.yaml", "name=new", "windows.size=99"),
        "windows.size 99 is more than the 64 tokens",
    ),
    "nothing to resume": (
        ("train", "toy.yaml", "name=new", "--resume"),
        "no unfinished training to resume; leave --resume away",
    ),
    "a run's name taken by something else": (
        ("train", "toy.yaml", "name=data", "--models", "."),
        "data: exists and is no run of ours; give the config another name",
    ),
    "score a folder that is no run": (("score", "data"), "data: no trained model"),
    "score without a folder": (("score", "models/none"), "models/none: no trained model"),
    "score an unknown split": (
        ("score", "models/toy", "--split", "dev"),
        "split 'dev' is not in the dataset (train, validation, test)",
    ),
    "score a missing export": (
        ("score", "models/toy", "--data", "none.json"),
        "none.json: no such export file",
    ),
    "compare nothing": (("compare", "none"), "none: no such run or folder of runs"),
    "compare a folder without runs": (("compare", "data"), "data: holds no runs"),
    "predict by a folder that is no run": (
        ("predict", "data", "words.txt"),
        "data: no trained model",
    ),
    "missing article": (
        ("predict", "models/toy", "none.txt"),
        "none.txt: no such article file or folder",
    ),
    "missing second article": (
        ("predict", "models/toy", "words.txt", "none.txt", "--out", "deep/out.jsonl"),
        "none.txt: no such article file or folder",
    ),
    "a file that is no JSONL from its first line": (
        ("predict", "models/toy", "words.jsonl", "--out", "out.jsonl"),
        "words.jsonl, line 1: not JSON",
    ),
    "unknown engine": (
        ("predict", "models/toy", "words.txt", "--engine", "jax"),
        "--engine 'jax' is unknown; it can be auto, torch or onnx",
    ),
    "an engine that was not made": (
        ("predict", "models/toy", "words.txt", "--engine", "onnx"),
        "models/toy: no exported model; make it with 'warwire export models/toy'",
    ),
    "int8 without an exported model": (
        ("predict", "models/toy", "words.txt", "--dtype", "int8"),
        "models/toy: no exported model; make it with 'warwire export models/toy'",
    ),
    "int8 by torch": (
        ("predict", "models/toy", "words.txt", "--engine", "torch", "--dtype", "int8"),
        "--dtype int8 needs an exported model; leave --engine torch away",
    ),
    "unknown form": (
        ("predict", "models/toy", "words.txt", "--format", "pdf"),
        "--format 'pdf' is unknown",
    ),
    "Parquet without a file": (
        ("predict", "models/toy", "words.txt", "--format", "parquet"),
        "--format parquet needs a file",
    ),
    "a folder for a file": (
        ("predict", "data", "words.txt", "--out", "models"),
        "--out models: is a folder; name a file",
    ),
    "an output over its input": (
        ("predict", "data", "words.txt", "broken.jsonl", "--out", "data/../broken.jsonl"),
        "--out data/../broken.jsonl: is among the articles to read; name another file",
    ),
    "an output in a folder that is read": (
        ("predict", "data", ".", "--out", "new/marked.CSV"),
        "--out new/marked.CSV: is among the articles to read; name another file",
    ),
    "a folder for a ranking": (
        ("rank", "data", "words.txt", "--out", "models"),
        "--out models: is a folder; name a file",
    ),
    "a ranking over its input": (
        ("rank", "data", "words.txt", "--out", "words.txt"),
        "--out words.txt: is among the articles to read; name another file",
    ),
    "unknown number format": (
        ("predict", "models/toy", "words.txt", "--dtype", "fp8"),
        "--dtype 'fp8' is unknown",
    ),
    "unknown verb": (("predictt",), "No such command 'predictt'"),
    "unknown option": (("train", "toy.yaml", "--sed", "3"), "No such option"),
    "missing option": (("prepare", "export.json"), "Missing option '--out'"),
    "wrong value": (("train", "toy.yaml", "--seed", "x"), "Invalid value for '--seed'"),
}


@pytest.fixture
def tempting(world: Path) -> Path:
    """The world with bad files in it, and an unfinished training that must survive."""
    for name, content in FILES.items():
        (world / name).write_text(content)
    unfinished = world / "models" / ".new.training"
    unfinished.mkdir()
    (unfinished / "precious").write_text("hours of work")
    return world


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_in_one_line_and_touches_nothing(
    tempting: Path, call: Call, case: str
) -> None:
    arguments, line = CASES[case]
    before = tree_hash(tempting)
    outcome = call(*arguments)
    assert outcome.code == 2
    assert line in outcome.line
    assert outcome.out == ""
    assert tree_hash(tempting) == before


def test_what_was_rejected_stops_a_strict_import(tempting: Path, call: Call) -> None:
    task = to_task(ARTICLES[0], 1)
    task["annotations"][0]["result"][0]["value"]["end"] = 9999
    (tempting / "sloppy.json").write_text(json.dumps([task]))
    before = tree_hash(tempting)
    outcome = call(*PREPARE, "sloppy.json", "--strict")
    assert outcome.code == 2
    assert "1 rejected and --strict given; nothing was written" in outcome.line
    assert "task 1, annotation 1, region r0: 0..9999 lies outside a text of" in outcome.err
    assert tree_hash(tempting) == before


def test_a_dataset_without_validation_articles_is_not_trained_on(world: Path, call: Call) -> None:
    assert call(*PREPARE, "export.json", "--split", "60/0/40").code == 0
    before = tree_hash(world)
    outcome = call("train", "toy.yaml", "--data", "new", "name=other")
    assert outcome.code == 2
    assert "new: the validation split holds no articles" in outcome.line
    assert "--split 80/10/10" in outcome.line
    assert tree_hash(world) == before


def test_a_run_scored_alone_has_nothing_to_compare_with(world: Path, call: Call) -> None:
    outcome = call("compare", "models")
    assert (outcome.code, "at least two scored runs" in outcome.line) == (2, True)


def test_a_run_that_was_not_scored_is_named(world: Path, call: Call) -> None:
    (world / "models/toy/metrics.json").unlink()
    outcome = call("compare", "models/toy")
    assert outcome.code == 2
    assert "models/toy: not scored yet; run 'warwire score models/toy' first" in outcome.line


def test_a_dataset_that_changed_since_training_is_not_scored(world: Path, call: Call) -> None:
    provenance = json.loads((world / "models/toy/provenance.json").read_text())
    provenance["data"] = "data"
    (world / "models/toy/provenance.json").write_text(json.dumps(provenance))
    tasks = json.loads((world / "export.json").read_text())
    tasks[-1]["data"]["text"] += " More."
    (world / "export.json").write_text(json.dumps(tasks))
    assert call("prepare", "export.json", "--out", "data").code == 0
    before = tree_hash(world)
    outcome = call("score", "models/toy")
    assert outcome.code == 2
    assert "its test articles changed since models/toy was trained" in outcome.line
    assert tree_hash(world) == before


def test_a_failed_training_leaves_the_run_that_was_there(
    world: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warwire.model import checkpoints

    before = tree_hash(world / "models" / "toy")
    monkeypatch.setattr(checkpoints, "dump_config", _full_disk)
    config = write_config(world / "toy.yaml", _base_of(world), world / "data", epochs=1)
    outcome = call("train", config)
    assert outcome.code == 1
    assert outcome.line == "warwire: models/toy: No space left on device"
    assert tree_hash(world / "models" / "toy") == before


def _full_disk(config: object) -> str:
    raise OSError(28, "No space left on device", "models/toy")


def _base_of(world: Path) -> Path:
    import yaml

    return Path(yaml.safe_load((world / "toy.yaml").read_text())["model"]["base"])

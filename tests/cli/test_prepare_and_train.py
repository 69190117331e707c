import json
from pathlib import Path

import yaml

from tests.cli.conftest import Call
from tests.toys import ARTICLES, LABELS
from tests.worlds import HELD_OUT, tree_hash
from warwire.config import load_config
from warwire.corpus.dataset import load_dataset
from warwire.model.prediction import Predictor


def test_a_prepared_dataset_holds_splits_recipe_ledger_and_card(world: Path) -> None:
    prepared = load_dataset(world / "data")
    assert prepared.labels == LABELS
    assert {name: len(part) for name, part in prepared.splits.items()} == {
        "train": 4,
        "validation": 2,
        "test": 2,
    }
    found = {each.id: (each.text, each.spans) for each in prepared.splits["train"]}
    assert found == {each.id: (each.text, each.spans) for each in ARTICLES}
    ledger = json.loads((world / "data/ledger.json").read_text())
    held = sum(body.count("[") for bodies in HELD_OUT.values() for body in bodies)
    spans = sum(len(each.spans) for each in ARTICLES) + held
    assert (ledger["spans"]["read"], ledger["spans"]["kept"]) == (spans, spans)
    assert ledger["tasks"]["read"] == ledger["tasks"]["labelled"] == 8
    recipe = yaml.safe_load((world / "data/prepare.yaml").read_text())
    assert recipe["exports"] == ["export.json"]
    assert set(recipe["fingerprints"]) == {"train", "validation", "test"}


def test_preparing_again_gives_the_same_bytes(world: Path, call: Call) -> None:
    before = tree_hash(world / "data")
    assert call("prepare", "export.json", "--out", "data").code == 0
    assert tree_hash(world / "data") == before


def test_people_read_the_ledger_and_programs_read_nothing(world: Path, call: Call) -> None:
    outcome = call("prepare", "export.json", "--out", "again")
    assert outcome.out == ""
    assert "tasks read" in outcome.err
    assert "train 4, validation 2, test 2" in outcome.err


def test_labels_are_mapped_and_any_schema_works(world: Path, call: Call) -> None:
    (world / "map.yaml").write_text("ACTOR: SIDE\nAID_AMOUNT: SIDE\n")
    mapped = ("--label-map", "map.yaml", "--labels", "MILITARY_ACTION,SIDE")
    assert call("prepare", "export.json", "--out", "mapped", *mapped).code == 0
    prepared = load_dataset(world / "mapped")
    assert prepared.labels == ("MILITARY_ACTION", "SIDE")
    short = ("name=two", "training.epochs=1")
    assert call("train", "toy.yaml", "--data", "mapped", *short).code == 0
    tags = json.loads((world / "models/two/config.json").read_text())["id2label"]
    assert list(tags.values()) == [
        "O",
        "B-MILITARY_ACTION",
        "I-MILITARY_ACTION",
        "B-SIDE",
        "I-SIDE",
    ]


def test_a_run_holds_what_the_contract_lists(world: Path) -> None:
    run = world / "models" / "toy"
    assert {path.name for path in run.iterdir()} >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "warwire.yaml",
        "prepare.yaml",
        "provenance.json",
        "metrics.json",
        "predictions.jsonl",
        "scores.html",
        "README.md",
    }
    assert (run / "prepare.yaml").read_bytes() == (world / "data/prepare.yaml").read_bytes()
    assert load_config(run / "warwire.yaml") == load_config(world / "toy.yaml")
    assert [path.name for path in run.parent.iterdir()] == ["toy"]


def test_provenance_says_where_a_run_comes_from(world: Path) -> None:
    facts = json.loads((world / "models/toy/provenance.json").read_text())
    recipe = yaml.safe_load((world / "data/prepare.yaml").read_text())
    assert facts["data_fingerprints"] == recipe["fingerprints"]
    assert len(facts["base_digest"]) == 64
    assert facts["versions"].keys() >= {"warwire", "torch", "transformers", "python"}
    assert facts["seed"] == load_config(world / "toy.yaml").training.seed
    assert facts["device"] == "cpu"
    assert facts["train_seconds"] > 0
    assert facts["peak_memory_mb"] > 0
    assert facts["trained_parameters"] == facts["parameters"] > 0


def test_a_users_furniture_rules_reach_the_model(world: Path, call: Call) -> None:
    rules = "- {kind: credit, line: 'reporting by .*'}\n"
    (world / "mine.yaml").write_text(rules)
    own = ("--furniture-rules", "mine.yaml")
    assert call("prepare", "export.json", "--out", "data", *own).code == 0
    short = ("training.epochs=1", "windows.skip_furniture=true")
    assert call("train", "toy.yaml", "--data", "data", *short).code == 0
    run = world / "models" / "toy"
    assert (world / "data/furniture.yaml").read_text() == rules
    assert (run / "furniture.yaml").read_text() == rules
    assert yaml.safe_load((run / "prepare.yaml").read_text())["furniture_rules"][:9] == "mine.yaml"
    assert Predictor.from_pretrained(run).checkpoint.furniture_rules == rules
    assert call("score", "models/toy").code == 0
    assert call("prepare", "export.json", "--out", "data").code == 0
    assert not (world / "data/furniture.yaml").exists()
    (run / "furniture.yaml").write_text("- {kind: credit, line: '['}\n")
    (world / "words.txt").write_text("Kyiv struck back.")
    broken = call("predict", "models/toy", "words.txt")
    assert (broken.code, "furniture.yaml: rule 1" in broken.line) == (2, True)


def test_a_seed_names_its_run_and_leaves_the_others(world: Path, call: Call) -> None:
    before = tree_hash(world / "models" / "toy")
    outcome = call("train", "toy.yaml", "--seed", "5", "training.epochs=2")
    assert outcome.code == 0
    assert "epoch 2: validation F1" in outcome.err
    config = load_config(world / "models/toy-seed5/warwire.yaml")
    assert (config.training.seed, config.training.epochs) == (5, 2)
    assert tree_hash(world / "models" / "toy") == before


def test_training_again_gives_the_same_weights(world: Path, call: Call) -> None:
    weights = world / "models" / "toy" / "model.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(b"")
    assert call("train", "toy.yaml").code == 0
    assert weights.read_bytes() == before

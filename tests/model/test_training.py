import json
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.model.conftest import build_config, strict_f1
from tests.toys import ARTICLES, LABELS
from tests.worlds import tree_hash
from warwire.config import Config, parse_config
from warwire.errors import InputError
from warwire.evaluation.scoring import score
from warwire.model import training
from warwire.model.checkpoints import load_base, save_run
from warwire.model.prediction import Predictor
from warwire.model.training import Trained, epochs_for, parameter_groups, train
from warwire.model.unfinished import keep_last


def run(config: Config, work: Path, **options: Any) -> Trained:
    return train(config, LABELS, ARTICLES, ARTICLES[:2], measure=strict_f1, work=work, **options)


def weights(trained: Trained) -> dict[str, bytes]:
    state = trained.checkpoint.model.state_dict()
    return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def test_four_articles_are_learned_by_heart(learned: Trained) -> None:
    predictor = Predictor(learned.checkpoint, dtype="fp32")
    found = predictor.predict([article.text for article in ARTICLES])
    scores = score(ARTICLES, found)
    assert learned.validation_f1 == 1.0
    assert scores.counts().f1 == 1.0
    assert scores.macro_f1() == 1.0


def test_the_saved_run_predicts_as_right_after_training(learned: Trained, tmp_path: Path) -> None:
    texts = [article.text for article in ARTICLES]
    at_once = Predictor(learned.checkpoint, dtype="fp32").predict(texts)
    save_run(learned.checkpoint, tmp_path)
    again = Predictor.from_pretrained(tmp_path, dtype="fp32").predict(texts)
    assert again == at_once
    assert all(again)


def test_the_pipeline_of_the_library_loads_the_run_and_agrees(
    learned: Trained, tmp_path: Path
) -> None:
    from transformers import pipeline

    save_run(learned.checkpoint, tmp_path)
    theirs = pipeline(
        "token-classification", model=str(tmp_path), aggregation_strategy="simple", device="cpu"
    )
    ours = Predictor.from_pretrained(tmp_path)
    for article in ARTICLES:
        found = [
            (each["start"], each["end"], each["entity_group"]) for each in theirs(article.text)
        ]
        assert found == [span.key for span in ours(article.text)]
        assert found == [span.key for span in article.spans]


def test_the_best_epoch_is_the_first_of_the_highest(toy_base: Path, tmp_path: Path) -> None:
    figures = iter([0.2, 0.7, 0.7, 0.1])
    config = build_config(toy_base, epochs=4)
    trained = train(
        config, LABELS, ARTICLES, ARTICLES, measure=lambda *_: next(figures), work=tmp_path / "work"
    )
    assert (trained.best_epoch, trained.validation_f1) == (2.0, 0.7)
    (tmp_path / "run").mkdir()
    keep_last(tmp_path / "work", trained, tmp_path / "run")
    kept = {file.name for file in (tmp_path / "run" / "last").iterdir()}
    assert kept == {"config.json", "model.safetensors"}
    save_run(trained.checkpoint, tmp_path / "run")
    best, last = (tmp_path / "run" / at / "model.safetensors" for at in ("", "last"))
    assert best.read_bytes() != last.read_bytes()


def test_nothing_else_is_kept_where_the_last_epoch_is_the_best(
    toy_base: Path, tmp_path: Path
) -> None:
    figures = iter([0.2, 0.7])
    trained = train(
        build_config(toy_base, epochs=2),
        LABELS,
        ARTICLES,
        ARTICLES,
        measure=lambda *_: next(figures),
        work=tmp_path / "work",
    )
    keep_last(tmp_path / "work", trained, tmp_path)
    assert not (tmp_path / "last").exists()


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(
    toy_base: Path, tmp_path: Path
) -> None:
    once, twice, other = (
        weights(run(build_config(toy_base, epochs=3, seed=seed), tmp_path / f"{place}"))
        for place, seed in enumerate([7, 7, 8])
    )
    assert once == twice
    assert once.keys() == other.keys()
    assert once["classifier.weight"] != other["classifier.weight"]


def test_a_frozen_encoder_stays_as_it_was(toy_base: Path, tmp_path: Path) -> None:
    config = build_config(toy_base, epochs=3)
    frozen = config.model_copy(
        update={"model": config.model.model_copy(update={"freeze_encoder": True})}
    )
    before = load_base(frozen, LABELS).model.state_dict()
    after = weights(run(frozen, tmp_path / "work"))
    encoder = [name for name in after if name.startswith("bert.")]
    assert encoder
    assert all(after[name] == before[name].numpy().tobytes() for name in encoder)


def test_the_head_has_its_own_rate_and_norms_do_not_decay(toy_base: Path) -> None:
    config = build_config(toy_base, learning_rate=1e-4, head_learning_rate=1e-2)
    model = load_base(config, LABELS).model
    groups = parameter_groups(model, config)
    names = {id(each): name for name, each in model.named_parameters()}
    for group in groups:
        for each in group["params"]:
            head = names.pop(id(each)).startswith("classifier")
            assert group["lr"] == (1e-2 if head else 1e-4)
            assert group["weight_decay"] == (0.01 if each.ndim > 1 else 0.0)
    assert names == {}


class Stop(Exception):
    """Stands in for a kill."""


def stop_at(step: int):
    def watch(done: int, total: int, line: str) -> None:
        if done == step and not line:
            raise Stop

    return watch


@pytest.fixture
def unfinished(toy_base: Path, tmp_path: Path) -> tuple[Config, Path]:
    """A training stopped in its fourth epoch of six."""
    config = build_config(toy_base, epochs=6, batch_size=2)
    with pytest.raises(Stop):
        run(config, tmp_path / "work", watch=stop_at(7), data_fingerprint="d")
    return config, tmp_path / "work"


def test_a_resumed_training_ends_with_the_weights_of_one_left_alone(
    unfinished: tuple[Config, Path], tmp_path: Path
) -> None:
    config, work = unfinished
    steps: list[int] = []
    resumed = run(
        config, work, resume=True, data_fingerprint="d", watch=lambda at, *_: steps.append(at)
    )
    alone = run(config, tmp_path / "alone", data_fingerprint="d")
    assert steps[0] == 7
    assert weights(resumed) == weights(alone)
    assert (resumed.best_epoch, resumed.validation_f1) == (alone.best_epoch, alone.validation_f1)


def test_a_resumed_training_tells_the_seconds_of_all_its_parts(
    toy_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock on which a step takes 100 s; the step after the last checkpoint is done twice."""
    config, now = build_config(toy_base, epochs=6, batch_size=2), [0.0]
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def tick(done: int, total: int, line: str, until: int = 12) -> None:
        now[0] += 0 if line else 100
        if done > until:
            raise Stop

    for until in (6, 9):
        with pytest.raises(Stop):
            run(config, tmp_path / "work", watch=partial(tick, until=until), resume=until > 6)
    assert run(config, tmp_path / "work", watch=tick, resume=True).seconds == 1200
    assert run(config, tmp_path / "alone", watch=tick).seconds == 1200


def test_mixed_precision_and_dropout_resume_to_the_same_weights(
    toy_base: Path, tmp_path: Path
) -> None:
    plain = build_config(toy_base, epochs=3, batch_size=2, precision="bf16", schedule="cosine")
    model = plain.model.model_copy(update={"dropout": 0.2, "attention_dropout": 0.1})
    config = plain.model_copy(update={"model": model})
    with pytest.raises(Stop):
        run(config, tmp_path / "work", watch=stop_at(3))
    resumed, alone = run(config, tmp_path / "work", resume=True), run(config, tmp_path / "alone")
    assert weights(resumed) == weights(alone)
    assert resumed.facts["precision"] == "bf16"


@pytest.mark.parametrize("cut", ["missing", "half"])
def test_a_checkpoint_cut_off_while_written_is_passed_over(
    unfinished: tuple[Config, Path], tmp_path: Path, cut: str
) -> None:
    config, work = unfinished
    newest = max(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    shutil.copytree(newest, work / "checkpoint-8")
    state = work / "checkpoint-8" / "trainer_state.json"
    (work / "checkpoint-8" / "model.safetensors").write_bytes(b"half")
    state.unlink() if cut == "missing" else state.write_text(state.read_text()[:100])
    resumed = run(config, work, resume=True, data_fingerprint="d")
    assert weights(resumed) == weights(run(config, tmp_path / "alone", data_fingerprint="d"))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"epochs": 7}, "the unfinished training has another config; leave --resume away"),
        ({"data_fingerprint": "e"}, "the unfinished training has other data"),
    ],
)
def test_another_training_is_not_resumed(
    unfinished: tuple[Config, Path], toy_base: Path, change: dict[str, Any], line: str
) -> None:
    config, work = unfinished
    before = tree_hash(work)
    data = change.pop("data_fingerprint", "d")
    with pytest.raises(InputError, match=line):
        run(
            build_config(toy_base, **{"epochs": 6, "batch_size": 2} | change),
            work,
            resume=True,
            data_fingerprint=data,
        )
    assert tree_hash(work) == before


def test_without_an_unfinished_training_nothing_is_resumed(toy_base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no unfinished training to resume"):
        run(build_config(toy_base), tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()


def test_no_articles_are_refused(toy_base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the train split holds no articles"):
        train(build_config(toy_base), LABELS, [], ARTICLES, measure=strict_f1, work=tmp_path / "w")


def test_history_and_facts_are_plain_data(learned: Trained) -> None:
    assert json.loads(json.dumps(learned.history)) == learned.history
    assert learned.facts["precision"] == "fp32"
    assert learned.facts["steps"] == 16
    assert learned.seconds > 0


def test_few_windows_get_more_epochs() -> None:
    config = parse_config({"training": {"epochs": 5, "min_steps": 250, "batch_size": 8}}, where="")
    assert epochs_for(config, windows=62) == 32
    assert epochs_for(config, windows=1200) == 5

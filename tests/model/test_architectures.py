"""Every config of configs/ on its own architecture at toy size: a step, a save, a prediction."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.toys import ARTICLES, LABELS, build_base
from warwire.config import Config, load_config
from warwire.model.checkpoints import save_run
from warwire.model.features import IGNORED, tokenize, training_features
from warwire.model.prediction import Predictor
from warwire.model.training import Trained, train

KINDS = {
    "bundled": "bert",
    "snowood1/ConfliBERT-scr-uncased": "bert-pickle",
    "FacebookAI/roberta-base": "roberta",
    "answerdotai/ModernBERT-base": "modernbert",
    "microsoft/deberta-v3-base": "deberta-v3",
}
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
TEXT = "Russian forces shelled  the port of Kherson;\n\nthe United States pledged $5 million."


@pytest.fixture(scope="module", params=CONFIGS, ids=lambda file: file.stem)
def config(request: pytest.FixtureRequest, tmp_path_factory, one_thread: None) -> Config:
    """A config with its own settings, except for the base model's size, windows and epochs."""
    stated = load_config(request.param)
    base = build_base(KINDS[stated.model.base], tmp_path_factory.mktemp("base") / stated.name)
    overrides = [f"model.base={base}", "windows.size=14", "windows.overlap=4", "training.epochs=2"]
    overrides += ["training.min_steps=0"]
    return load_config(request.param, overrides)


@pytest.fixture(scope="module")
def trained(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    work = tmp_path_factory.mktemp("work") / config.name
    rising = iter([0.1, 0.2])
    return train(config, LABELS, ARTICLES, ARTICLES[:1], measure=lambda *_: next(rising), work=work)


def test_training_moves_what_is_not_frozen(config: Config, trained: Trained) -> None:
    import torch

    from warwire.model.checkpoints import load_base

    torch.manual_seed(config.training.seed)
    before = dict(load_base(config, LABELS).model.named_parameters())
    moved = {
        name.split(".")[0]
        for name, weights in trained.checkpoint.model.named_parameters()
        if not name.startswith("classifier") and not torch.equal(weights, before[name])
    }
    assert bool(moved) is not config.model.freeze_encoder
    assert trained.facts["steps"] > 0


def test_the_model_is_built_as_the_config_says(config: Config, trained: Trained) -> None:
    architecture = trained.checkpoint.model.config
    hidden = ("hidden_dropout_prob", "mlp_dropout")
    names = [name for name in hidden if hasattr(architecture, name)]
    assert {getattr(architecture, name) for name in names} == {config.model.dropout}
    assert [architecture.id2label[place] for place in range(7)] == [
        "O",
        *(f"{mark}-{label}" for label in LABELS for mark in "BI"),
    ]


def test_the_saved_run_predicts_on_exact_words(trained: Trained, tmp_path: Path) -> None:
    """A classifier that calls every word an ACTOR of its own must give every word's own edges."""
    import torch

    model = trained.checkpoint.model
    kept = [weights.detach().clone() for weights in model.classifier.parameters()]
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()[1] = 9.0
    save_run(trained.checkpoint, tmp_path)
    found = Predictor.from_pretrained(tmp_path, dtype="fp32")(TEXT)
    with torch.no_grad():
        for weights, before in zip(model.classifier.parameters(), kept, strict=True):
            weights.copy_(before)
    words = [(word.start(), word.end()) for word in re.finditer(r"\w+|[^\w\s]", TEXT)]
    assert [(span.start, span.end) for span in found] == words


def test_the_trained_model_gives_the_same_spans_when_loaded(
    trained: Trained, tmp_path: Path
) -> None:
    save_run(trained.checkpoint, tmp_path)
    texts = [article.text for article in ARTICLES]
    at_once = Predictor(trained.checkpoint, dtype="fp32").predict(texts)
    assert Predictor.from_pretrained(tmp_path, dtype="fp32").predict(texts) == at_once


def test_the_first_word_is_tokenized_like_the_others_where_asked(
    config: Config, trained: Trained
) -> None:
    tokenizer = trained.checkpoint.tokenizer
    first, later = (tokenize(tokenizer, [text])[0].ids for text in ("port", "the port"))
    if config.model.add_prefix_space or "deberta" in config.name:
        assert tokenizer.convert_ids_to_tokens(int(first[0]))[0] in "\u0120\u2581"
    same = later[-1:].tolist() == first.tolist()
    assert same is (config.name != "modernbert")


def test_articles_are_cut_into_windows_and_none_is_cut_off(
    config: Config, trained: Trained
) -> None:
    tokenizer, tags = trained.checkpoint.tokenizer, trained.checkpoint.tags
    features = list(training_features(ARTICLES, tokenizer, tags, config.windows))
    assert len(features) > len(ARTICLES)
    assert 10 < max(len(each["input_ids"]) for each in features) <= 14
    owned = sum(label != IGNORED for each in features for label in each["labels"])
    assert owned == sum(map(len, tokenize(tokenizer, [each.text for each in ARTICLES])))

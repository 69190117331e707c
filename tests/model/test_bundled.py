"""The real encoder that comes as a package, loaded without a network."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.model.conftest import strict_f1
from tests.toys import ARTICLES, LABELS
from warwire.config import load_config
from warwire.model.checkpoints import bundled_folder, load_base
from warwire.model.features import tokenize
from warwire.model.training import train

CONFIG = ROOT / "configs" / "minilm.yaml"


def test_the_bundled_encoder_is_the_pretrained_one(one_thread: None) -> None:
    from safetensors.torch import load_file

    checkpoint = load_base(load_config(CONFIG), LABELS)
    stored = load_file(bundled_folder() / "model.safetensors")
    ours = checkpoint.model.state_dict()
    shared = [name for name in stored if f"bert.{name}" in ours]
    assert len(shared) > 90
    assert all(ours[f"bert.{name}"].equal(stored[name]) for name in shared)


def test_its_tokenizer_reads_beyond_its_own_limit(one_thread: None) -> None:
    """Its tokenizer.json cuts at 128 tokens and pads; neither may reach an article."""
    checkpoint = load_base(load_config(CONFIG), LABELS)
    text = " ".join(article.text for article in ARTICLES) * 20
    long, short = tokenize(checkpoint.tokenizer, [text, "Kyiv struck."])
    assert long.ends[-1] == len(text)
    assert len(long) > 1000
    assert len(short) == 3


@pytest.mark.slow
def test_the_default_config_learns_four_articles_by_heart(one_thread: None, tmp_path: Path) -> None:
    config = load_config(CONFIG, ["training.epochs=30", "windows.size=64", "windows.overlap=16"])
    trained = train(config, LABELS, ARTICLES, ARTICLES, measure=strict_f1, work=tmp_path / "work")
    assert trained.validation_f1 == 1.0

"""Training beside the plain recipe of the library's token classification example.

The plain recipe: `Trainer` with its defaults, fp32, the base model's own dropout, batches in random
order padded to the longest. Each run is a process of its own, so that neither leaves memory or
settings to the other: `python benchmarks/training.py RECIPE CONFIG DATASET STEPS` prints one.
"""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paired import Spread, ratio, take_turns
from report import Section

from warwire.config import Config, WindowsSection, load_config
from warwire.corpus.dataset import load_dataset
from warwire.documents import Document

RECIPES = {"warwire": [], "warwire, fp32": ["training.precision=fp32"], "plain": None}
PLAIN_WINDOW = 256
WARM_UP = 2
COLUMNS = ("recipe", "tokens a second", "times as fast as the plain recipe", "peak memory, MB")


def measure(config: Path, dataset: Path, *, steps: int, rounds: int) -> list[Section]:
    """Owned tokens a second between the optimizer steps, evaluation and checkpoints left out."""
    runs = {
        name: lambda name=name: _in_own_process(name, config, dataset, steps) for name in RECIPES
    }
    measured = take_turns(runs, rounds=rounds)
    speed = {name: [each["tokens_a_second"] for each in found] for name, found in measured.items()}
    rows = [
        [
            name,
            Spread.of(speed[name]).whole,
            "" if name == "plain" else str(ratio(speed[name], speed["plain"])),
            f"{max(each['memory_mb'] for each in measured[name]):,.0f}",
        ]
        for name in RECIPES
    ]
    notes = [
        f"{steps} steps a run, the first {WARM_UP} to warm up; {rounds} rounds",
        "plain: Trainer's defaults, fp32, dropout as the base model has it, windows of"
        f" {PLAIN_WINDOW} padded to the longest of a batch of the same size",
        f"device: {measured['warwire'][0]['device']}",
    ]
    return [Section("Training", COLUMNS, rows, notes)]


def run_recipe(
    recipe: str, config: Config, articles: Sequence[Document], labels: Any, steps: int
) -> dict[str, Any]:
    """Train for some steps; tokens a second, device and peak memory."""
    from warwire.model.hardware import choose_device, peak_memory_mb

    clock = [time.perf_counter()]
    run = _plain if recipe == "plain" else _warwire
    tokens_a_step = run(config, articles, labels, steps, lambda: clock.append(time.perf_counter()))
    seconds = clock[-1] - clock[WARM_UP]
    device = choose_device(config.training.device)
    import torch

    gpu = torch.cuda.max_memory_allocated() / 1024**2 if device.type == "cuda" else 0
    return {
        "tokens_a_second": tokens_a_step * (len(clock) - 1 - WARM_UP) / seconds,
        "device": str(device),
        "memory_mb": gpu or peak_memory_mb(),
    }


def _warwire(config: Config, articles: Any, labels: Any, steps: int, tick: Any) -> float:
    from warwire.model.checkpoints import load_base
    from warwire.model.training import train

    checkpoint = load_base(config, labels)
    articles, windows, tokens = _enough(checkpoint, articles, config.windows, config, steps)
    with tempfile.TemporaryDirectory() as work:
        train(
            config,
            labels,
            articles,
            articles[:1],
            measure=lambda *_: 0.0,
            work=Path(work) / "work",
            watch=lambda done, total, line: None if line else tick(),
        )
    return tokens / math.ceil(windows / config.training.batch_size)


def _plain(config: Config, articles: Any, labels: Any, steps: int, tick: Any) -> float:
    from transformers import (
        AutoModelForTokenClassification,
        DataCollatorForTokenClassification,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    from warwire.model.checkpoints import bundled_folder, load_base
    from warwire.model.features import training_features

    checkpoint = load_base(config, labels)
    section = WindowsSection(
        size=min(PLAIN_WINDOW, _positions(checkpoint)), overlap=config.windows.overlap
    )
    articles, windows, tokens = _enough(checkpoint, articles, section, config, steps)
    base = bundled_folder() if config.model.base == "bundled" else config.model.base
    model = AutoModelForTokenClassification.from_pretrained(
        base, num_labels=len(checkpoint.tags.names)
    )
    features = training_features(articles, checkpoint.tokenizer, checkpoint.tags, section)

    class Tick(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            tick()

    with tempfile.TemporaryDirectory() as work:
        arguments = TrainingArguments(
            output_dir=work,
            per_device_train_batch_size=config.training.batch_size,
            max_steps=steps,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        Trainer(
            model=model,
            args=arguments,
            train_dataset=[{k: v for k, v in each.items() if k != "words"} for each in features],
            data_collator=DataCollatorForTokenClassification(checkpoint.tokenizer),
            callbacks=[Tick()],
        ).train()
    return tokens / windows * config.training.batch_size


def _enough(
    checkpoint: Any,
    articles: Sequence[Document],
    section: WindowsSection,
    config: Config,
    steps: int,
) -> tuple[list[Document], int, int]:
    """As many articles as fill the steps of one epoch, their windows, and the tokens owned."""
    from warwire.model.features import IGNORED, training_features

    wanted, taken, windows, owned = steps * config.training.batch_size, [], 0, 0
    while windows < wanted:
        article = articles[len(taken) % len(articles)]
        taken.append(article)
        for each in training_features([article], checkpoint.tokenizer, checkpoint.tags, section):
            windows += 1
            owned += sum(label != IGNORED for label in each["labels"])
    return taken, windows, owned


def _positions(checkpoint: Any) -> int:
    return int(getattr(checkpoint.model.config, "max_position_embeddings", PLAIN_WINDOW))


def _in_own_process(recipe: str, config: Path, dataset: Path, steps: int) -> dict[str, Any]:
    command = [sys.executable, __file__, recipe, str(config), str(dataset), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{recipe}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(recipe: str, config: str, dataset: str, steps: str) -> None:
    """Run one recipe and print its figures."""
    overrides = [*(RECIPES[recipe] or []), "training.epochs=1", "training.min_steps=0"]
    prepared = load_dataset(Path(dataset))
    articles = prepared.splits["train"]
    settings = load_config(config, overrides)
    print(json.dumps(run_recipe(recipe, settings, articles, prepared.labels, int(steps))))


if __name__ == "__main__":
    main(*sys.argv[1:])

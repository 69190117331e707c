"""Warwire beside its peers on this machine: `python benchmarks/bench.py [PART …]`.

Parts: prediction, training, corpus, starting; all of them by default. Needs the dataset that
`warwire prepare` writes; a trained run gives real spans, and without one the base model stands in.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from report import Section, record

from warwire.articles.reading import read_articles
from warwire.config import load_config
from warwire.corpus.dataset import load_dataset
from warwire.documents import Document

RESULTS = Path(__file__).parent / "RESULTS.md"
PARTS = ("prediction", "training", "corpus", "starting")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts and print their tables; with --record also into the results file."""
    given = _parser().parse_args(arguments)
    parts = given.parts or list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    sections: list[Section] = []
    with _run(given.model, given.config, given.data) as run:
        for part in parts:
            for section in _measures(given, run)[part]():
                print(f"{section}\n", flush=True)
                sections.append(section)
    if given.record:
        record(sections, _command(arguments), given.results)


def _measures(given: argparse.Namespace, run: Path) -> dict[str, Callable[[], list[Section]]]:
    import corpus_work
    import prediction
    import starting
    import training

    rounds, articles = given.rounds, _articles(given)
    texts = [article.text for article in articles]
    prepared = load_dataset(given.data)
    gold = prepared.splits["test"]
    return {
        "prediction": lambda: prediction.measure(run, texts, rounds=rounds),
        "training": lambda: training.measure(
            given.config, given.data, steps=given.steps, rounds=min(rounds, 3)
        ),
        "corpus": lambda: corpus_work.measure(given.export, gold, rounds=rounds),
        "starting": lambda: starting.measure(run, texts[0], rounds=min(rounds, 3)),
    }


def _articles(given: argparse.Namespace) -> list[Document]:
    found = (
        list(read_articles([given.articles]))
        if given.articles
        else list(load_dataset(given.data).splits["test"])
    )
    return found[: given.most]


@contextmanager
def _run(model: Path, config: Path, data: Path) -> Iterator[Path]:
    """The trained run, or one that was never trained where there is none."""
    if (model / "model.safetensors").is_file():
        yield model
        return
    from warwire.model.checkpoints import load_base, save_run

    print(f"{model} is not there: an untrained model is as fast, but its spans mean nothing")
    with tempfile.TemporaryDirectory() as folder:
        save_run(load_base(load_config(config), load_dataset(data).labels), Path(folder))
        yield Path(folder)


def _command(arguments: Sequence[str] | None) -> str:
    return " ".join(
        ["python benchmarks/bench.py", *(sys.argv[1:] if arguments is None else arguments)]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    add("--articles", type=Path, help="articles to mark up; by default the dataset's test split")
    add("--most", type=int, default=40, help="articles to mark up at most")
    add("--model", type=Path, default=Path("models/minilm"), help="a trained run")
    add("--config", type=Path, default=Path("configs/minilm.yaml"), help="what is trained")
    add("--data", type=Path, default=Path("data/built/starter"), help="a prepared dataset")
    add("--export", type=Path, default=Path("data/starter/export.json"), help="an export to import")
    add("--rounds", type=int, default=5, help="turns that ours and the peers take")
    add("--steps", type=int, default=12, help="training steps a turn")
    add("--record", action="store_true", help="write the tables into the results file")
    add("--results", type=Path, default=RESULTS, help="the results file")
    return parser


if __name__ == "__main__":
    main()

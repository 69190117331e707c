"""How many words less have to be labelled when articles are ranked, against a random order.

Run as `python benchmarks/ranking_curve.py CONFIG DATASET [section.key=value …]` after `warwire
prepare`. The train articles are the pool. For each seed they are put in a random order, which is
cut at each budget (in words) of --random. The ranking begins with the same first words, up to the
first budget of --ranked, and goes on to each further budget by the model of what it has chosen
before. Every model is trained with the labels so far alone, to its last epoch, and scored on the
test articles. Finished trainings stay in --cache; the same command goes on after a stop.

The whole curve: --ranked 5000,10000,20000,30000,40000 --random 10000,20000,30000,40000
"""

import argparse
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from warwire import Predictor, score
from warwire.config import Config, load_config
from warwire.corpus.dataset import Prepared, fingerprint, load_dataset
from warwire.documents import Document
from warwire.experiments.appraisal import within, words_in
from warwire.experiments.fitting import fit
from warwire.experiments.ranking import Weights, order_articles
from warwire.storage import write_text


@dataclass(frozen=True, slots=True)
class Simulation:
    """One seed's world: the config, the pool in random order, and the articles to score on."""

    config: Config
    labels: tuple[str, ...]
    pool: Sequence[Document]
    test: Sequence[Document]
    weights: Weights
    cache: Path


@dataclass(frozen=True, slots=True)
class Point:
    """A budget, the words labelled within it, and strict F1 on the test articles."""

    budget: int
    words: int
    f1: float


def main() -> None:
    """Print each training as it ends, and the mean of the seeds at the end."""
    given = _arguments()
    prepared = load_dataset(given.dataset)
    started, curves = time.process_time(), []
    for seed in range(1, given.seeds + 1):
        simulation = _simulation(given, prepared, seed)
        points: dict[str, list[Point]] = {order: [] for order in ORDERS}
        for order, budgets in (("random", given.random), ("ranked", given.ranked)):
            for point in ORDERS[order](simulation, budgets):
                points[order].append(point)
                minutes = (time.process_time() - started) / 60
                told = f"{point.words} words, F1 {point.f1:.4f}"
                print(f"seed {seed}, {order}: {told}; {minutes:.1f} CPU minutes", flush=True)
        curves.append(points)
    report(curves)


def _simulation(given: argparse.Namespace, prepared: Prepared, seed: int) -> Simulation:
    config = load_config(given.config, [*given.overrides, f"training.seed={seed}"])
    pool = list(prepared.splits["train"])
    random.Random(seed).shuffle(pool)
    weights = Weights(rare=given.rare, new=given.new, alike=given.alike)
    test = prepared.splits["test"]
    return Simulation(config, prepared.labels, pool, test, weights, given.cache)


def report(curves: Sequence[dict[str, list[Point]]]) -> None:
    """Print the mean F1 of each order at each budget, and each seed's."""
    print("\norder", "budget", "words", "mean F1", "by seed", sep="\t")
    for order in ORDERS:
        for points in zip(*(curve[order] for curve in curves), strict=True):
            words = round(mean(point.words for point in points))
            f1 = f"{mean(point.f1 for point in points):.4f}"
            each = " ".join(f"{point.f1:.4f}" for point in points)
            print(order, points[0].budget, words, f1, each, sep="\t")


def random_order(simulation: Simulation, budgets: Sequence[int]) -> Iterator[Point]:
    """The pool as it was shuffled, cut at each budget."""
    for budget in budgets:
        chosen = within(simulation.pool, budget)
        yield Point(budget, words_in(chosen), learn(simulation, chosen)["f1"])


def ranked_order(simulation: Simulation, budgets: Sequence[int]) -> Iterator[Point]:
    """To the first budget as in the random order, then what the last model ranks first."""
    chosen = within(simulation.pool, budgets[0])
    for budget, further in zip(budgets, [*budgets[1:], 0], strict=True):
        learned = learn(simulation, chosen, further=further - words_in(chosen))
        yield Point(budget, words_in(chosen), learned["f1"])
        order = [simulation.pool[at] for at in learned["order"]]
        chosen = [*chosen, *within(order, further - words_in(chosen))]


ORDERS = {"random": random_order, "ranked": ranked_order}


def learn(simulation: Simulation, chosen: Sequence[Document], *, further: int = 0) -> dict:
    """The `f1` of a model of the chosen articles, and its `order` of the others; kept on disk.

    The order is of positions in the pool, chosen with care for `further` words; none without.
    """
    file = simulation.cache / f"{_key(simulation, chosen, further)}.json"
    if not file.is_file():
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder) / "work"
            predictor = fit(simulation.config, simulation.labels, chosen, work=work)
        order = _order(simulation, predictor, chosen, further) if further > 0 else []
        write_text(file, json.dumps({"f1": _f1(simulation, predictor), "order": order}))
    return json.loads(file.read_text(encoding="utf-8"))


def _key(simulation: Simulation, chosen: Sequence[Document], further: int) -> str:
    """Changes with all that the result depends on."""
    known = [
        simulation.config.model_dump(exclude={"name", "data"}),
        [fingerprint(each) for each in (chosen, simulation.test)],
        [fingerprint(simulation.pool), asdict(simulation.weights), further] if further > 0 else [],
    ]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def _f1(simulation: Simulation, predictor: Predictor) -> float:
    found = predictor.predict([document.text for document in simulation.test])
    return score(simulation.test, found, labels=simulation.labels).counts().f1


def _order(
    simulation: Simulation, predictor: Predictor, chosen: Sequence[Document], further: int
) -> list[int]:
    there = {each.id for each in chosen}
    others = [at for at, each in enumerate(simulation.pool) if each.id not in there]
    ordered = order_articles(
        predictor,
        [simulation.pool[at] for at in others],
        chosen,
        naming=simulation.labels[0],
        weights=simulation.weights,
        budget=further,
    )
    return [others[each.ranked.position] for each in ordered]


def _budgets(written: str) -> list[int]:
    return [int(each) for each in written.split(",") if each]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("overrides", nargs="*", help="section.key=value, as in train")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--ranked", type=_budgets, default=[5000, 15000, 30000], help="words, with commas"
    )
    parser.add_argument("--random", type=_budgets, default=[40000], help="words, with commas")
    for name in ("rare", "new", "alike"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Weights(), name))
    parser.add_argument("--cache", type=Path, default=Path("models/.ranking"))
    return parser.parse_args()


if __name__ == "__main__":
    main()

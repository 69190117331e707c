"""Seeds grouped, differences paired, costs weighed; runs on different sets refused."""

import json
from itertools import combinations

import numpy as np
import pytest
import yaml

from tests.evaluation.simulation import counts, pair
from warwire import Document, Span, score
from warwire.documents import Annotation
from warwire.errors import InputError
from warwire.evaluation.ceiling import annotators_ceiling
from warwire.evaluation.comparison import (
    ScoredRun,
    compare_runs,
    differences,
    group_by_config,
    read_scored_run,
)
from warwire.evaluation.statistics import holm, paired_permutation


def run(
    name, table, *, config=None, test_set="set", validation=None, data=None, folder=None, **cost
):
    articles = tuple(str(place) for place in range(len(table)))
    return ScoredRun(
        name, test_set, articles, table, cost, config=config or {}, validation_f1=validation,
        data=data or {}, folder=folder,
    )  # fmt: skip


def config(name, seed, rate):
    return {"name": name, "training": {"seed": seed, "learning_rate": rate}}


@pytest.fixture
def runs():
    random = np.random.default_rng(3)
    worse, better = pair(random, 80, difference=0.06)
    again = counts(random, 80, sizes=worse[:, 2].astype(int))
    return [
        run("slow-1", better, config=config("slow", 1, 3e-4), validation=0.7, train_seconds=90),
        run("slow-2", better, config=config("slow", 2, 3e-4), validation=0.8, train_seconds=110),
        run("quick", worse, config=config("quick", 1, 1e-3), validation=0.6, train_seconds=10),
        run("bad", again - [5, 0, 0], config=config("bad", 1, 1e-2), validation=0.5,
            train_seconds=50),
    ]  # fmt: skip


def test_seeds_are_grouped_and_everything_is_shown(runs):
    found = compare_runs(runs)
    best, second, worst = found["configs"]
    assert (best["config"], best["seeds"], best["f1_sd"]) == ("slow", 2, 0.0)
    assert [row["run"] for row in found["runs"]] == ["slow-1", "slow-2", "quick", "bad"]
    assert best["to_best"] is None
    assert second["to_best"]["f1"] == pytest.approx(second["f1"] - best["f1"])
    low, high = second["to_best"]["interval"]
    assert low < second["to_best"]["f1"] < high < 0
    assert second["to_best"]["p"] <= second["to_best"]["p_holm"] < 0.05
    assert found["chosen"] == "slow"
    assert best["cost"]["train_seconds"] == 100
    efficient = [
        row["config"] for row in found["configs"] if "train_seconds" in row["efficient_in"]
    ]
    assert efficient == ["slow", "quick"]
    assert worst["config"] == "bad"


def test_seeds_of_one_config_alone_are_no_contest(runs):
    found = compare_runs(runs[:2])
    (only,) = found["configs"]
    assert only["to_best"] is None
    assert len(found["runs"]) == 2
    assert found["differences"] == {"config": {}, "data": {}}


def test_only_differing_keys_are_named(runs):
    found = compare_runs(runs)["differences"]["config"]
    assert found == {"training.learning_rate": {"slow": 3e-4, "quick": 1e-3, "bad": 1e-2}}
    assert differences({"a": {"x": 1}, "b": {"y": {"z": 2}}}) == {
        "x": {"a": 1, "b": None},
        "y.z": {"a": None, "b": 2},
    }


def test_names_stay_apart_where_configs_share_one():
    table = counts(np.random.default_rng(0), 5)
    two = [
        run("a-seed1", table, config=config("same", 1, 1e-4)),
        run("b-seed1", table, config=config("same", 1, 2e-4)),
    ]
    assert [each.name for each in group_by_config(two)] == ["a-seed1", "b-seed1"]


def several(figures, *, recalls=(0.7, 0.74, 0.78, 0.8), **more):
    """Four configs a, b, c, d on one corpus, from worst to best, with these validation figures."""
    random = np.random.default_rng(11)
    sizes = counts(random, 60)[:, 2].astype(int)
    return [
        run(name, counts(random, 60, recall=recall, sizes=sizes), validation=figure, **more)
        for name, recall, figure in zip("abcd", recalls, figures, strict=True)
    ]


def test_all_are_tested_against_what_validation_chose():
    runs = several([0.6, 0.7, 0.9, 0.8])
    found = compare_runs(runs)
    rows = {row["config"]: row for row in found["configs"]}
    assert next(iter(rows)) == "d"
    assert found["chosen"] == "c"
    assert found["compared_with"] == {"config": "c", "picked_on": "validation", "tests": 3}
    assert rows["c"]["gap"] is None
    assert rows["d"]["gap"]["f1"] == pytest.approx(rows["d"]["f1"] - rows["c"]["f1"])
    against = {"a": 0, "b": 1, "d": 3}
    single = [paired_permutation(runs[2].counts, runs[at].counts) for at in against.values()]
    assert [rows[name]["gap"]["p_holm"] for name in against] == holm(single)
    assert rows["d"]["to_best"] is None
    assert rows["c"]["to_best"]["f1"] == pytest.approx(rows["c"]["f1"] - rows["d"]["f1"])
    assert rows["c"]["to_best"]["p_holm"] is None


def test_equal_validation_figures_choose_by_name():
    found = compare_runs(several([0.9, 0.9, 0.8, 0.9]))
    assert found["compared_with"]["config"] == found["chosen"] == "a"


@pytest.mark.parametrize(
    ("figures", "data"),
    [
        pytest.param([None, 0.7, 0.9, 0.8], {}, id="not known for all"),
        pytest.param(
            [0.6, 0.7, 0.9, 0.8], {"fingerprints": {"validation": "set"}}, id="scored on it"
        ),
    ],
)
def test_a_best_picked_on_these_articles_is_corrected_over_all_pairs(figures, data):
    runs = several(figures, data=data)
    found = compare_runs(runs)
    best = found["configs"][0]
    assert found["compared_with"] == {"config": "d", "picked_on": "these articles", "tests": 6}
    assert best["gap"] is best["to_best"] is None
    pairs = list(combinations(range(4), 2))
    every = dict(
        zip(
            pairs,
            holm([paired_permutation(runs[one].counts, runs[two].counts) for one, two in pairs]),
            strict=True,
        )
    )
    for row in found["configs"][1:]:
        assert row["gap"]["p_holm"] == pytest.approx(every["abcd".index(row["config"]), 3], rel=0.2)
        assert row["to_best"] == row["gap"]


def test_many_configs_can_still_differ_significantly():
    random = np.random.default_rng(2)
    tables = [counts(random, 20, recall=0.3 if place else 0.95) for place in range(21)]
    found = compare_runs([run(f"r{place:02}", table) for place, table in enumerate(tables)])
    assert found["compared_with"]["tests"] == 210
    assert found["configs"][0]["config"] == "r00"
    assert all(row["gap"]["p_holm"] < 0.02 for row in found["configs"][1:])


def test_two_groups_of_one_config_name_stay_two():
    random = np.random.default_rng(4)
    rates = {1: 1e-4, 2: 1e-4, 3: 3e-4, 4: 3e-4}
    runs = [
        run(f"minilm-seed{seed}", counts(random, 20), config=config("minilm", seed, rate),
            validation=0.8 + rate)
        for seed, rate in rates.items()
    ]  # fmt: skip
    found = compare_runs(runs)
    names = [row["config"] for row in found["configs"]]
    assert sorted(names) == ["minilm-seed1", "minilm-seed3"]
    assert found["chosen"] == "minilm-seed3"
    values = {"minilm-seed1": 1e-4, "minilm-seed3": 3e-4}
    assert found["differences"]["config"] == {"training.learning_rate": values}


def test_runs_of_one_folder_name_are_told_apart(tmp_path):
    table = counts(np.random.default_rng(0), 5)
    places = ["x/old/minilm", "x/new/minilm", "y/new/minilm", "x/sparse"]
    runs = [
        run(place[-6:], table, config=config("minilm", 1, 10.0**-rate), folder=tmp_path / place)
        for rate, place in enumerate(places)
    ]
    found = compare_runs(runs)
    names = {"old/minilm", "new/minilm", "new/minilm (2)", "sparse"}
    assert {row["config"] for row in found["configs"]} == names
    assert {row["run"] for row in found["runs"]} == names
    (values,) = found["differences"]["config"].values()
    assert set(values) == names


def test_different_test_sets_are_refused_by_name():
    table = counts(np.random.default_rng(0), 5)
    with pytest.raises(InputError, match="one was scored on test set aaa, two on bbb"):
        compare_runs([run("one", table, test_set="aaa"), run("two", table, test_set="bbb")])
    with pytest.raises(InputError, match="at least two"):
        compare_runs([run("one", table)])


def test_a_run_is_read_with_config_data_and_validation(tmp_path):
    record = {
        "test_set": {"fingerprint": "f", "split": "test"},
        "macro_f1": {"strict": 0.5},
        "cost": {},
        "articles_strict": {"a": [1, 2, 3]},
    }
    (tmp_path / "metrics.json").write_text(json.dumps(record))
    (tmp_path / "warwire.yaml").write_text(yaml.safe_dump(config("c", 4, 1e-3)))
    (tmp_path / "provenance.json").write_text('{"validation_f1": 0.75}')
    found = read_scored_run(tmp_path)
    assert (found.seed, found.validation_f1, found.macro_f1) == (4, 0.75, 0.5)
    (tmp_path / "metrics.json").write_text('{"articles_strict": 3}')
    with pytest.raises(InputError, match="score the run again"):
        read_scored_run(tmp_path)
    (tmp_path / "metrics.json").unlink()
    with pytest.raises(InputError, match="warwire score"):
        read_scored_run(tmp_path)


def test_the_ceiling_is_the_mean_of_the_annotators_pairs():
    one, two, three = Span(0, 2, "A"), Span(3, 5, "A"), Span(6, 8, "A")
    several = Document(
        "d",
        "ab cd ef",
        (one, two),
        annotations=(
            Annotation("x", (one, two)),
            Annotation("y", (one,)),
            Annotation("z", (one, three)),
        ),
    )
    alone = Document("e", "ab", (one,), annotations=(Annotation("x", (one,)),))
    scores = score([several, alone], [[one, two], []])
    found = annotators_ceiling([several, alone], scores)
    assert found["articles"] == 1
    assert found["rows"]["all"]["annotators"] == pytest.approx(2 * 3 / (3 + 4 + 3), abs=1e-4)
    assert found["rows"]["all"]["model"] == 1.0
    assert annotators_ceiling([alone], score([alone], [[one]])) is None

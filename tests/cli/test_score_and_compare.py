"""Scoring, calibration and comparison as commands: files, streams, refusals."""

import json
import shutil

import pytest
import yaml

from tests.worlds import done
from warwire.cli.app import _exit_code


@pytest.fixture
def run(toy_world, tmp_path):
    return shutil.copytree(toy_world / "models" / "toy", tmp_path / "models" / "toy")


def test_score_writes_every_part_and_prints_json_alone(run, capsys):
    done(["score", str(run), "--json", "--details"])
    output = capsys.readouterr()
    record = json.loads(output.out)
    assert {"strict", "token", "presence"} <= set(record["scores"])
    assert {"errors", "recall_by", "ceiling", "calibration", "cost"} <= set(record)
    assert record["cost"]["predict_tokens_a_second"] > 0
    assert record["cost"]["size_mb"] > 0
    written = json.loads((run / "metrics.json").read_text())
    assert written["articles_strict"] == record["articles_strict"]
    assert "Errors" in output.err
    assert (run / "calibration.json").is_file()
    lines = (run / "predictions.jsonl").read_text().splitlines()
    assert all("reference" in json.loads(line) for line in lines)


def test_the_card_carries_the_results_in_the_hubs_format(run):
    done(["score", str(run)])
    text = (run / "README.md").read_text()
    facts = yaml.safe_load(text.split("---")[1])
    (result,) = facts["model-index"][0]["results"]
    record = json.loads((run / "metrics.json").read_text())
    assert result["metrics"][0]["value"] == record["scores"]["strict"]["all"]["f1"]
    assert result["task"]["type"] == "token-classification"
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(text)
    assert card.data.eval_results[0].metric_type == "f1"


def test_other_articles_are_scored_apart(run, toy_world):
    before = (run / "metrics.json").read_text()
    done(["score", str(run), "--data", str(toy_world / "export.json")])
    (folder,) = (run / "scores").iterdir()
    assert {"metrics.json", "predictions.jsonl", "scores.html"} <= {
        path.name for path in folder.iterdir()
    }
    assert (run / "metrics.json").read_text() == before


@pytest.fixture
def sloppy(toy_world, tmp_path):
    """The toy export with gold spans that no reference can hold, each for a reason of its own."""
    tasks = json.loads((toy_world / "export.json").read_text())
    regions = [task["annotations"][0]["result"][0]["value"] for task in tasks[:3]]
    regions[0]["text"] = "Moldova"
    regions[1]["labels"] = ["DRONE"]
    regions[2]["end"] = 9999
    (tmp_path / "sloppy.json").write_text(json.dumps(tasks))
    return tmp_path / "sloppy.json"


def test_gold_spans_that_were_rejected_are_told_and_counted(run, sloppy, capsys):
    done(["score", str(run), "--data", str(sloppy), "--json"])
    output = capsys.readouterr()
    gold = json.loads(output.out)["gold_spans"]
    assert sum(gold["rejected"].values()) == 3
    assert (
        gold["kept"]
        == gold["read"] - 3
        == json.loads(output.out)["scores"]["strict"]["all"]["support"]
    )
    (folder,) = (run / "scores").iterdir()
    assert json.loads((folder / "metrics.json").read_text())["gold_spans"] == gold
    told = output.err
    assert f"{sloppy}: {gold['read']} gold spans read, {gold['kept']} kept, 3 rejected" in told
    assert "1 unknown label" in told
    assert told.count("rejected: task ") == 3
    assert "rejected: task 3, annotation 3, region r0: " in told


def test_rejects_are_told_wherever_an_export_is_measured_on(run, sloppy, capsys):
    shutil.copytree(run, run.parent / "twin")
    for command in ("compare", "robustness"):
        runs = str(run.parent if command == "compare" else run)
        more = [] if command == "compare" else ["--kind", "lower case"]
        done([command, runs, "--data", str(sloppy), *more])
        assert "3 rejected" in capsys.readouterr().err


def test_many_rejects_are_not_all_listed(run, sloppy, capsys):
    tasks = json.loads(sloppy.read_text())
    for task in tasks:
        for region in task["annotations"][0]["result"][1:]:
            region["value"]["labels"] = ["DRONE"]
    sloppy.write_text(json.dumps(tasks))
    done(["score", str(run), "--data", str(sloppy), "--json"])
    output = capsys.readouterr()
    more = sum(json.loads(output.out)["gold_spans"]["rejected"].values()) - 5
    assert output.err.count("rejected: task ") == 5
    assert f"… and {more} more; 'warwire prepare {sloppy} --out DIR' lists all" in output.err


def test_types_that_the_model_does_not_mark_are_told_and_counted(run, sloppy, tmp_path, capsys):
    out = str(tmp_path / "wider")
    done(["prepare", str(sloppy), "--labels", "in-use", "--out", out])
    capsys.readouterr()
    done(["score", str(run), "--data", out, "--split", "train", "--json"])
    output = capsys.readouterr()
    record = json.loads(output.out)
    gold = record["gold_spans"]
    assert gold["set_aside"] == {"type that the model does not mark": 1}
    assert gold["read"] - 1 == gold["kept"] == record["scores"]["strict"]["all"]["support"]
    assert "does not mark 1 of" in output.err
    assert "DRONE 1" in output.err


def test_a_whole_reference_needs_no_words(run, capsys):
    done(["score", str(run), "--json"])
    output = capsys.readouterr()
    gold = json.loads(output.out)["gold_spans"]
    assert gold["read"] == gold["kept"] > 0
    assert not any(word in output.err for word in ("does not mark", "rejected", "spans read"))


def test_compare_groups_seeds_and_writes_its_page(run, capsys):
    twin = shutil.copytree(run, run.parent / "toy-seed2")
    config = yaml.safe_load((twin / "warwire.yaml").read_text())
    config["training"]["seed"] = 2
    (twin / "warwire.yaml").write_text(yaml.safe_dump(config))
    other = shutil.copytree(run, run.parent / "other")
    config["windows"]["overlap"] = 4
    (other / "warwire.yaml").write_text(yaml.safe_dump(config | {"name": "other"}))
    done(["compare", str(run.parent), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert sorted(row["seeds"] for row in found["configs"]) == [1, 2]
    assert found["configs"][1]["to_best"]["p_holm"] == 1
    assert list(found["differences"]["config"]) == ["windows.overlap"]
    assert "<html" in (run.parent / "comparison.html").read_text()


def test_compare_scores_all_on_given_data(run, toy_world, capsys):
    shutil.copytree(run, run.parent / "twin")
    config = run.parent / "twin" / "warwire.yaml"
    config.write_text(config.read_text().replace("name: toy", "name: twin"))
    done(["compare", str(run.parent), "--data", str(toy_world / "export.json"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["articles"] == 8
    assert found["split"] == "other"


def test_runs_on_different_test_sets_are_refused_with_both_named(run, capsys):
    twin = shutil.copytree(run, run.parent / "twin")
    record = json.loads((twin / "metrics.json").read_text())
    known = record["test_set"]["fingerprint"]
    record["test_set"]["fingerprint"] = "0123456789abcdef"
    (twin / "metrics.json").write_text(json.dumps(record))
    assert _exit_code(["compare", str(run.parent)]) == 2
    said = capsys.readouterr().err
    assert known in said
    assert "0123456789abcdef" in said


def test_predict_takes_the_calibrated_threshold(run, tmp_path, capsys):
    article = tmp_path / "a.txt"
    article.write_text("Russian forces shelled the port of Kherson.")
    points = [{"threshold": 0.0, "precision": 0.5, "recall": 1.0, "kept": 1.0}]
    points.append({"threshold": 2.0, "precision": 1.0, "recall": 0.5, "kept": 0.5})
    (run / "calibration.json").write_text(json.dumps({"spans": 100, "curve": points}))

    def spans(*more: str) -> int:
        done(["predict", str(run), str(article), *more])
        return len(json.loads(capsys.readouterr().out)["spans"])

    assert spans("--target-precision", "0.4") == spans() > 0
    assert spans("--target-precision", "0.9") == 0
    (run / "calibration.json").unlink()
    assert _exit_code(["predict", str(run), str(article), "--target-precision", "0.9"]) == 2
    assert "warwire score" in capsys.readouterr().err


def test_what_is_no_run_is_refused(tmp_path, capsys):
    for command in (["score", str(tmp_path)], ["compare", str(tmp_path)], ["compare", "nowhere"]):
        assert _exit_code(command) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1

"""A sweep plans its whole grid, trains what is missing, resumes, and ends in a table."""

import json
import shutil

import pytest
import yaml

from tests.worlds import build_export, done, write_config
from warwire.cli.app import _exit_code
from warwire.config import dump_config
from warwire.errors import InputError
from warwire.experiments.sweep import parse_grid, plan_sweep, run_sweep


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "toy.yaml"
    file.write_text(yaml.safe_dump({"name": "toy"}))
    return file


def test_the_grid_is_every_combination_with_every_seed(config):
    grid = parse_grid(["training.learning_rate=1e-4, 3e-4", "windows.size=80,96"])
    plan = plan_sweep(config, grid, seeds=2)
    assert len(plan) == 8
    assert plan[0].name == "toy-learning_rate-1e-4-size-80-seed1"
    assert [each.config.training.seed for each in plan[:2]] == [1, 2]
    assert {each.config.windows.size for each in plan} == {80, 96}
    assert len({each.name for each in plan}) == 8


def test_no_grid_is_the_config_with_its_seeds(config):
    assert [each.name for each in plan_sweep(config, [], seeds=2)] == ["toy-seed1", "toy-seed2"]


@pytest.mark.parametrize("axis", ["training.epochs", "=3", "training.epochs=", "a=1,,2"])
def test_a_grid_that_says_nothing_is_refused(axis):
    with pytest.raises(InputError, match="section.key=value,value"):
        parse_grid([axis])


def test_wrong_keys_and_twice_given_ones_are_refused_before_training(config):
    with pytest.raises(InputError, match="unknown key"):
        plan_sweep(config, parse_grid(["training.epoch=1"]), seeds=1)
    with pytest.raises(InputError, match="given twice"):
        parse_grid(["training.epochs=1", "training.epochs=2"])
    with pytest.raises(InputError, match="at least one"):
        plan_sweep(config, [], seeds=0)


def test_what_is_there_is_not_trained_again(config, tmp_path):
    plan = plan_sweep(config, [], seeds=3)
    models, trained, scored = tmp_path / "models", [], []
    ready = models / plan[0].name
    ready.mkdir(parents=True)
    (ready / "warwire.yaml").write_text(dump_config(plan[0].config))
    (ready / "model.safetensors").touch()
    (ready / "metrics.json").touch()
    unfinished = models / f".{plan[1].name}.training"
    unfinished.mkdir()
    (unfinished / "warwire.yaml").write_text(dump_config(plan[1].config))
    run_sweep(
        plan,
        models,
        train=lambda planned, resume: trained.append((planned.name, resume)),
        score=lambda folder: scored.append(folder.name),
        tell=lambda line: None,
    )
    assert trained == [("toy-seed2", True), ("toy-seed3", False)]
    assert scored == ["toy-seed2", "toy-seed3"]


def test_a_run_of_another_config_is_never_overwritten(config, tmp_path):
    plan = plan_sweep(config, [], seeds=1)
    folder = tmp_path / plan[0].name
    folder.mkdir()
    (folder / "warwire.yaml").write_text("name: other\n")
    with pytest.raises(InputError, match="another config"):
        run_sweep(
            plan,
            tmp_path,
            train=lambda *_: pytest.fail("trained"),
            score=lambda _: None,
            tell=lambda line: None,
        )


def test_the_command_ends_in_the_table_and_runs_again_for_free(
    toy_base, toy_world, tmp_path, capsys
):
    file = write_config(tmp_path / "small.yaml", toy_base, toy_world / "data", epochs=1)
    models = tmp_path / "models"
    command = ["sweep", str(file), "--grid", "training.learning_rate=1e-2,1e-3", "--seeds", "2"]
    command += ["--models", str(models), "--json"]
    done(command)
    found = json.loads(capsys.readouterr().out)
    assert {row["seeds"] for row in found["configs"]} == {2}
    assert found["chosen"] in {row["config"] for row in found["configs"]}
    assert list(found["differences"]["config"]) == ["training.learning_rate"]
    stamps = {path: path.stat().st_mtime_ns for path in models.glob("*/model.safetensors")}
    assert len(stamps) == 4
    done(command)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}
    assert list(models.glob("*-sweep.html"))


@pytest.fixture
def swept(toy_base, tmp_path):
    """A sweep of one run that is done, and the dataset below it made anew from other articles."""
    export, data = build_export(tmp_path / "export.json"), tmp_path / "data"
    prepare = ["prepare", str(export), "--out", str(data)]
    done(prepare)
    file = write_config(tmp_path / "small.yaml", toy_base, data, epochs=1)
    command = ["sweep", str(file), "--seeds", "1", "--models", str(tmp_path / "models")]
    done(command)
    tasks = json.loads(export.read_text())
    tasks[0]["data"]["text"] += " More was said on Friday."
    export.write_text(json.dumps(tasks))
    done(prepare)
    return command


def refusal(command, capsys):
    capsys.readouterr()
    assert _exit_code(command) == 2
    return capsys.readouterr().err


def test_a_run_of_other_articles_is_not_taken_for_trained(swept, tmp_path, capsys):
    said = refusal([*swept[:-3], "2", *swept[-2:]], capsys)
    assert "models/small-seed1: trained on other articles than" in said
    assert "give another --models folder, or remove the runs" in said
    assert not (tmp_path / "models" / "small-seed2").exists()
    done([*swept[:-1], str(tmp_path / "others")])


def test_an_unfinished_training_on_other_articles_is_refused_in_words_of_sweep(
    swept, tmp_path, capsys
):
    models = tmp_path / "models"
    known = json.loads((models / "small-seed1" / "provenance.json").read_text())
    unfinished = models / ".small-seed1.training"
    unfinished.mkdir()
    shutil.copy(models / "small-seed1" / "warwire.yaml", unfinished)
    (unfinished / "data.txt").write_text(json.dumps(known["data_fingerprints"]))
    shutil.rmtree(models / "small-seed1")
    said = refusal(swept, capsys)
    assert "give another --models folder" in said
    assert "--resume" not in said


def test_a_provenance_that_cannot_be_read_is_named(swept, tmp_path, capsys):
    (tmp_path / "models" / "small-seed1" / "provenance.json").write_text("{")
    assert "provenance.json: not readable" in refusal(swept, capsys)

"""A sweep plans its whole grid, trains what is missing, resumes, and ends in a table."""

import json

import pytest
import yaml

from tests.worlds import done, write_config
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

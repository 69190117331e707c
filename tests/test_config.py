from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from warwire.config import Config, dump_config, load_config, parse_config
from warwire.errors import InputError

CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
RATES = st.floats(1e-7, 1.0, allow_nan=False)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Any valid content of a config file."""
    size = draw(st.integers(8, 2000))
    return {
        "name": draw(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}\Z")),
        "data": draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)),
        "model": {
            "base": draw(st.sampled_from(["bundled", "./mine", "org/name", "off", "1e3"])),
            "revision": draw(st.sampled_from([None, "main", "1234567", "yes"])),
            "freeze_encoder": draw(st.booleans()),
            "dropout": draw(st.floats(0, 1, exclude_max=True)),
        },
        "windows": {"size": size, "overlap": draw(st.integers(0, (size - 2) // 2))},
        "training": {
            "learning_rate": draw(RATES),
            "head_learning_rate": draw(st.none() | RATES),
            "epochs": draw(st.integers(1, 99)),
            "schedule": draw(st.sampled_from(["linear", "cosine", "constant"])),
            "seed": draw(st.integers(0, 2**31)),
        },
    }


@given(contents())
def test_yaml_gives_an_equal_config_back(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    config = parse_config(content, where="test")
    file = tmp_path_factory.mktemp("round") / "config.yaml"
    file.write_text(dump_config(config), encoding="utf-8")
    assert load_config(file) == config


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_every_config_loads_under_its_file_name(file: Path) -> None:
    config = load_config(file)
    assert config.name == file.stem
    assert load_config(file, [f"name={config.name}"]) == config


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_a_config_states_only_what_differs_from_the_defaults(file: Path) -> None:
    import yaml

    stated = yaml.safe_load(file.read_text())
    defaults = Config().model_dump()
    sections = {name: part for name, part in stated.items() if isinstance(part, dict)}
    repeated = [
        f"{name}.{key}"
        for name, part in sections.items()
        for key, value in part.items()
        if defaults[name][key] == value
    ]
    assert repeated == []


def test_there_are_the_configs_that_the_readme_promises() -> None:
    names = {file.stem for file in CONFIGS}
    assert names >= {"minilm", "minilm-frozen", "modernbert", "conflibert", "deberta-v3", "roberta"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntraining:\n  learning_rate: 3e-4\n")
    return path


def test_overrides_win_over_the_file(file: Path) -> None:
    config = load_config(
        file, ["training.learning_rate=5e-5", "model.freeze_encoder=true", "windows.size=66"]
    )
    assert config.training.learning_rate == 5e-5
    assert (config.model.freeze_encoder, config.windows.size) == (True, 66)
    assert config.training.epochs == Config().training.epochs


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("traning.epochs=3", "unknown key 'traning'; the nearest known key is 'training'"),
        ("training.epoch=3", "unknown key 'training.epoch'; the nearest known key is"),
        ("epochs=3", "unknown key 'epochs'; the nearest known key is 'training.epochs'"),
        ("training.epochs=many", "training.epochs: input should be a valid integer, not 'many'"),
        ("training.epochs=2.5", "training.epochs: input should be a valid integer, not 2.5"),
        ("training.epochs='3'", "training.epochs: input should be a valid integer, not '3'"),
        ("training.learning_rate=0", "training.learning_rate: input should be greater than 0"),
        ("training.precision=fp8", "training.precision: input should be 'auto', 'fp32' or 'bf16'"),
        ("windows.overlap=150", "windows: overlap 150 must be at most 95 at size 192"),
        ("name=../up", "name: string should match pattern"),
        ("training=3", "training: "),
        ("training.epochs", "override 'training.epochs': write it as section.key=value"),
        ("=3", "override '=3': write it as section.key=value"),
        ("name.first=x", "override 'name.first=x': 'name' holds a value, not a section"),
        ("name=[", "override 'name=[': the value is not readable as YAML"),
        ("name=2024-13-01", "override 'name=2024-13-01': the value is not readable as YAML"),
        ("training.seed=5000000000", "training.seed: input should be less than or equal to 42949"),
    ],
)
def test_a_wrong_override_is_told_in_one_line(file: Path, override: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_config(file, [override])
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"- a\n- b\n", "expected keys and values, found a list"),
        (b"a: [1\n", "not readable as YAML"),
        (b"name: \xff\xfe\n", "not readable as YAML"),
        (b"name: 2024-13-01\n", "not readable as YAML: month must be in 1..12"),
        (b"model:\n  bse: x\n", "unknown key 'model.bse'; the nearest known key is 'model.base'"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="wrong.yaml") as caught:
        load_config(path)
    assert line in str(caught.value)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert load_config(tmp_path / "empty.yaml") == Config()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such config file"):
        load_config(tmp_path / "none.yaml")

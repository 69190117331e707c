"""A run exported to ONNX finds what the run finds, in fp32 to the span."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.model.conftest import strict_f1
from tests.toys import ARTICLES
from warwire.documents import Document
from warwire.errors import InputError, RunError
from warwire.model import export
from warwire.model.checkpoints import load_run, save_run
from warwire.model.export import Gate, Trial, choose, export_run
from warwire.model.exported import FastTokenizer, is_exported, load_exported, open_exported
from warwire.model.prediction import Predictor, describe
from warwire.model.training import Trained
from warwire.spans import Span

pytest.importorskip("onnxruntime")
TEXTS = [article.text for article in ARTICLES]
SPEED = {"equal_spans": 1.0, "megabytes": 1.0}


def f1(found: list[list[Span]]) -> float:
    pairs = zip(ARTICLES, found, strict=True)
    return strict_f1(ARTICLES, [article.with_spans(tuple(spans)) for article, spans in pairs])


@pytest.fixture(scope="module")
def run(learned: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its exported models; every variant was tried."""
    folder = tmp_path_factory.mktemp("exported")
    save_run(learned.checkpoint, folder)
    gate = Gate(validation=ARTICLES, training=ARTICLES, f1=f1)
    told: list[Trial] = []
    record = export_run(load_run(folder), folder, gate, tell=told.append)
    assert [trial.variant for trial in told] == [trial["variant"] for trial in record["tried"]]
    return folder


def test_the_record_holds_what_was_tried_and_measured(run: Path) -> None:
    record = json.loads((run / "onnx" / "export.json").read_text())
    plain, *variants = record["tried"]
    assert (plain["variant"], plain["f1"], plain["equal_spans"]) == ("fp32", 1.0, 1.0)
    assert len(variants) == len({each["variant"] for each in variants}) == 5
    assert all(each["megabytes"] < plain["megabytes"] for each in variants[:1])
    assert all(0 <= each["f1"] <= 1 < each["tokens_a_second"] for each in record["tried"])
    expected = {"model.onnx", "export.json"} | ({"model-int8.onnx"} if record["int8"] else set())
    assert {path.name for path in (run / "onnx").iterdir()} == expected


def test_spans_and_scores_are_those_of_torch(run: Path) -> None:
    plain = Predictor.from_pretrained(run, engine="torch", dtype="fp32", device="cpu")
    fast = Predictor.from_pretrained(run, engine="onnx", dtype="fp32")
    texts = [*TEXTS, "", " ".join(TEXTS * 9), "na\u00efve \U0001f4a5 \u4e2d\u6587"]
    for one, other in zip(plain.predict(texts), fast.predict(texts), strict=True):
        assert [span.key for span in one] == [span.key for span in other]
        assert [span.score for span in one] == pytest.approx([s.score for s in other], abs=1e-3)
    assert describe(fast) == describe(plain) | {"engine": "onnx"}


@pytest.mark.parametrize("cores", [2, 3, 16])
def test_spans_are_the_same_on_any_number_of_cores(
    run: Path, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [article.text for article in ARTICLES] * 40
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = Predictor.from_pretrained(run, engine="onnx", dtype="fp32").predict(texts)
    monkeypatch.setenv("OMP_NUM_THREADS", str(cores))
    predictor = Predictor.from_pretrained(run, engine="onnx", dtype="fp32")
    assert predictor.engine.cores == cores
    assert [[one.key for one in each] for each in predictor.predict(texts)] == [
        [one.key for one in each] for each in alone
    ]


def test_tokens_are_those_of_the_run(run: Path) -> None:
    ours, theirs = FastTokenizer(run / "tokenizer.json"), load_run(run).tokenizer
    options = {"add_special_tokens": False, "return_offsets_mapping": True}
    for text in [*TEXTS, "", "na\u00efve \u4e2d\u6587\0x"]:
        found, wanted = ours([text], **options), theirs([text], **options)
        assert found["input_ids"] == wanted["input_ids"]
        assert [list(map(tuple, each)) for each in wanted["offset_mapping"]] == [
            list(map(tuple, each)) for each in found["offset_mapping"]
        ]
    assert load_exported(run).tags == load_run(run).tags


WITHOUT_TORCH = """
import sys
from warwire.model.prediction import Predictor
print(Predictor.from_pretrained(sys.argv[1], engine="onnx")(sys.argv[2])[0].label)
print(sorted({"torch", "transformers", "datasets", "pandas", "scipy"} & set(sys.modules)))
"""


def test_torch_is_never_loaded(run: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(run), TEXTS[0]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["ACTOR", "[]"], done.stderr


def test_int8_passes_only_where_it_is_as_good_and_faster() -> None:
    plain = Trial("fp32", f1=0.9, tokens_a_second=1000, **SPEED)
    worse = Trial("worse", f1=0.8949, tokens_a_second=5000, **SPEED)
    slower = Trial("slower", f1=0.91, tokens_a_second=999, **SPEED)
    good = Trial("good", f1=0.895, tokens_a_second=1500, **SPEED)
    better = Trial("better", f1=0.899, tokens_a_second=2000, **SPEED)
    assert choose([plain, worse, slower]) is None
    assert choose([plain, worse, good, slower]) == good
    assert choose([plain, good, better, worse]) == better


@pytest.mark.parametrize("passes", [True, False])
def test_int8_is_offered_where_it_passed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: bool
) -> None:
    monkeypatch.setattr(export, "choose", lambda trials: trials[1] if passes else None)
    save_run(load_run(run), tmp_path)
    gate = Gate(validation=ARTICLES[:2], training=ARTICLES[2:], f1=lambda found: 0.5)
    record = export_run(load_run(run), tmp_path, gate, tell=lambda trial: None)
    assert record["int8"] == ("dynamic, every layer" if passes else None)
    assert open_exported(tmp_path).dtype == ("int8" if passes else "fp32")
    assert (tmp_path / "onnx" / "model-int8.onnx").is_file() is passes
    if not passes:
        with pytest.raises(InputError, match="no int8 model was as good as fp32 and faster"):
            Predictor.from_pretrained(tmp_path, dtype="int8")
        return
    rough = Predictor.from_pretrained(tmp_path, dtype="int8")
    assert describe(rough)["engine"] == "onnx"
    assert f1(rough.predict(TEXTS)) > 0.8


def test_without_a_gate_there_is_fp32_alone(run: Path, tmp_path: Path) -> None:
    save_run(load_run(run), tmp_path)
    assert not is_exported(tmp_path)
    record = export_run(load_run(run), tmp_path, None, tell=lambda trial: None)
    assert (record["int8"], record["tried"]) == (None, [])
    assert is_exported(tmp_path)
    assert {path.name for path in (tmp_path / "onnx").iterdir()} == {"model.onnx", "export.json"}


def test_a_model_that_computes_something_else_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(load_run(run), tmp_path)
    broken = lambda self, ids, mask: np.zeros((*ids.shape, 7), np.float32)  # noqa: E731
    monkeypatch.setattr(export.OnnxEngine, "__call__", broken)
    with pytest.raises(RunError, match="the exported model's logits differ from torch's by"):
        export_run(load_run(run), tmp_path, None, tell=lambda trial: None)
    assert not list(tmp_path.glob("*onnx*"))


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ({"engine": "onnx", "dtype": "bf16"}, "--dtype bf16 needs --engine torch"),
        ({"engine": "onnx", "device": "cuda"}, "this ONNX Runtime has no CUDA"),
    ],
)
def test_what_the_exported_model_cannot_do_is_told(
    run: Path, wanted: dict[str, str], line: str
) -> None:
    with pytest.raises(InputError, match=line):
        Predictor.from_pretrained(run, **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(("units", "engine"), [(True, "torch"), (False, "onnx")])
def test_by_itself_it_takes_what_is_fast_on_this_machine(
    run: Path, monkeypatch: pytest.MonkeyPatch, units: bool, engine: str
) -> None:
    from warwire.model import engines

    monkeypatch.setattr(engines, "processor_has_bf16", lambda: units)
    monkeypatch.setattr(engines, "sees_gpu", lambda device: False)
    chosen = Predictor.from_pretrained(run)
    assert chosen.engine.name == engine
    assert chosen.mark_up([Document("a", TEXTS[0])])[0].spans


@pytest.mark.parametrize("file", ["onnx/export.json", "onnx/model.onnx", "tokenizer.json"])
def test_a_broken_file_is_told(run: Path, tmp_path: Path, file: str) -> None:
    import shutil

    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / file).write_text("{")
    with pytest.raises(InputError, match="run"):
        Predictor.from_pretrained(tmp_path / "run", engine="onnx", dtype="fp32")

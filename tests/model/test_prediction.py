from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForTokenClassification

from tests.toys import ARTICLES, WORDS, build_base
from warwire.config import WindowsSection
from warwire.documents import Document
from warwire.errors import InputError
from warwire.model.attention import MASKED_ONCE, mask_once
from warwire.model.checkpoints import save_run
from warwire.model.packing import pack_weights
from warwire.model.prediction import (
    ARTICLES_AT_ONCE,
    CHARACTERS_AT_ONCE,
    CHUNKS_AT_ONCE,
    Predictor,
    cut_chunks,
    describe,
    pack,
)
from warwire.model.training import Trained
from warwire.tagging.windows import Window, cut_windows

TEXTS = [article.text for article in ARTICLES]
ODD = ["\U0001f4a5", "na\u00efve", "\n\n", "\u200b", "\u4e2d\u6587", "amRussian"]


@pytest.fixture(scope="module")
def predictor(learned: Trained, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("run")
    save_run(learned.checkpoint, folder)
    return Predictor.from_pretrained(folder, dtype="fp32", device="cpu")


def test_one_text_gives_its_spans_in_order_with_scores(predictor: Predictor) -> None:
    spans = predictor(TEXTS[0])
    assert [span.key for span in spans] == [span.key for span in ARTICLES[0].spans]
    assert all(span.score is not None and 0 < span.score <= 1 for span in spans)


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b"])
def test_a_text_without_words_has_no_spans(predictor: Predictor, text: str) -> None:
    assert predictor(text) == []


def test_the_company_of_other_texts_changes_nothing(predictor: Predictor) -> None:
    company = [*TEXTS, "", " ".join(WORDS * 4), TEXTS[0]]
    together = predictor.predict(company)
    assert [[span.key for span in predictor(text)] for text in company] == [
        [span.key for span in spans] for spans in together
    ]
    assert together[0] == together[-1]


def test_windows_give_what_a_single_window_gives_where_it_fits(
    learned: Trained,
) -> None:
    """With an encoder that looks at each token alone, the windows must not show."""
    windows = []

    def spell(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        windows.extend(mask.sum(axis=1).tolist())
        return np.where(ids[..., None] % 2 == np.arange(7), 0.0, -9.0).astype(np.float32)

    spell.tokens, spell.multiple = 4096, 16  # type: ignore[attr-defined]
    spell.cores, spell.enter = 1, None  # type: ignore[attr-defined]
    text, found = " ".join(WORDS * 3), []
    for section in (WindowsSection(size=24, overlap=8), WindowsSection(size=4000, overlap=0)):
        config = learned.checkpoint.config.model_copy(update={"windows": section})
        changed = replace(learned.checkpoint, config=config)
        found.append(Predictor(changed, engine=spell)(text))  # type: ignore[arg-type]
    assert len(windows) > 4
    assert max(windows[:-1]) == 24 < windows[-1]
    assert found[0] == found[1] != []


def test_a_stream_reads_only_a_few_texts_ahead(predictor: Predictor) -> None:
    read: list[int] = []

    def texts() -> Iterator[str]:
        for number in range(9 * ARTICLES_AT_ONCE):
            read.append(number)
            yield TEXTS[number % 4]

    stream = predictor.stream(texts())
    assert [span.key for span in next(stream)] == [span.key for span in ARTICLES[0].spans]
    assert len(read) == CHUNKS_AT_ONCE * ARTICLES_AT_ONCE


@given(st.lists(st.integers(0, CHARACTERS_AT_ONCE), max_size=200), st.data())
def test_chunks_begun_at_an_edge_are_the_same(lengths: list[int], data: st.DataObject) -> None:
    chunks = list(cut_chunks(lengths, lambda length: length))
    assert [length for chunk in chunks for length in chunk] == lengths
    assert all(chunks)
    assert all(sum(chunk[:-1]) < CHARACTERS_AT_ONCE for chunk in chunks)
    done = data.draw(st.integers(0, len(chunks)))
    rest = lengths[sum(map(len, chunks[:done])) :]
    assert list(cut_chunks(rest, lambda length: length)) == chunks[done:]


def test_chunks_found_alone_are_found_as_in_a_stream(predictor: Predictor) -> None:
    chunks = [TEXTS[:3], TEXTS[1:], TEXTS[:1]]
    whole = list(predictor.stream_chunks(chunks))
    assert [next(predictor.stream_chunks([chunk])) for chunk in chunks] == whole
    assert [len(prediction.spans) for prediction in whole] == [3, 3, 1]
    assert all(prediction.tokens > 0 for prediction in whole)


def test_an_error_while_tokenizing_ends_the_stream_at_its_chunk(predictor: Predictor) -> None:
    stream = predictor.stream_chunks([TEXTS, ["\ud800"], TEXTS])
    assert len(next(stream).spans) == len(TEXTS)
    with pytest.raises((TypeError, UnicodeEncodeError)):
        next(stream)


def test_texts_that_fail_leave_their_error_and_the_rest_goes_on(predictor: Predictor) -> None:
    chunks = [TEXTS, [TEXTS[0], "\ud800", TEXTS[1]], TEXTS[2:]]
    before, odd, after = predictor.stream_chunks(chunks, skip_errors=True)
    assert [before, after] == list(predictor.stream_chunks([chunks[0], chunks[2]]))
    assert odd.spans == [before.spans[0], [], before.spans[1]]
    assert list(odd.errors) == [1]
    assert "Error" in odd.errors[1]


def test_marking_up_keeps_all_but_the_spans(predictor: Predictor) -> None:
    bare = Document("b", TEXTS[1], (), "2024-05-01", "Gazette", {"desk": "war"})
    (marked,) = predictor.mark_up([bare])
    assert (marked.id, marked.text, marked.date, marked.meta) == (
        bare.id,
        bare.text,
        bare.date,
        bare.meta,
    )
    assert [span.key for span in marked.spans] == [span.key for span in ARTICLES[1].spans]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(WORDS + ODD), max_size=60).map(" ".join))
def test_spans_of_any_text_are_flat_and_on_words(predictor: Predictor, text: str) -> None:
    spans = predictor(text)
    assert all(one.end <= after.start for one, after in zip(spans, spans[1:], strict=False))
    for span in spans:
        surface = text[span.start : span.end]
        assert surface == surface.strip() != ""


@given(st.lists(st.integers(0, 9000), max_size=6), st.integers(8, 512), st.integers(8, 5000))
def test_batches_hold_every_window_once_under_the_budget(
    lengths: list[int], size: int, budget: int
) -> None:
    jobs = [
        (article, window)
        for article, tokens in enumerate(lengths)
        for window in cut_windows(tokens, size=size, overlap=size // 4)
    ]
    batches = list(pack(jobs, tokens=budget))
    assert sorted(map(repr, jobs)) == sorted(repr(job) for batch in batches for job in batch)
    for batch in batches:
        longest = max(window.end - window.start for _, window in batch)
        assert len(batch) == 1 or longest * len(batch) <= budget


def test_a_window_beyond_the_budget_goes_alone() -> None:
    wide, small = (0, Window(0, 41, 0, 41)), (1, Window(0, 3, 0, 3))
    assert list(pack([wide, small], tokens=40)) == [[wide], [small]]


def test_half_precision_finds_the_same_spans(learned: Trained, tmp_path: Path) -> None:
    save_run(learned.checkpoint, tmp_path)
    rough = Predictor.from_pretrained(tmp_path, dtype="bf16", device="cpu")
    assert describe(rough)["dtype"] == "bf16"
    found = [[span.key for span in spans] for spans in rough.predict(TEXTS)]
    assert found == [[span.key for span in article.spans] for article in ARTICLES]


@pytest.mark.parametrize("bias", [True, False])
def test_packed_layers_compute_the_same_to_the_bit(bias: bool) -> None:
    layers = torch.nn.Sequential(torch.nn.Linear(48, 96, bias=bias), torch.nn.Linear(96, 7))
    layers = torch.nn.ModuleDict({"inner": layers}).to(torch.bfloat16).eval()
    values = [torch.randn(*shape, 48).bfloat16() for shape in ((3, 17), (1, 1), (64, 80))]
    with torch.inference_mode():
        before = [layers["inner"](each) for each in values]
        pack_weights(layers)
        after = [layers["inner"](each) for each in values]
    assert not any(isinstance(layer, torch.nn.Linear) for layer in layers.modules())
    assert all(map(torch.equal, before, after))


@pytest.mark.parametrize("kind", ["bert", "roberta", "modernbert", "deberta-v3"])
def test_a_mask_made_once_gives_the_same_to_the_bit(kind: str, tmp_path: Path) -> None:
    base = build_base(kind, tmp_path / kind)
    model = AutoModelForTokenClassification.from_pretrained(base, dtype=torch.bfloat16).eval()
    ids = torch.from_numpy(np.random.default_rng(1).integers(5, 30, (3, 40)))
    mask = (torch.arange(40) < torch.tensor([[40], [31], [9]])).long()
    with torch.inference_mode():
        before = [model(input_ids=ids, attention_mask=each).logits for each in (mask, mask**0)]
        mask_once(model)
        after = [model(input_ids=ids, attention_mask=each).logits for each in (mask, mask**0)]
    kept = model.config._attn_implementation
    assert kept == ("eager" if kind == "deberta-v3" else MASKED_ONCE)
    assert torch.equal(before[0][mask == 1], after[0][mask == 1])
    assert torch.equal(before[1], after[1])


def test_a_device_that_is_not_there_is_told(learned: Trained) -> None:
    with pytest.raises(InputError, match="device 'cuda' is not there; use 'cpu' or 'auto'"):
        Predictor(learned.checkpoint, device="cuda")

"""CoNLL sentences in and out, seqeval's two readings, and a whole benchmark at toy size."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import done, write_config
from warwire import Document
from warwire.errors import InputError
from warwire.evaluation.tags import chunks
from warwire.experiments.benchmark import load_task, split_by_document
from warwire.experiments.conll import (
    Sentence,
    chunk_counts,
    macro_f1,
    read_conll,
    to_article,
    to_tags,
)

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
sentences = st.lists(
    st.integers(1, 9).flatmap(
        lambda size: st.tuples(
            st.lists(st.sampled_from(TAGS), min_size=size, max_size=size),
            st.lists(st.sampled_from(TAGS), min_size=size, max_size=size),
        )
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=400)
@given(sentences)
def test_both_readings_equal_seqeval(pairs):
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    gold, guess = [one for one, _ in pairs], [two for _, two in pairs]
    lenient = chunk_counts(gold, guess, strict=False)
    assert lenient["all"].f1 == pytest.approx(f1_score(gold, guess, zero_division=0))
    labels = {tag[2:] for side in (gold, guess) for tags in side for tag in tags if tag != "O"}
    if labels:
        expected = f1_score(gold, guess, average="macro", zero_division=0)
        assert macro_f1(lenient) == pytest.approx(expected)
    strict = chunk_counts(gold, guess, strict=True)["all"].f1
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    if any(chunks(tags, strict=True) for tags in (*gold, *guess)):
        assert strict == pytest.approx(f1_score(gold, guess, **options))
    else:
        assert strict == 0


@given(st.lists(st.sampled_from(TAGS), min_size=1, max_size=9))
def test_tags_come_back_from_the_article(tags):
    sentence = Sentence(tuple("ab" for _ in tags), tuple(tags))
    article = to_article(sentence, "x")
    back = to_tags(sentence.tokens, article.spans)
    assert chunks(back, strict=True) == chunks(tags, strict=False)


def test_a_span_inside_a_token_tags_the_whole_token():
    assert to_tags(["U.S.-led", "raid"], to_article(
        Sentence(("U.S.", "x"), ("B-A", "O")), "x").spans) == ["B-A", "O"]  # fmt: skip


def test_documents_and_both_separators_are_read(tmp_path):
    file = tmp_path / "train.txt"
    file.write_text("-DOCSTART- O\n\nNato\tB-A\nfled O\n\n\n-DOCSTART- O\nKyiv B-A")
    found = read_conll(file)
    assert [sentence.tokens for sentence in found] == [("Nato", "fled"), ("Kyiv",)]
    assert found[0].document != found[1].document


@pytest.mark.parametrize("line", ["Nato", "Nato ACTOR", "Nato X-A"])
def test_a_wrong_line_is_named(tmp_path, line):
    file = tmp_path / "train.txt"
    file.write_text(f"Kyiv B-A\n{line}\n")
    with pytest.raises(InputError, match="line 2"):
        read_conll(file)


@pytest.fixture
def folder(tmp_path):
    rows = {"train": 40, "test": 10}
    for part, count in rows.items():
        text = "".join(
            f"troops{n} O\nof O\nNato{n % 7} {'I-A' if n % 9 == 0 else 'B-A'}\nfled B-M\n\n"
            for n in range(count)
        )
        (tmp_path / f"{part}.txt").write_text(text)
    return tmp_path


def test_dev_is_taken_from_train_where_there_is_none(folder):
    task = load_task(folder)
    assert task.labels == ("A", "M")
    assert len(task.parts["train"]) + len(task.parts["dev"]) == 40
    assert 1 <= len(task.parts["dev"]) <= 12
    with pytest.raises(InputError, match="no such folder"):
        load_task(folder / "nowhere")


def test_documents_stay_whole_when_split_by_document(folder):
    task = load_task(folder)
    texts = [
        " ".join(f"troops{n} of Nato{n % 7} fled" for n in range(at, 40, 8)) for at in range(8)
    ]
    documents = [Document(f"d{at}", text) for at, text in enumerate(texts)]
    parted = split_by_document(task, documents)
    owners = [{each.document for each in rows} for rows in parted.parts.values()]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert parted.notes["given_test_documents_also_in_train"] > 0
    assert sum(map(len, parted.parts.values())) == 50
    with pytest.raises(InputError, match="another corpus"):
        split_by_document(task, [Document("d", "nothing of it")])


def test_the_command_trains_scores_and_keeps_what_is_done(folder, toy_base, tmp_path, capsys):
    config = write_config(tmp_path / "small.yaml", toy_base, tmp_path / "unused", epochs=2)
    command = ["benchmark", str(folder), "--config", str(config), "--seeds", "2", "--json"]
    command += ["--learning-rates", "1e-2,1e-3", "--out", str(tmp_path / "out")]
    done(command)
    found = json.loads(capsys.readouterr().out)
    assert set(found["learning_rates_on_dev"]) == {"0.01", "0.001"}
    assert len(found["runs"]) == 2
    assert found["test"]["lenient"]["micro_f1"] >= found["test"]["strict"]["micro_f1"] - 0.2
    assert found["test"]["strict"]["micro_f1_sd"] is not None
    recalls = found["runs"][0]["test_recall"]
    assert sum(group["support"] for group in recalls.values()) == 20
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/lr*.json")}
    assert len(files) == 3
    done(command)
    assert files == {path: path.stat().st_mtime_ns for path in files}

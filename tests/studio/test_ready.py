"""Predictions from a file reach the tasks of their articles, in the order that the file gives."""

import json

import pytest

from tests.studio.fake import FakeStudio
from tests.toys import LABELS, marked
from warwire.articles.reading import Unreadable
from warwire.articles.writing import jsonl_lines
from warwire.errors import InputError
from warwire.studio.projects import import_articles, render_labeling_config
from warwire.studio.pushing import Pushed
from warwire.studio.ready import file_version, push_answers, read_answers
from warwire.studio.server import Server

ARTICLES = [
    marked("a", "[A:Kyiv] gave [G:5 tanks]. 😀\r\n[A:Nato] met."),
    marked("b", "[A:Rebels] [M:fled]."),
    marked("c", "Nothing."),
]


def told(article, **rest):
    spans = [
        {"start": s.start, "end": s.end, "label": s.label, "text": article.surface(s), "score": 0.7}
        for s in article.spans
    ]
    return {"id": article.id, "spans": spans, **rest}


@pytest.fixture
def project(server: Server):
    made = server.create_project("News", render_labeling_config(LABELS), "")
    import_articles(server, made, ARTICLES)
    return made


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "order.jsonl"
    rows = [told(ARTICLES[1], score=0.5), told(ARTICLES[0], score=1.0)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_scores_of_the_file_order_the_queue(fake: FakeStudio, server: Server, project, file):
    version = file_version(file)
    answers, _ = read_answers(file)
    assert push_answers(server, project, answers, version=version) == Pushed(2, 0, 1)
    assert push_answers(server, project, answers, version=version) == Pushed(0, 2, 1)
    given = {task["data"]["id"]: task["predictions"] for task in fake.tasks.values()}
    assert [each["score"] for each in given["b"]] == [0.5]
    assert [each["score"] for each in given["a"]] == [1.0]
    assert given["c"] == []
    for region in given["a"][0]["result"]:
        value = region["value"]
        assert ARTICLES[0].text[value["start"] : value["end"]] == value["text"]
    assert fake.projects[1]["model_version"] == version


def test_answers_to_labelled_tasks_leave_what_people_start_from(fake, server, project, file):
    for task in (1, 2):
        fake.annotate(task, [])
    push_answers(server, project, read_answers(file)[0], version="suspects@1")
    assert [len(task["predictions"]) for task in fake.tasks.values()] == [1, 1, 0]
    assert fake.projects[1].get("model_version") != "suspects@1"


def test_another_text_is_refused(fake, server, project, file):
    fake.tasks[1]["data"]["text"] = "Changed " + ARTICLES[0].text
    with pytest.raises(InputError, match=r"task 1: .* article a, where 0..4 reads 'Kyiv'"):
        push_answers(server, project, read_answers(file)[0], version="v")
    assert all(task["predictions"] == [] for task in fake.tasks.values())


@pytest.mark.parametrize(
    "line",
    [
        *("{", '{"id": 1}', '{"id": 1, "spans": [{"start": 3, "end": 2}]}', "[]", "[" * 9999),
        '{"id": 1, "spans": [{"start": 0, "end": Infinity, "label": "ACTOR", "text": "Kyiv"}]}',
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, line):
    file = tmp_path / "x.jsonl"
    file.write_text(f'{{"id": 1, "spans": []}}\n{line}\n')
    with pytest.raises(InputError, match=r"x\.jsonl, line 2: no predictions"):
        read_answers(file)


def test_a_file_that_is_not_utf_8_is_told(tmp_path, call):
    (tmp_path / "x.jsonl").write_bytes(b'{"id": 1, "spans": []}\n{"id": "caf\xe9", "spans": []}\n')
    refused = call("studio", "push", tmp_path / "x.jsonl", "--project", 1)
    assert refused.code == 2
    assert "x.jsonl, line 2: not UTF-8 text (byte 11)" in refused.line


ODD_SCORES = ['"0.5"', "true", "NaN", "-Infinity", "[]", "1" + "0" * 400]


@pytest.mark.parametrize("score", ODD_SCORES)
@pytest.mark.parametrize("where", ["article", "span"])
def test_a_score_that_is_no_number_is_named(tmp_path, score, where):
    span = '{"start": 0, "end": 4, "label": "ACTOR", "text": "Kyiv", "score": 0.5}'
    line = f'{{"id": 1, "spans": [{span}], "score": 0.25}}'
    file = tmp_path / "x.jsonl"
    file.write_text(line)
    assert read_answers(file)[0]["1"].score == 0.25
    file.write_text(line.replace("0.25" if where == "article" else "0.5", score))
    with pytest.raises(
        InputError, match=r"x\.jsonl, line 1: (the score .{1,40} is no number|no pre)"
    ):
        read_answers(file)


def test_a_second_answer_to_an_article_is_named(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"id": 1, "spans": []}\n{"id": 2, "spans": []}\n\n{"id": "1", "spans": []}\n')
    with pytest.raises(InputError, match=r"x\.jsonl, line 4: a second answer to article 1;"):
        read_answers(file)


def test_articles_with_an_error_get_no_prediction_and_are_counted(fake, project, file, call):
    failed = [Unreadable(name, "in.jsonl, line 3: not JSON") for name in ("c", "3")]
    with file.open("a") as lines:
        lines.writelines(jsonl_lines(failed))
    done = call("studio", "push", file, "--project", project.id)
    assert done.code == 0, done.err
    assert "2 tasks got predictions of order@" in done.err
    assert f"2 lines of {file} hold an error instead of an answer" in done.err
    given = {task["data"]["id"]: task["predictions"] for task in fake.tasks.values()}
    assert given["c"] == []


def test_the_command_pushes_a_file(fake, project, file, call):
    done = call("studio", "push", file, "--project", project.id)
    assert done.code == 0, done.err
    assert "2 tasks got predictions of order@" in done.err
    refused = call("studio", "push", file, "--project", project.id, "--all")
    assert refused.code == 2
    assert "--all" in refused.line

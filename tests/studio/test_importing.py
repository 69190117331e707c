"""`studio init`: one project a title, one task an article, each text as it is."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.studio.articles import ODD
from tests.studio.conftest import Call
from tests.studio.fake import FakeStudio
from warwire.config import DEFAULT_LABELS
from warwire.corpus.label_studio import parse_labeling_config
from warwire.documents import Document
from warwire.studio.projects import (
    check_articles,
    import_articles,
    render_instructions,
    render_labeling_config,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def jsonl(*rows: dict[str, object]) -> Path:
    file = Path("articles.jsonl")
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return file


def test_the_labeling_config_says_what_the_importer_reads() -> None:
    read = parse_labeling_config(render_labeling_config(DEFAULT_LABELS), "ours")
    assert (read.labels, read.control, read.shown) == (DEFAULT_LABELS, "label", "text")
    assert (read.text_key, read.kind) == ("text", "text")


def test_labels_have_colours_and_hotkeys_and_edges_are_at_words() -> None:
    names = [f'L<&"{number}' for number in range(12)]
    root = ElementTree.fromstring(render_labeling_config(names))
    labels = root.findall(".//Label")
    assert [label.get("value") for label in labels] == names
    assert all(label.get("background", "").startswith("#") for label in labels)
    hotkeys = [label.get("hotkey") for label in labels]
    assert hotkeys == [*"123456789", None, None, None]
    assert root.find("Text").get("granularity") == "word"


def test_instructions_are_html_and_html_in_them_is_text() -> None:
    html = render_instructions("# Rules\n\n<script>x</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert "<h1>Rules</h1>" in html
    assert "<td>2</td>" in html
    assert "<script>" not in html


def test_a_project_is_made_once_and_an_article_imported_once(fake: FakeStudio, call: Call) -> None:
    file = jsonl({"id": "a", "text": ODD, "source": "Wire", "page": 3}, {"id": "b", "text": "B"})
    first = json.loads(call("studio", "init", file, "--title", "News", "--json").out)
    assert first["address"] == "http://studio.example:8080/projects/1"
    (project,) = fake.projects.values()
    assert project["sampling"] == "Uncertainty sampling"
    file = jsonl({"id": "b", "text": "B"}, {"id": "c", "text": "C"})
    again = json.loads(call("studio", "init", file, "--title", "News", "--json").out)
    assert again == first | {"made": False, "new": 1, "present": 1}
    data = [task["data"] for task in fake.tasks.values()]
    assert data[0] == {"id": "a", "text": ODD, "source": "Wire", "page": 3}
    assert [each["id"] for each in data] == ["a", "b", "c"]


def test_a_title_is_matched_whole(fake: FakeStudio, call: Call) -> None:
    file = jsonl({"id": "a", "text": "A"})
    for title in ("News of 2024", "News"):
        assert call("studio", "init", file, "--title", title).code == 0
    assert [each["title"] for each in fake.projects.values()] == ["News of 2024", "News"]
    fake.projects[3] = fake.projects[2] | {"id": 3}
    refused = call("studio", "init", file, "--title", "News")
    assert refused.code == 2
    assert "2 projects are titled 'News' (2, 3)" in refused.line
    assert call("studio", "init", file, "--project", "3").code == 0


def test_another_text_under_an_id_stays_and_is_told(fake: FakeStudio, call: Call) -> None:
    call("studio", "init", jsonl({"id": "a", "text": "old"}), "--title", "News")
    told = call("studio", "init", jsonl({"id": "a", "text": "new"}), "--title", "News")
    assert "1 of these have another text there, which stays: a" in told.err
    assert fake.tasks[1]["data"]["text"] == "old"


def test_labels_config_and_guidelines_of_ones_own(fake: FakeStudio, call: Call) -> None:
    Path("guide.md").write_text("*Mark* prices.")
    file = jsonl({"id": "a", "text": "A"})
    options = ("--labels", "GOOD,PRICE", "--instructions", "guide.md")
    assert call("studio", "init", file, "--title", "Prices", *options).code == 0
    assert 'value="PRICE"' in fake.projects[1]["label_config"]
    assert fake.projects[1]["expert_instruction"] == "<p><em>Mark</em> prices.</p>\n"
    own = render_labeling_config(["X"]).replace("$text", "$body")
    Path("own.xml").write_text(own)
    made = call("studio", "init", file, "--title", "Own", "--labeling-config", "own.xml")
    assert made.code == 0
    assert fake.projects[2]["label_config"] == own
    assert fake.tasks[2]["data"] == {"id": "a", "body": "A"}


HYPER = '<View><HyperTextLabels name="l" toName="t"><Label value="A"/></HyperTextLabels>'
HYPER += '<HyperText name="t" value="$text"/></View>'


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], ["--title", "T"], "two texts"),
        ([{"id": "a", "text": "x", "note": "\ud800"}], ["--title", "T"], "half a character"),
        ([{"id": "a", "text": "x", "n": float("nan")}], ["--title", "T"], "no JSON"),
        ([{"id": "a", "text": "x"}], [], "either --title"),
        ([{"id": "a", "text": "x"}], ["--title", "T", "--project", "1"], "either --title"),
        ([{"id": "a", "text": "x"}], ["--title", "T", "--instructions", "no.md"], "no.md"),
        ([{"id": "a", "text": "x"}], ["--title", "T", "--labeling-config", "no.xml"], "no.xml"),
        ([{"id": "a", "text": "x"}], ["--title", "T", "--labeling-config", "h.xml"], "hypertext"),
        ([{"id": "a"}], ["--title", "T"], "no 'text'"),
    ],
)
def test_wrong_input_is_told_before_a_project_is_made(
    fake: FakeStudio, call: Call, rows: list[dict[str, object]], options: list[str], says: str
) -> None:
    Path("h.xml").write_text(HYPER)
    refused = call("studio", "init", jsonl(*rows), *options)
    assert refused.code == 2
    assert says in refused.line
    assert (fake.projects, fake.tasks) == ({}, {})


def test_batches_are_small_and_watched(fake: FakeStudio, server: object) -> None:
    project = server.create_project("News", render_labeling_config(["A"]), "")
    documents = [Document(f"{number}", "x" * 30_000) for number in range(230)]
    seen: list[tuple[int, int]] = []
    told = import_articles(server, project, documents, watch=lambda *done: seen.append(done))
    assert (told.new, told.present, len(fake.tasks)) == (230, 0, 230)
    posts = sum(request.endswith("/import") for request in fake.requests)
    assert posts == 4, "2 million characters or 100 articles a request"
    assert seen[-1] == (230, 230)


def test_the_same_article_twice_is_one_task(fake: FakeStudio, server: object) -> None:
    project = server.create_project("News", render_labeling_config(["A"]), "")
    twice = check_articles([Document("a", "x"), Document("a", "x")])
    assert import_articles(server, project, twice).new == 1

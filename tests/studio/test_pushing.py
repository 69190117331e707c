"""Which tasks get which predictions, what stands in them, and what stays untouched."""

import copy

import pytest

from tests.studio.articles import ODD
from tests.studio.fake import FakeStudio
from tests.toys import marked
from warwire.corpus.label_studio import parse_labeling_config
from warwire.errors import InputError
from warwire.spans import Span
from warwire.studio.predictions import prediction
from warwire.studio.projects import import_articles, render_labeling_config
from warwire.studio.pushing import Pushed, push
from warwire.studio.server import Server
from warwire.studio.status import status

ARTICLE = marked("odd", ODD + "[A:Kyiv] gave [G:5 tanks].")
CONFIG = render_labeling_config(["ACTOR", "MILITARY_ACTION", "AID_AMOUNT"])


def predict(texts: list[str]) -> list[list[Span]]:
    """The first word of each text, less sure of longer texts."""
    return [[Span(0, text.index(" "), "ACTOR", 1 / len(text))] for text in texts]


@pytest.fixture
def project(fake: FakeStudio, server: Server) -> int:
    """Five tasks: two unlabelled, one labelled, one skipped, one disputed."""
    made = server.create_project("News", CONFIG, "")
    articles = [marked(f"n{number}", f"Word {number} " * (6 - number)) for number in range(5)]
    import_articles(server, made, articles)
    region = prediction("Word", [Span(0, 4, "ACTOR")], parse_labeling_config(CONFIG, ""), "")
    fake.annotate(3, region["result"])
    fake.annotate(4, [], skip=True)
    fake.annotate(5, region["result"], by=1)
    fake.annotate(5, [], by=2)
    return made.id


def give(server: Server, project: int, **options: object) -> Pushed:
    found = server.project(project)
    return push(server, found, predict, labels=("ACTOR",), **{"version": "toy@1", **options})


def predicted(fake: FakeStudio) -> list[int]:
    return [task["id"] for task in fake.tasks.values() for _ in task["predictions"]]


def test_spans_stand_at_their_characters_with_scores() -> None:
    spans = [Span(*span.key, 0.9 - place / 10) for place, span in enumerate(ARTICLE.spans)]
    made = prediction(ARTICLE.text, spans, parse_labeling_config(CONFIG, ""), "toy@1")
    assert made["model_version"] == "toy@1"
    assert made["score"] == min(span.score for span in spans)
    for region, span in zip(made["result"], spans, strict=True):
        value = region["value"]
        assert ARTICLE.text[value["start"] : value["end"]] == value["text"]
        assert (value["labels"], region["score"]) == ([span.label], span.score)
        assert (region["from_name"], region["to_name"]) == ("label", "text")
    assert len({region["id"] for region in made["result"]}) == len(spans)


def test_no_spans_come_last_in_the_queue_and_aliases_are_stored() -> None:
    aliased = CONFIG.replace('value="ACTOR"', 'value="ACTOR" alias="a"').replace("label", "mine")
    config = parse_labeling_config(aliased.replace('name="mine"', 'name="own"'), "")
    assert prediction("x", [], config, "v") == {"model_version": "v", "score": 1.0, "result": []}
    (region,) = prediction("x", [Span(0, 1, "ACTOR", 0.5)], config, "v")["result"]
    assert (region["from_name"], region["value"]["labels"]) == ("own", ["a"])


def test_the_unlabelled_get_predictions_once(
    fake: FakeStudio, server: Server, project: int
) -> None:
    before = copy.deepcopy([task["annotations"] for task in fake.tasks.values()])
    assert give(server, project) == Pushed(2, 0, 3)
    assert give(server, project) == Pushed(0, 2, 3)
    assert predicted(fake) == [1, 2]
    assert [task["annotations"] for task in fake.tasks.values()] == before
    assert fake.projects[1]["model_version"] == "toy@1"


def test_another_version_stands_beside_and_is_the_one_shown(
    fake: FakeStudio, server: Server, project: int
) -> None:
    give(server, project)
    assert give(server, project, version="toy@2") == Pushed(2, 0, 3)
    assert predicted(fake) == [1, 1, 2, 2]
    told = status(server, project)
    assert told["predictions"] == {"toy@1": 2, "toy@2": 2}
    assert told["shown_version"] == "toy@2"


def test_chosen_tasks_or_all(fake: FakeStudio, server: Server, project: int) -> None:
    assert give(server, project, tasks=[2, 5]) == Pushed(2, 0, 0)
    assert predicted(fake) == [2, 5]
    assert give(server, project, every=True, batch=2) == Pushed(3, 2, 0)
    assert sorted(predicted(fake)) == [1, 2, 3, 4, 5]


def test_tasks_and_labels_that_are_not_there_are_refused(
    fake: FakeStudio, server: Server, project: int
) -> None:
    with pytest.raises(InputError, match="no task 8, 9"):
        give(server, project, tasks=[1, 9, 8])
    with pytest.raises(InputError, match="no label PLACE"):
        push(server, server.project(project), predict, labels=("ACTOR", "PLACE"), version="v")
    fake.tasks[1]["data"] = {"body": "elsewhere"}
    with pytest.raises(InputError, match=r"task 1: .* no text 'text' \(found: body\)"):
        give(server, project)
    assert predicted(fake) == []


def test_status_tells_each_task_once(server: Server, project: int) -> None:
    told = status(server, project)
    assert (told["tasks"], told["labelled"], told["skipped"], told["unlabelled"]) == (5, 2, 1, 2)
    assert told["disputed_tasks"] == [5]
    assert told["address"] == "http://studio.example:8080/projects/1"


def test_the_same_spans_in_another_order_are_no_dispute(
    fake: FakeStudio, server: Server, project: int
) -> None:
    config = parse_labeling_config(CONFIG, "")
    spans = [Span(0, 4, "ACTOR"), Span(5, 6, "ACTOR")]
    for by, order in enumerate((spans, spans[::-1])):
        result = prediction("Word 0 Word", order, config, "")["result"]
        fake.annotate(1, [region | {"id": f"{by}{region['id']}"} for region in result], by=by)
    fake.annotate(1, [], by=3, skip=True)
    assert status(server, project)["disputed_tasks"] == [5]

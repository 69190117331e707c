"""Real exports of Label Studio 1.23.2, with the documents and rejects that they must give."""

from pathlib import Path

import pytest

from warwire.corpus.label_studio import Export, load_export
from warwire.documents import Relation
from warwire.errors import InputError
from warwire.spans import Span

HERE = Path(__file__).parent.parent.parent / "data" / "label_studio"
A, M, G = "ACTOR", "MILITARY_ACTION", "AID_AMOUNT"
NBSP, FAMILY = "\u00a0", "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1fa\U0001f1e6"
ALIAS = {"act": A}

PROJECT = {
    "art-emoji": [("Kyiv", A), ("Ukraine", A), ("struck", M)],
    "art-crlf": [("Ukraine", A), ("struck", M), ("depot.\r\nThe US", A), (f"$5{NBSP}million", G)],
    "art-overlap": [("Russian forces", A)],
    "art-multilabel": [("NATO airstrike", A)],
    "art-empty": [],
    "art-two": [("Germany", A), ("\u20ac1.1 billion", G), ("Ukraine", A)],
    "art-preds": [("Poland", A), ("14 Leopard tanks", G)],
    "art-relations": [("The United States", A), ("$2.5bn", G), ("Ukraine", A)],
    "art-html": [("Ukraine", A), ("struck", M)],
}
DRAWN = {
    "art-emoji": [("Ukraine", A), ("struck a depot", M)],
    "art-crlf": [("Ukraine", A), ("struck a depot", M), ("$5 million", G)],
    "art-nbsp": [("Ukraine", A)],
    "art-spaces": [("Ukraine", A)],
    "art-html": [("Ukraine", A), ("Ukraine", A)],
    "art-nfd": [("Ukraine", A), ("Russia", A), ("Ukraine2", A)],
    "art-literal_n": [("nUkraine", A), ("Ukraine", A)],
    "b0": [
        ("\U0001f4a5", A),
        ("Ukraine", A),
        (f"depot {FAMILY}.\r\nThe US pledged", G),
        ("$5 million", G),
        ("Russia", A),
    ],
    "b1": [("line\nUkraine", A), ("The", A)],
    "task-59": [
        ("Two  spaces\tTab", A),
        (f"$5{NBSP}million\u2009now", G),
        ("end  \n\n  Ukraine struck", M),
    ],
}


def surfaces(export: Export) -> dict[str, list[tuple[str, str]]]:
    return {
        each.id: [(each.surface(span), span.label) for span in each.spans]
        for each in export.documents
    }


@pytest.mark.parametrize(
    ("name", "read", "unlabelled"),
    [
        ("JSON", 10, 0),
        ("JSON_alltasks", 12, 2),
        ("SNAPSHOT_default", 12, 2),
        ("SNAPSHOT_full", 12, 2),
    ],
)
def test_one_project_gives_the_same_articles_by_every_way_of_export(
    name: str, read: int, unlabelled: int
) -> None:
    export = load_export(HERE / f"{name}.json")
    assert surfaces(export) == PROJECT
    ledger = export.ledger.to_dict()
    assert ledger["tasks"] == {
        "read": read,
        "labelled": 8,
        "true_negative": 1,
        "unlabelled": unlabelled,
        "skipped": 1,
        "rejected": 0,
    }
    assert ledger["spans"] == {
        "read": 25,
        "kept": 19,
        "repaired": {},
        "rejected": {},
        "set_aside": {
            "crossing, longest preferred": 1,
            "nested, longest preferred": 1,
            "no label": 1,
            "other annotator": 2,
            "two labels, longest preferred": 1,
        },
    }
    assert export.ledger.balanced


def test_what_stands_beside_the_spans_is_kept() -> None:
    by_id = {each.id: each for each in load_export(HERE / "SNAPSHOT_full.json").documents}
    two, related = by_id["art-two"], by_id["art-relations"]
    assert (two.date, two.source) == ("2023-02-24", "Reuters")
    assert [(each.annotator, each.ground_truth) for each in two.annotations] == [
        ("1", True),
        ("3", False),
    ]
    assert two.annotations[1].spans == (Span(0, 7, A), Span(8, 25, G))
    assert related.relations == (Relation("r1", "r2", "right", ("gave",)),)
    assert [(each.task, each.annotation, each.region) for each in related.origins] == [
        ("19", "18", region) for region in ("r1", "r2", "r3")
    ]


def test_the_latest_annotation_wins_where_asked() -> None:
    export = load_export(HERE / "JSON.json", annotators="latest")
    assert surfaces(export)["art-two"] == [("Germany", A), ("sent \u20ac1.1 billion", G)]
    assert export.ledger.set_aside["other annotator"] == 3


def test_annotators_who_disagree_have_no_answer_in_common() -> None:
    export = load_export(HERE / "JSON.json", annotators="agreement")
    assert "art-two" not in surfaces(export)
    assert export.ledger.tasks["skipped"] == 2
    assert export.ledger.balanced


def test_finished_tasks_alone() -> None:
    export = load_export(HERE / "SNAPSHOT_finished.json")
    assert surfaces(export) == {"art-two": PROJECT["art-two"]}


def test_spans_drawn_by_hand_in_the_page() -> None:
    export = load_export(HERE / "variants" / "ui_drawn.JSON.json")
    assert surfaces(export) == DRAWN
    assert export.ledger.rejects == []
    assert dict(export.ledger.set_aside) == {
        "crossing, longest preferred": 1,
        "exact duplicate": 1,
        "nested, longest preferred": 2,
    }
    assert export.ledger.balanced


def test_an_export_without_texts_is_read_by_its_offsets() -> None:
    export = load_export(HERE / "variants" / "no_text_saved.JSON.json")
    assert surfaces(export) == {"task-26": [("struck", M)]}


def test_bad_offsets_are_repaired_or_rejected_with_their_place() -> None:
    export = load_export(HERE / "variants" / "predictions_accepted_bad_offsets.JSON.json")
    kept, none = [("Ukraine", A)], []
    assert list(surfaces(export).values()) == [kept, kept, none, none, kept]
    assert dict(export.ledger.repaired) == {"utf-16 offsets": 1}
    assert [(each.kind, each.task, each.region) for each in export.ledger.rejects] == [
        ("text differs", "30", "a"),
        ("outside", "31", "a"),
        ("inverted", "31", "b"),
        ("empty", "31", "c"),
    ]
    assert "'Ukraine', but the region's text says 'Russia'" in str(export.ledger.rejects[0])
    assert "a text of 28 characters" in str(export.ledger.rejects[1])
    assert dict(export.ledger.set_aside) == {"skipped annotation": 2}
    assert export.ledger.balanced


def test_aliases_further_controls_and_choices_for_one_region() -> None:
    file = HERE / "variants" / "perregion_alias_multi.JSON.json"
    export = load_export(file, text_key="body", label_map=ALIAS)
    assert surfaces(export) == {
        "r1": [("Ukraine", A), ("struck", A), ("depot", M)],
        "task-35": [("Ukraine", A), ("depot", M)],
    }
    assert export.documents[0].controls == {"cert": (Span(21, 27, "SURE"),)}
    assert export.documents[1].controls == {"side": (Span(13, 20, "UA"),)}
    assert export.ledger.balanced


def test_pages_and_dialogues_are_read_as_they_were_shown() -> None:
    page = load_export(HERE / "variants" / "hypertext.JSON.json", text_key="html", label_map=ALIAS)
    assert surfaces(page) == {
        "task-24": [("Ukraine", A), ("struck a depot", M), ("$5", G)],
        "task-34": [("Ukraine", A)],
    }
    talk = load_export(
        HERE / "variants" / "paragraphs.JSON.json", text_key="dialogue", label_map=ALIAS
    )
    assert surfaces(talk) == {
        "task-25": [("Ukraine", A), ("struck.\nThe US", M), ("$5 million", G)]
    }


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ui_drawn", {}),
        ("no_text_saved", {}),
        ("hypertext", {"text_key": "html"}),
        ("paragraphs", {"text_key": "dialogue"}),
        ("perregion_alias_multi", {"text_key": "body"}),
    ],
)
def test_json_min_gives_the_same_spans_with_a_warning(name: str, options: dict[str, str]) -> None:
    full, small = (
        load_export(HERE / "variants" / f"{name}.{form}.json", label_map=ALIAS, **options)
        for form in ("JSON", "JSON_MIN")
    )
    assert list(surfaces(small).values()) == list(surfaces(full).values())
    assert full.ledger.warnings == []
    assert "a JSON_MIN export" in small.ledger.warnings[0]


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("JSON_MIN.json", {}, "task 16 has 2 annotations, 0 of them ground truth; choose with"),
        ("CSV.csv", {}, "this is a CSV file"),
        ("TSV.tsv", {}, "this is a TSV file"),
        ("CONLL2003.conll", {}, "this is a CoNLL file"),
        ("variants/hypertext.JSON.json", {}, "no text under 'text' (keys found: html)"),
        ("variants/perregion_alias_multi.JSON.json", {}, "keys found: body, id); name it with"),
        ("JSON.json", {"labels": ["PERSON"]}, "is in the schema (PERSON); give --labels ACTOR"),
    ],
)
def test_what_cannot_be_read_says_how_to_mend_it(name: str, options: dict, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_export(HERE / name, **options)
    assert line in str(caught.value)


@pytest.mark.parametrize("file", sorted(HERE.rglob("*JSON*.json")), ids=lambda file: file.name)
def test_every_ledger_balances_and_every_span_holds_its_surface(file: Path) -> None:
    export = load_export(file, annotators="latest", labels=["in-use"], **_key_of(file))
    ledger = export.ledger.to_dict()
    assert export.ledger.balanced
    assert export.ledger.spans_read > 0
    assert ledger["tasks"]["read"] == sum(ledger["tasks"].values()) - ledger["tasks"]["read"]
    for document in export.documents:
        assert all(document.surface(span).strip() for span in document.spans)


def _key_of(file: Path) -> dict[str, str]:
    keys = {"hypertext": "html", "paragraphs": "dialogue", "perregion_alias_multi": "body"}
    found = keys.get(file.name.split(".")[0])
    return {"text_key": found} if found else {}


def test_the_real_articles_import_whole(shared: Path) -> None:
    export = load_export(shared / "realnews" / "realnews.json", annotators="ground-truth")
    assert len(export.documents) == 26
    assert export.ledger.balanced
    assert export.ledger.rejects == []
    assert all(len(document.annotations) == 3 for document in export.documents)


def test_the_copies_equal_the_shared_exports(shared: Path) -> None:
    for copy in HERE.rglob("*.*"):
        if copy.is_file():
            original = shared / "label-studio" / copy.relative_to(HERE)
            assert copy.read_bytes() == original.read_bytes()

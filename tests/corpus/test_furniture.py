"""The furniture finder: the starter corpus's own marks, one case a kind, a user's own rules."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from warwire.corpus.furniture import find_furniture, mark_furniture
from warwire.corpus.furniture_rules import Rule, default_rules, load_rules, parse_rules
from warwire.corpus.markup import read_marked_up
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span


def starter() -> Iterator[Document]:
    for path in sorted((ROOT / "data/starter/articles").glob("*.txt")):
        yield from read_marked_up(path)


def covered(span: Span, others: tuple[Span, ...] | list[Span]) -> bool:
    """Whether at least half of a span's characters lie in others."""
    return 2 * sum(span.shared_length(other) for other in others) >= span.end - span.start


def test_precision_recall_and_gold_on_the_starter_corpus() -> None:
    right = wrong = found = missed = 0
    for document in starter():
        spans = find_furniture(document.text)
        right += sum(covered(span, document.furniture) for span in spans)
        wrong += sum(not covered(span, document.furniture) for span in spans)
        found += sum(covered(span, spans) for span in document.furniture)
        missed += sum(not covered(span, spans) for span in document.furniture)
        inside = [gold for gold in document.spans if any(gold.overlaps(span) for span in spans)]
        assert not inside, f"{document.id}: {inside}"
    assert right + wrong > 300
    assert right / (right + wrong) >= 0.98
    assert found / (found + missed) >= 0.90


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("{{share|facebook|twitter}}", "template_tag"),
        ("Also read | Why the bridge matters", "also_read"),
        ("Share | Print", "share"),
        ("Subscribe to our Telegram channel", "subscribe"),
        ("Advertisement", "subscribe"),
        ("LIVE: follow the latest here", "live_pointer"),
        ("Photo: General Staff", "caption"),
        ("Updated: February 25, 2022 8:41:17 am IST", "date_header"),
        ("By Dana Whitlock and Theo Brandt", "byline"),
        ("Dana Whitlock, Defence Editor, Lviv", "byline"),
        ("Other topics of interest: The watermelon kings. Who eats them all?", "also_read"),
        ("Border talks LIVE: refresh this page for all updates", "live_pointer"),
        ("Send to a friend: Telegram, Viber", "share"),
        ("Wed 7 Jan 2026 07.58 GMT", "date_header"),
        ('[gallery ids="8812,8813"]', "template_tag"),
        ("[%latest_stories%]", "template_tag"),
        ("Spotted an error? Tell the duty editor", "subscribe"),
        ("Get our football scores on WhatsApp", "subscribe"),
        ("To receive this digest by e-mail, write to the press office.", "subscribe"),
        ("To be removed from this mailing list, call the secretariat", "subscribe"),
        ("Already a subscriber? Log in to read on.", "subscribe"),
        ("Download our application and hear us anywhere", "subscribe"),
        ("Read the digital edition online", "subscribe"),
        ("Read us on Google News: no walls", "subscribe"),
        ("t.me/dnipro_evening", "subscribe"),
        ("Text PORT to 60 777 for ferry times", "subscribe"),
        ("Tap the bell and miss nothing!", "subscribe"),
        ("Follow us for more on Google News", "subscribe"),
        ("Switch on alerts for Sudan", "subscribe"),
        ("The full archive for a small fee. Cancel anytime.", "subscribe"),
        ("Sent to named readers only. © 2024 Tidewater", "subscribe"),
        ("Videos of the night: see our channel", "subscribe"),
        ("LIVE NOW: the vote in parliament", "live_pointer"),
        ("Live from 6.30am: the talks in Geneva", "live_pointer"),
        ("You are following our live page on Sudan", "live_pointer"),
        ("Rolling coverage: the Black Sea", "live_pointer"),
        ("Jump to the newest entry", "live_pointer"),
        ("Tuesday as it happens. Refresh for updates.", "live_pointer"),
        ("Previously: How the dam was built", "also_read"),
        ("Leia mais: O preço do trigo", "also_read"),
        ("Tell us what you think by email", "share"),
        ("Copy the link to this page", "share"),
        ("Send to a colleague", "share"),
        ("Got a tip? Ring the night desk", "share"),
        ("Spotted a convoy near you? Send us a picture", "share"),
        ("Condividi l'articolo su Facebook", "share"),
        ("(Metro desk; with inputs from KNS)", "agency_credit"),
        ("(Translation: Harbour Language Service)", "agency_credit"),
        ("Photo credit: Tidewater Pictures", "caption"),
        ("Text: Dana Whitlock, Izmail", "byline"),
        ("With additional reporting by Theo Brandt", "byline"),
        ("Special correspondent, Artemivsk", "byline"),
        ("Dana Whitlock, Asia correspondent", "byline"),
        (
            "Dana Whitlock is a staff writer for the Tidewater Post. Reach her at the paper.",
            "byline",
        ),
        ("Theo Brandt fishes and writes from Narvik.", "byline"),
        ("By Dana Whitlock, Theo Brandt", "byline"),
        ("Posted on 3 March 2024", "date_header"),
        ("Published: 3 March 2024, 18.20 (EET)", "date_header"),
        ("3 Mar 2024, 07:15 GMT", "date_header"),
        ("3 March 2024, 07:15 | updated 09:40", "date_header"),
        ("03.03.2024 - 09:47 | Updated: 03.03.2024 - 11:20", "date_header"),
    ],
)
def test_each_kind_is_found_as_a_whole_line(line: str, kind: str) -> None:
    text = f"A headline\n{line}\nTroops shelled the port, and nobody was hurt.\n"
    assert find_furniture(text) == [Span(11, 11 + len(line), kind)]


LONG = (
    "The port reopened at noon, the harbour master said, "
    "and the first of the nine ships left it an hour later."
)


@pytest.mark.parametrize(
    ("line", "furniture", "kind"),
    [
        (f"{LONG} Image: Tidewater desk", "Image: Tidewater desk", "caption"),
        ("Mr Brandt (Photo: T. Lind / KNS) agreed.", "(Photo: T. Lind / KNS)", "caption"),
        (f"Photograph by T. Lind {LONG}", "Photograph by T. Lind", "caption"),
        (
            "Picture: Mia Lind Families wait at the quay for the night boat.",
            "Picture: Mia Lind",
            "caption",
        ),
        ("Officer on duty. Send to a friend: Viber", "Send to a friend: Viber", "share"),
        ("Special correspondent, Izmail They left.", "Special correspondent, Izmail", "byline"),
    ],
)
def test_a_credit_or_a_prompt_is_found_beside_the_articles_words(
    line: str, furniture: str, kind: str
) -> None:
    start = line.index(furniture)
    assert find_furniture(line) == [Span(start, start + len(furniture), kind)]


@pytest.mark.parametrize(
    "line",
    [
        'Interview: "They were gone by noon"',
        "Commentary: the war that nobody wanted",
        "Tell us what you think about the offensive.",
        "To join the list of candidates, Georgia must reform.",
        "To receive orders by fax, the brigade kept an office in Izmail.",
        "Photo shows a column of tanks entering the town from the north on Tuesday.",
        "Got a ceasefire? Not yet, said the minister.",
        "Refresh courses for officers resume in May.",
        "Published in 2019, the report named three generals.",
        "Already a member? Finland is.",
    ],
)
def test_a_headline_or_sentence_that_begins_like_furniture_stays(line: str) -> None:
    assert find_furniture(f"A headline\n{line}\nNobody was hurt.\n") == []


def test_an_agency_credit_is_found_in_a_dateline_only() -> None:
    text = "KYIV, Jan 26 (MNA) - Members of the Gulf Cooperation Council (GCC) met."
    assert find_furniture(text) == [Span(13, 18, "agency_credit")]


def test_ordinary_sentences_hold_none() -> None:
    text = "Troops read the orders.\nThe army will share power.\nRussia follows live fire drills."
    text += (
        "\nBritain and France sign up to send troops\n2. GEORGIAN ARMED FORCES (GAF). Regrouping."
    )
    assert find_furniture(text) == []


def test_a_leading_date_fills_a_missing_date_and_no_other() -> None:
    text = "18.05.2022 07:45\nThe General Staff said so."
    assert mark_furniture(Document("a", text)).date == "2022-05-18"
    assert mark_furniture(Document("a", text, date="2022-05-17")).date == "2022-05-17"
    assert mark_furniture(Document("a", "Troops moved in May.")).date is None


def test_marks_of_people_stay_and_labelled_spans_are_never_touched() -> None:
    text = "Also read: Russia shells the port"
    own = Document("a", text, furniture=(Span(0, 9, "own"),))
    assert mark_furniture(own).furniture == own.furniture
    labelled = Document("a", text, spans=(Span(11, 17, "ACTOR"),))
    assert mark_furniture(labelled).furniture == ()
    assert mark_furniture(Document("a", text)).furniture == (Span(0, len(text), "also_read"),)


def test_a_users_rules_come_first(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yaml"
    rules.write_text("- {kind: weather, line: 'tomorrow: .*', zone: tail}\n")
    text = "Troops moved.\nTomorrow: rain\nAdvertisement"
    found = find_furniture(text, load_rules(rules))
    assert [span.label for span in found] == ["weather", "subscribe"]


NEEDY = [rule for rule in default_rules() if rule.needs]


def generator(rule: Rule) -> re.Pattern[str]:
    """The rule's pattern without what stands before it, which need not be generated."""
    before = r"\(\?<=(?:\[[^]]*\]|[^)])*\)"
    return re.compile(re.sub(before, "", rule.pattern.pattern), re.MULTILINE)


@given(st.data())
def test_whatever_a_rule_matches_holds_what_it_needs(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(NEEDY))
    text = data.draw(st.from_regex(generator(rule), fullmatch=True))
    assert any(words in text.casefold() for words in rule.needs)


def test_needs_of_a_users_rule_are_looked_for_in_any_case(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yaml"
    rules.write_text("- {kind: weather, line: '.*: .*', needs: [Rain, snow]}\n")
    found = find_furniture("Monday: RAIN\nTuesday: sun\nWednesday: Snow", load_rules(rules))
    assert found == [Span(0, 12, "weather"), Span(26, 41, "weather")]


def test_a_users_rule_may_refer_to_its_own_groups() -> None:
    content = (
        "- {kind: rule, line: ['(?P<sign>[-=])(?P=sign)+', '([a-c])\\1']}\n"
        "- {kind: rule, line: '(?P<sign>[*+])(?P=sign)+'}\n"
    )
    rules = parse_rules(content, where="mine.yaml")
    found = find_furniture("----\nTroops moved.\nbb\nab\n++", rules)
    assert [(span.start, span.end) for span in found] == [(0, 4), (19, 21), (25, 27)]


def test_a_long_line_of_names_takes_no_longer_than_others() -> None:
    started = time.perf_counter()
    assert find_furniture("By " + "A-" * 140 + ".\nTroops moved.") == []
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "content",
    [
        "kind: x",
        "- {kind: x}",
        "- {kind: x, line: a, find: b}",
        "- {kind: x, line: '('}",
        "- {kind: x, line: 'a(?i)b'}",
        "- {kind: x, line: a, zone: top}",
        "- {kind: x, line: a, colour: b}",
        "- [",
    ],
)
def test_wrong_rules_are_refused_by_name(content: str) -> None:
    with pytest.raises(InputError, match=r"^mine\.yaml"):
        parse_rules(content, where="mine.yaml")


def test_a_missing_file_of_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_rules(tmp_path / "none.yaml")

"""The pages in a real browser: quiet, self-contained, filterable, readable, quick."""

import json
import random
import time
from pathlib import Path

import pytest

from tests.reports import browser
from warwire import Document, Span, score
from warwire.evaluation.comparison import compare_runs, metrics_record, scored_run
from warwire.evaluation.study import fit_calibration, report_calibration, study
from warwire.reports.comparison_pages import render_comparison
from warwire.reports.pages import render_scores

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "ready")

LABELS = ("ACTOR", "MILITARY_ACTION", "AID_AMOUNT")
ATTACK = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(autouse=True)
def _no_network():
    """The driver speaks to the browser over a local socket."""


def article(number: int, words: int = 120) -> Document:
    dice = random.Random(number)
    text, spans = "", []
    for place in range(words):
        word = dice.choice(
            ["troops", "shelled", "the", "town", "on", "Friday", "<b>&amp;", "€5 mn"]
        )
        if place % 6 == 0:
            spans.append(Span(len(text), len(text) + len(word), dice.choice(LABELS)))
        text += f"{word} "
    return Document(f"a{number}", f"{text}{ATTACK}", tuple(spans), "2023-05-01", "<i>Herald</i>")


def answer(document: Document, seed: int = 0) -> list[Span]:
    dice = random.Random(f"{document.id} {seed}")
    found = []
    for span in document.spans:
        luck = dice.random()
        label = dice.choice(LABELS) if luck > 0.9 else span.label
        start = max(0, span.start - 4) if luck < 0.1 else span.start
        if luck > 0.15:
            found.append(Span(start, span.end, label, round(dice.random(), 3)))
    return found


def scores_page(articles: int, words: int = 120) -> str:
    documents = [article(number, words) for number in range(articles)]
    found = [answer(document) for document in documents]
    scores = score(documents, found, labels=LABELS)
    record = metrics_record(scores, test_set="f" * 16, split="test", cost={})
    record |= study(documents, found, scores, training=documents[:1])
    fitted = fit_calibration(documents, found, LABELS)
    record["calibration"] = report_calibration(fitted, documents, found, LABELS)
    return render_scores(documents, found, title="toy", labels=LABELS, figures=record)


def comparison_page(articles: int) -> str:
    documents = [article(number) for number in range(articles)]
    runs, answers = [], {}
    for seed, name in enumerate(("one", "two", "three")):
        found = [answer(document, seed) for document in documents]
        cost = {"train_seconds": 10.0 * (seed + 1), "size_mb": 80.0}
        scores = score(documents, found, labels=LABELS)
        record = metrics_record(scores, test_set="f" * 16, split="test", cost=cost)
        runs.append(scored_run(name, record))
        answers[name] = {
            document.id: (document, tuple(spans))
            for document, spans in zip(documents, found, strict=True)
        }
    return render_comparison(compare_runs(runs), answers)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"scores": scores_page(12), "comparison": comparison_page(12)}
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


def requests(driver) -> list[str]:
    sent = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [
        each["params"]["request"]["url"]
        for each in sent
        if each["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("name", ["scores", "comparison"])
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)])
def test_a_page_is_quiet_safe_and_accessible(pages, name, width, dark):
    with browser.open_browser(width=width, dark=dark) as driver:
        driver.get(pages[name].as_uri())
        wide = "return document.documentElement.scrollWidth <= window.innerWidth"
        assert driver.execute_script(wide), "the page scrolls sideways"
        assert "taken" not in driver.title
        assert driver.execute_script("return document.querySelectorAll('.text script').length") == 0
        assert ATTACK in driver.execute_script("return document.querySelector('.text').textContent")
        assert {url for url in requests(driver) if not url.startswith("file:")} == set()
        assert [entry["message"] for entry in driver.get_log("browser")] == []
        assert serious(driver) == []


def serious(driver) -> list[str]:
    source = browser.axe_source()
    if not source:
        pytest.skip("axe-core is not installed (npm install axe-core)")
    driver.execute_script(source)
    script = "const done = arguments[0]; axe.run().then(found => done(found.violations))"
    found = driver.execute_async_script(script)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", ["scores", "comparison"])
def test_filters_hide_marks_and_articles(pages, name):
    with browser.open_browser() as driver:
        driver.get(pages[name].as_uri())
        shown = "return document.querySelectorAll('article:not([hidden])').length"
        everything = driver.execute_script(shown)
        assert everything == 12
        assert painted(driver, "k0") != "rgba(0, 0, 0, 0)"
        driver.find_element("id", "errors-only").click()
        assert painted(driver, "k0") == "rgba(0, 0, 0, 0)"
        for box in driver.find_elements("css selector", "input[data-off^=t]"):
            box.click()
        assert driver.execute_script(shown) == 0
        assert "0 of 12" in driver.find_element("id", "shown").text
        driver.find_element("id", "all").click()
        assert driver.execute_script(shown) == everything
        driver.find_element("id", "search").send_keys("no such words")
        assert driver.execute_script(shown) == 0


def painted(driver, kind: str) -> str:
    script = f"return getComputedStyle(document.querySelector('mark.{kind}')).backgroundColor"
    return driver.execute_script(script)


def test_keys_walk_from_error_to_error(pages):
    from selenium.webdriver.common.action_chains import ActionChains

    with browser.open_browser() as driver:
        driver.get(pages["scores"].as_uri())
        focused = "return [...document.querySelectorAll('mark.e')].indexOf(document.activeElement)"
        for expected, key in ((0, "n"), (1, "n"), (0, "p")):
            ActionChains(driver).send_keys(key).perform()
            assert driver.execute_script(focused) == expected
        top = "return document.activeElement.getBoundingClientRect().top"
        assert 0 <= driver.execute_script(top) <= 900


def test_a_thousand_articles_open_within_two_seconds(tmp_path, record_property):
    page = tmp_path / "scores.html"
    page.write_text(scores_page(1000, words=420), encoding="utf-8")
    with browser.open_browser(width=390) as driver:
        driver.get("about:blank")
        took = []
        for _ in range(2):
            started = time.perf_counter()
            driver.get(page.as_uri())
            driver.execute_script("return document.getElementById('shown').textContent")
            took.append(time.perf_counter() - started)
    record_property("seconds", min(took))
    print(f"{page.stat().st_size / 1e6:.1f} MB opened in {min(took):.2f} s")
    assert min(took) < 2

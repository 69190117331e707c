"""The page that annotators see: our predicted spans, highlighted at the right words."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.reports import browser
from tests.studio.articles import studio_articles, write_articles
from tests.studio.conftest import Call
from tests.studio.live import EMAIL, PASSWORD, LiveStudio, sdk

pytestmark = [pytest.mark.studio, pytest.mark.timeout(600)]

SCREENSHOTS = "WARWIRE_SCREENSHOTS"
"""The environment variable that names a folder for the pages as seen; else they are not kept."""

PAGE_SECONDS = 60


@pytest.fixture
def page(live: LiveStudio) -> Iterator[Any]:
    """A browser that is signed in."""
    if browser.missing():
        pytest.skip(browser.missing())
    with browser.open_browser(width=1280, height=720) as driver:
        driver.get(f"{live.url}/user/login/")
        driver.find_element("name", "email").send_keys(EMAIL)
        driver.find_element("name", "password").send_keys(PASSWORD)
        driver.find_element("css selector", "[type=submit]").click()
        _until(lambda: "/user/login" not in driver.current_url)
        yield driver


def test_annotators_see_the_predicted_spans_at_their_words(
    page: Any, signed_in: LiveStudio, world: Path, call: Call, tmp_path: Path
) -> None:
    folder, title = write_articles(tmp_path / "articles"), f"Browser {uuid4().hex[:8]}"
    assert call("studio", "init", folder, "--title", title).code == 0
    client = sdk(signed_in)
    (project,) = [each.id for each in client.projects.list(title=title)]
    assert call("studio", "push", "models/toy", "--project", str(project)).code == 0
    for task in client.tasks.list(project=project, fields="all"):
        found = {tuple(each) for each in _predicted(task.model_dump())}
        assert found, "the toy model finds spans in each of its articles"
        page.get(f"{signed_in.url}/projects/{project}/data?task={task.id}")
        _until(lambda wanted=found: _highlighted(page) == wanted)
        _keep(page, f"task-{task.data['id']}.png")
    page.get(f"{signed_in.url}/projects/{project}/data")
    _until(lambda: "toy-1" in page.find_element("tag name", "body").text)
    _keep(page, "tasks.png")


def _predicted(task: dict[str, Any]) -> Iterator[tuple[int, int, str]]:
    """Edges in characters and words of what was pushed, by the article as we hold it."""
    _, article = studio_articles()[task["data"]["id"]]
    for region in task["predictions"][0]["result"]:
        value = region["value"]
        yield value["start"], value["end"], article.text[value["start"] : value["end"]]


def _highlighted(page: Any) -> set[tuple[int, int, str]]:
    """Edges and words of the highlights in the page; a highlight's class names its edges."""
    marks = page.execute_script(
        "return [...document.querySelectorAll('.htx-highlight')]"
        ".map(mark => [mark.className, mark.textContent])"
    )
    seen: dict[tuple[int, int], str] = {}
    for name, words in marks:
        start, end = map(int, re.search(r"htx-highlight-(\d+)-(\d+)-", name).groups())
        seen[start, end] = seen.get((start, end), "") + words
    return {(*edges, words) for edges, words in seen.items()}


def _keep(page: Any, name: str) -> None:
    if folder := os.environ.get(SCREENSHOTS):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.save_screenshot(str(Path(folder) / name))


def _until(holds: Any) -> None:
    deadline = time.monotonic() + PAGE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the page does not come to show it"
        time.sleep(0.2)

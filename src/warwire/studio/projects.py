"""A project of our kind: its labeling config, its instructions, and articles as its tasks."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from warwire.corpus.label_studio import LabelingConfig, parse_labeling_config
from warwire.documents import Document
from warwire.errors import InputError
from warwire.studio.server import Project, Server, Watch

COLOURS = (
    *("#2f6fb0", "#c4561a", "#3b8132", "#8a4fa3", "#b03a6f"),
    *("#1f8a8a", "#8a6d1f", "#5a5fc7", "#6b7280"),
)
BATCH = 100
BATCH_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """Articles that were added, that were there before, and of those which have another text."""

    new: int
    present: int
    changed: tuple[str, ...]


def render_labeling_config(labels: Sequence[str]) -> str:
    """Spans on plain text, edges at words, each label with a colour and, up to nine, a hotkey."""
    lines = []
    for place, label in enumerate(labels):
        colour = COLOURS[place % len(COLOURS)]
        hotkey = f' hotkey="{place + 1}"' if place < 9 else ""
        lines.append(f'    <Label value={quoteattr(label)} background="{colour}"{hotkey}/>')
    inner = "\n".join(lines)
    return (
        f'<View>\n  <Labels name="label" toName="text" showInline="true">\n{inner}\n  </Labels>\n'
        '  <Text name="text" value="$text" granularity="word"/>\n</View>\n'
    )


def render_instructions(markdown: str) -> str:
    """Guidelines in Markdown as the HTML that annotators see; HTML in them stays text."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))


def plain_text_config(project: Project) -> LabelingConfig:
    """What a project labels; raises InputError where its articles are not shown as plain text."""
    return parse_plain_text_config(project.config, f"project {project.id}")


def parse_plain_text_config(content: str, where: str) -> LabelingConfig:
    """The same from a labeling config's XML; `where` names its origin in errors."""
    config = parse_labeling_config(content, where)
    if config.kind != "text":
        raise InputError(
            f"{where} shows {config.kind}, whose offsets Warwire cannot write;"
            ' use a labeling config with <Text name="text" value="$text"/>'
        )
    return config


def open_project(
    server: Server, title: str, *, labeling_config: str, instructions: str
) -> tuple[Project, bool]:
    """The project of this title, made where there is none yet, and whether it was made.

    Raises InputError where several bear the title.
    """
    found = server.projects_titled(title)
    if len(found) > 1:
        ids = ", ".join(str(project.id) for project in found)
        raise InputError(f"{len(found)} projects are titled {title!r} ({ids}); name one: --project")
    if found:
        return found[0], False
    return server.create_project(title, labeling_config, instructions), True


def check_articles(documents: Iterable[Document]) -> list[Document]:
    """The articles, one of each id, once all can be tasks.

    Raises InputError for an id that two different texts share, and for what JSON cannot hold.
    """
    known: dict[str, Document] = {}
    for document in documents:
        if known.setdefault(document.id, document).text != document.text:
            raise InputError(f"article {document.id}: two texts have this id; ids must differ")
        _data(document, "text")
    return list(known.values())


def import_articles(
    server: Server,
    project: Project,
    articles: Sequence[Document],
    *,
    watch: Watch = lambda done, total: None,
) -> Imported:
    """Add the articles whose id no task of the project has yet, in batches.

    They are such as `check_articles` lets pass; a task's text is the article's, character for
    character.
    """
    key = plain_text_config(project).text_key
    there = _there(server, project.id, key)
    new = [document for document in articles if document.id not in there]
    changed = [
        document.id
        for document in articles
        if there.get(document.id, _digest(document.text)) != _digest(document.text)
    ]
    done = 0
    for batch in _batches(new):
        watch(done, len(new))
        server.import_tasks(project.id, [{"data": _data(document, key)} for document in batch])
        done += len(batch)
    watch(done, len(new))
    return Imported(len(new), len(articles) - len(new), tuple(changed))


def _data(document: Document, key: str) -> dict[str, Any]:
    """What a task of the article holds, as plain JSON."""
    known = {"date": document.date, "source": document.source}
    data = {**document.meta, **{name: value for name, value in known.items() if value is not None}}
    data |= {"id": document.id, key: document.text}
    try:
        plain = json.dumps(data, default=str, allow_nan=False, ensure_ascii=False)
        plain.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"article {document.id}: holds half a character; save it again") from error
    except ValueError as error:
        raise InputError(f"article {document.id}: a value is no JSON: {error}") from error
    return dict(json.loads(plain))


def _there(server: Server, project: int, key: str) -> dict[str, str]:
    """The article ids that have a task, each with a digest of the task's text."""
    return {
        str(task.data["id"]): _digest(str(task.data.get(key)))
        for tasks, _ in server.tasks(project)
        for task in tasks
        if task.data.get("id") is not None
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _batches(articles: Iterable[Document]) -> Iterator[list[Document]]:
    """Articles in order, as many a batch as its limits of number and characters allow."""
    batch: list[Document] = []
    size = 0
    for article in articles:
        if batch and (len(batch) == BATCH or size + len(article.text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(article)
        size += len(article.text)
    if batch:
        yield batch

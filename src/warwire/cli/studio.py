"""`warwire studio`: the loop with a Label Studio server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warwire.cli.app import app
from warwire.cli.console import counting_bar, print_json, say
from warwire.errors import InputError

if TYPE_CHECKING:
    from warwire.studio.server import Server

studio = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Work with a Label Studio server; its address and token come from LABEL_STUDIO_URL and"
    " LABEL_STUDIO_API_KEY, or from a file.",
)
app.add_typer(studio, name="studio")

GUIDELINES = Path("data/starter/guidelines.md")
Project = Annotated[int, typer.Option(help="The project's id, as init printed it.")]
CredentialsFile = Annotated[
    Path | None,
    typer.Option("--credentials", help="A file with LABEL_STUDIO_URL=… and LABEL_STUDIO_API_KEY=…"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

INIT = """Examples:

  warwire studio init articles/ --title "Conflict news"

  warwire studio init more.jsonl --project 3

  warwire studio init articles/ --title Prices --labels GOOD,PRICE --instructions guide.md
"""
PULL = """Examples:

  warwire studio pull --project 3 --out data/studio

  warwire prepare data/studio/export.json --labeling-config data/studio/labeling-config.xml
  --out data/built/studio --annotators latest
"""
PUSH = """Examples:

  warwire studio push models/minilm --project 3

  warwire studio push models/current --project 3 --tasks 17,18,21

  warwire studio push models/current --project 3 --all

  warwire studio push order.jsonl --project 3
"""
STATUS = """Examples:

  warwire studio status --project 3

  warwire studio status --project 3 --json
"""


@studio.command(epilog=INIT)
def init(
    articles: Annotated[
        list[Path], typer.Argument(help="Text, JSONL, CSV or Parquet files or folders.")
    ],
    title: Annotated[str | None, typer.Option(help="The project's title.")] = None,
    project: Annotated[
        int | None, typer.Option(help="Add articles to this project instead of one by title.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="The labels of a new project, comma-separated.")
    ] = None,
    labeling_config: Annotated[
        Path | None, typer.Option(help="The labeling config (XML) of a new project.")
    ] = None,
    instructions: Annotated[
        Path | None,
        typer.Option(help=f"Guidelines for annotators, in Markdown; else {GUIDELINES}."),
    ] = None,
    credentials: CredentialsFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a project and import articles; articles whose id is there already stay as they are."""
    from warwire.articles.reading import read_articles
    from warwire.studio.projects import check_articles, import_articles, open_project

    config = _new_config(labels, labeling_config)
    guide = _guide(instructions, ours=not (labels or labeling_config))
    if (title is None) == (project is None):
        raise InputError("give either --title, for a project by its title, or --project ID")
    documents = check_articles(read_articles(articles))
    server = connect(credentials)
    if project is not None:
        found, made = server.project(project), False
    else:
        found, made = open_project(server, title or "", labeling_config=config, instructions=guide)
    say(f"{'Made' if made else 'Found'} project {found.id}, {found.title}.")
    with counting_bar("Importing") as watch:
        imported = import_articles(server, found, documents, watch=watch)
    say(f"{imported.new} articles imported, {imported.present} were there before.")
    if imported.changed:
        few = ", ".join(imported.changed[:5])
        say(f"note: {len(imported.changed)} of these have another text there, which stays: {few}")
    say(f"Annotate at {server.address(found.id)}")
    if as_json:
        told = {"project": found.id, "address": server.address(found.id), "made": made}
        print_json(told | {"new": imported.new, "present": imported.present})


@studio.command(epilog=PULL)
def pull(
    project: Project,
    out: Annotated[Path, typer.Option(help="The folder for export.json and its config.")],
    page: Annotated[int, typer.Option(min=1, max=200, help="Tasks a request.")] = 100,
    credentials: CredentialsFile = None,
) -> None:
    """Export a project for prepare; after a failure, the same call goes on where it stopped."""
    from warwire.studio.pulling import pull as export

    if out.is_file():
        raise InputError(f"{out}: is a file; --out names a folder")
    server = connect(credentials)
    with counting_bar("Pulling") as watch:
        pulled = export(server, project, out, size=page, watch=watch)
    if pulled.kept_pages:
        say(f"{pulled.kept_pages} pages were here from an earlier call.")
    say(f"Wrote {out}/export.json: {pulled.tasks} tasks, {pulled.annotations} annotations.")


@studio.command(epilog=PUSH)
def push(
    model: Annotated[
        Path, typer.Argument(help="A run's folder, or predictions by article id (JSONL).")
    ],
    project: Project,
    tasks: Annotated[
        str | None, typer.Option(help="Ids of tasks, comma-separated; else all unlabelled.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Labelled tasks too.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Tasks a request.")] = 50,
    credentials: CredentialsFile = None,
) -> None:
    """Pre-annotate tasks with a model; a task that has this model's answer gets no second one.

    A file, such as rank and suspects write, answers the tasks of its articles, labelled or not.
    """
    from warwire.model.prediction import Predictor
    from warwire.studio.predictions import model_version
    from warwire.studio.pushing import push as give

    if tasks and every:
        raise InputError("give either --tasks or --all")
    if model.is_file():
        if tasks or every:
            raise InputError("a file says itself which tasks it answers; leave --tasks, --all away")
        _push_file(model, project, batch, credentials)
        return
    ids = _ids(tasks) if tasks else None
    version = model_version(model)
    server = connect(credentials)
    found = server.project(project)
    predictor = Predictor.from_pretrained(model)
    with counting_bar("Pushing") as watch:
        pushed = give(
            server,
            found,
            predictor.predict,
            labels=predictor.labels,
            version=version,
            tasks=ids,
            every=every,
            batch=batch,
            watch=watch,
        )
    say(
        f"{pushed.pushed} tasks got predictions of {version}, {pushed.present} had them,"
        f" {pushed.passed_over} are annotated."
    )
    say(f"See them at {server.address(project)}")


def _push_file(file: Path, project: int, batch: int, credentials: Path | None) -> None:
    from warwire.studio.ready import file_version, push_answers, read_answers

    (answers, failed), version = read_answers(file), file_version(file)
    server = connect(credentials)
    found = server.project(project)
    with counting_bar("Pushing") as watch:
        pushed = push_answers(server, found, answers, version=version, batch=batch, watch=watch)
    say(
        f"{pushed.pushed} tasks got predictions of {version}, {pushed.present} had them,"
        f" {pushed.passed_over} are of other articles."
    )
    if failed:
        say(f"{failed} lines of {file} hold an error instead of an answer and were passed over.")
    say(f"See them at {server.address(project)}")


@studio.command(epilog=STATUS)
def status(
    project: Project,
    credentials: CredentialsFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell how far the annotation of a project is."""
    from warwire.studio.status import status as look

    server = connect(credentials)
    with counting_bar("Reading") as watch:
        told = look(server, project, watch=watch)
    say(f"{told['title']}, {told['address']}: {told['tasks']} tasks")
    for kind in ("labelled", "skipped", "unlabelled", "disputed"):
        say(f"{told[kind]:7} {kind}")
    if told["disputed_tasks"]:
        say(f"Disputed: tasks {', '.join(map(str, told['disputed_tasks'][:20]))}")
    for version, count in told["predictions"].items():
        shown = ", shown to annotators" if version == told["shown_version"] else ""
        say(f"{count:7} predicted by {version}{shown}")
    if as_json:
        print_json(told)


def connect(file: Path | None) -> "Server":
    """The server that the environment or a file names."""
    from warwire.studio.credentials import read_credentials
    from warwire.studio.server import Server

    return Server(read_credentials(file))


def _new_config(labels: str | None, file: Path | None) -> str:
    from warwire.config import DEFAULT_LABELS
    from warwire.studio.projects import parse_plain_text_config, render_labeling_config

    if labels and file:
        raise InputError("give either --labels or --labeling-config")
    if file:
        xml = _read(file, "labeling config")
        parse_plain_text_config(xml, str(file))
        return xml
    named = [name.strip() for name in (labels or "").split(",") if name.strip()]
    return render_labeling_config(named or DEFAULT_LABELS)


def _guide(file: Path | None, *, ours: bool) -> str:
    from warwire.studio.projects import render_instructions

    if file is None and not (ours and GUIDELINES.is_file()):
        return ""
    chosen = file or GUIDELINES
    return render_instructions(_read(chosen, "guidelines"))


def _read(file: Path, what: str) -> str:
    if not file.is_file():
        raise InputError(f"{file}: no such {what}")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from error


def _ids(written: str) -> list[int]:
    try:
        return [int(each) for each in written.split(",") if each.strip()]
    except ValueError as error:
        raise InputError(f"--tasks {written!r}: write ids as in 17,18,21") from error

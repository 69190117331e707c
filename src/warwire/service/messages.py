"""What the prediction API takes and gives."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from warwire.spans import Span


def _encodable(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a surrogate pair at character {error.start}") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]


class Message(BaseModel):
    """A part of a request or an answer."""

    model_config = ConfigDict(extra="forbid")


class Article(Message):
    """A text with an id of the caller's choice."""

    id: Text
    text: Text


class PredictRequest(Message):
    """Texts, or articles with ids of their own."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"texts": ["Russia shelled Kharkiv on Friday."]}}
    )

    texts: list[Text] | None = Field(None, description="texts, which get the ids 1, 2, …")
    articles: list[Article] | None = Field(None, description="texts with ids")

    @model_validator(mode="after")
    def _one_of_both(self) -> "PredictRequest":
        if (self.texts is None) == (self.articles is None):
            raise ValueError("give either texts or articles")
        return self

    def read(self) -> list[Article]:
        """The articles, in order."""
        if self.articles is not None:
            return self.articles
        numbered = enumerate(self.texts or (), start=1)
        return [Article.model_construct(id=str(number), text=text) for number, text in numbered]


class FoundSpan(Message):
    """A marked stretch of a text."""

    start: int = Field(description="its first character (code point), counted from 0")
    end: int = Field(description="the character after its last")
    label: str
    text: str
    score: float | None = Field(description="0 to 1")


class FoundArticle(Message):
    """An article's spans in text order."""

    id: str
    spans: list[FoundSpan]


class PredictResponse(Message):
    """The articles in the order of the request."""

    model: str = Field(description="the run's name and the start of its weights' digest")
    articles: list[FoundArticle]


def answer(
    model: str, articles: Sequence[Article], found: Sequence[Sequence[Span]]
) -> dict[str, Any]:
    """A PredictResponse as plain data."""
    pairs = zip(articles, found, strict=True)
    return {
        "model": model,
        "articles": [
            {"id": article.id, "spans": [_record(article.text, span) for span in spans]}
            for article, spans in pairs
        ],
    }


def _record(text: str, span: Span) -> dict[str, Any]:
    place = {"start": span.start, "end": span.end, "label": span.label}
    return {**place, "text": text[span.start : span.end], "score": span.score}

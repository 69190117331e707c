"""Dates as newspapers write them → YYYY-MM-DD."""

import re
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_MONTH = "(?P<month>[A-Za-z]{3,9})\\.?"
_FORMS = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<m>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<year>\d{4})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? {_MONTH},? (?P<year>\d{{4}})(?!\d)"),
    re.compile(rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>\d{4})(?P<m>\d{2})(?P<day>\d{2})(?=T\d|$)"),
)


def iso_date(text: str) -> str | None:
    """The first day that a text names, as YYYY-MM-DD; None where it names none for certain.

    Day and month in figures count only where their order is certain: 24.02.2022, 2022-02-24,
    but not 03/04/2022.
    """
    for form in _FORMS:
        for match in form.finditer(text):
            if day := _day(match):
                return day
    return None


def _day(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    month = int(parts["m"]) if parts.get("m") else MONTHS.get((parts.get("month") or "").lower(), 0)
    try:
        return date(int(parts["year"]), month, int(parts["day"])).isoformat()
    except ValueError:
        return None

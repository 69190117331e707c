"""Dates in articles' own writing."""

import pytest

from warwire.corpus.dates import iso_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2022-02-24T10:00:00Z", "2022-02-24"),
        ("24.02.2022, 08:15", "2022-02-24"),
        ("27. 6. 2024", "2024-06-27"),
        ("Updated: February 25, 2022 8:41 am", "2022-02-25"),
        ("Feb. 5, 2022", "2022-02-05"),
        ("WEDNESDAY 21 JANUARY 2026", "2026-01-21"),
        ("20220630T141500Z", "2022-06-30"),
        ("03/04/2022", None),
        ("30 February 2022", None),
        ("Updated 2:41 p.m. ET", None),
        ("", None),
    ],
)
def test_certain_days_are_read_and_others_left(text: str, day: str | None) -> None:
    assert iso_date(text) == day

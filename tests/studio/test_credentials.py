"""Address and token: where they come from, and that they are shown to nobody."""

import os
from pathlib import Path

import pytest

from warwire.errors import InputError
from warwire.studio.credentials import read_credentials

TOKEN = "0123456789abcdef"
GOOD = {"LABEL_STUDIO_URL": "http://127.0.0.1:8080/", "LABEL_STUDIO_API_KEY": f" {TOKEN}\n"}


def private(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    file = tmp_path / "studio.env"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_environment_gives_both() -> None:
    found = read_credentials(environment=GOOD)
    assert (found.url, found.token) == ("http://127.0.0.1:8080", TOKEN)
    assert TOKEN not in repr(found)


def test_a_private_file_gives_both(tmp_path: Path) -> None:
    text = f"# ours\nLABEL_STUDIO_URL = 'https://x.org/ls'\nLABEL_STUDIO_API_KEY=\"{TOKEN}\"\n"
    found = read_credentials(private(tmp_path, text), {})
    assert (found.url, found.token) == ("https://x.org/ls", TOKEN)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX systems")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InputError, match="chmod 600") as told:
        read_credentials(private(tmp_path, f"LABEL_STUDIO_API_KEY={TOKEN}", mode), {})
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"LABEL_STUDIO_URL": ""}, "LABEL_STUDIO_URL is not set"),
        ({"LABEL_STUDIO_API_KEY": " "}, "LABEL_STUDIO_API_KEY is not set"),
        ({"LABEL_STUDIO_URL": "127.0.0.1:8080"}, "no web address"),
        ({"LABEL_STUDIO_URL": "file:///etc/passwd"}, "no web address"),
        ({"LABEL_STUDIO_URL": "http://x:port"}, "no web address"),
        ({"LABEL_STUDIO_URL": "http://[x"}, "no web address"),
        ({"LABEL_STUDIO_URL": f"http://me:{TOKEN}@x.org"}, "more than an address"),
        ({"LABEL_STUDIO_URL": f"http://x.org/?token={TOKEN}"}, "more than an address"),
        ({"LABEL_STUDIO_API_KEY": "two words"}, "no token has"),
        ({"LABEL_STUDIO_API_KEY": "töken"}, "no token has"),
    ],
)
def test_what_is_wrong_is_said_without_the_token(changed: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says) as told:
        read_credentials(environment=GOOD | changed)
    assert TOKEN not in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such credentials file"):
        read_credentials(tmp_path / "none", GOOD)

"""How much one request, one batch and the queue may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service takes on; sizes in texts, characters and bytes, times in seconds.

    `texts`, `characters` (of each text), `body` and `seconds` bound a request; `batch` and
    `batch_characters` what the model reads at once; `queue` the texts that wait for it; `wait` is
    how long an idle model lets further texts come in before it starts on the first.
    """

    texts: int = 64
    characters: int = 50_000
    body: int = 4 * 2**20
    seconds: float = 90.0
    batch: int = 8
    batch_characters: int = 16_384
    queue: int = 1024
    wait: float = 0.004

"""A transport that tries again where that can do no harm, and waits as long as a server asks."""

from time import sleep

import httpx

TRIES = 5
LONGEST_WAIT = 60.0
FIRST_WAIT = 0.5
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LIMITED = 429


class Patience(httpx.BaseTransport):
    """Sends a request up to `TRIES` times, bodies read whole, so that a cut one is asked for again.

    Reads are repeated after any failure of the connection or server; writes only where the server
    surely did nothing: it was not reached, or it answered that it limits the rate.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(1, TRIES):
            try:
                response = self._once(request)
            except httpx.RequestError as error:
                if request.method != "GET" and not isinstance(error, NOT_SENT):
                    raise
                wait = _backoff(attempt)
            else:
                told = _wait_before_next(request, response, attempt)
                if told is None:
                    return response
                wait = told
            sleep(wait)
        return self._once(request)

    def close(self) -> None:
        self._inner.close()

    def _once(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        try:
            response.read()
        finally:
            response.close()
        return response


def _wait_before_next(
    request: httpx.Request, response: httpx.Response, attempt: int
) -> float | None:
    """Seconds to wait before the same request is sent again; none where the answer stands."""
    failed = response.status_code >= 500 and request.method == "GET"
    if response.status_code != LIMITED and not failed:
        return None
    asked = seconds_asked(response.headers.get("retry-after", ""))
    if asked is None:
        return _backoff(attempt)
    return asked if asked <= LONGEST_WAIT else None


def _backoff(attempt: int) -> float:
    return float(FIRST_WAIT * 2 ** (attempt - 1))


def seconds_asked(retry_after: str) -> float | None:
    """The seconds of a Retry-After header; none where it is missing or a date."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return None

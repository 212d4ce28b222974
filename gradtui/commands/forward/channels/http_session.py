"""A session of `requests` that remembers what the other side has said."""

import logging
import re
from typing import Any

from gradtui.runstore.files.extra import needed

CONNECT, READ = 3.05, 8.0
"""Seconds that the other side gets to take a connection, and to answer."""
AGAIN = (408, 429, 500, 502, 503, 504)
"""Answers after which the same may be taken later."""
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")


class NotedSession:
    """`session` is for an exporter, which tells whether it was heard, and not why not. It is never led
    elsewhere: a password is not for whoever an answer names."""

    def __init__(self, user: tuple[str, str] | None) -> None:
        requests = needed("requests", "otlp", what="--to otlp")
        # Messages have whole addresses in them; what is worth saying is in `why`.
        logging.getLogger("opentelemetry").propagate = False
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        self.status: int | None = None
        """Of the last answer; None where there was none."""
        self.why = ""
        """Why the last request came to nothing, a clause."""
        self._content = b""
        self.session = requests.Session()
        self.session.auth = user
        send = self.session.send

        def noted(request: Any, **options: Any) -> Any:
            self.status, self._content = None, b""
            options |= {"timeout": (CONNECT, READ), "allow_redirects": False}
            try:
                answer = send(request, **options)
            except Exception as error:
                self.why = reason(error)
                raise
            self.status, self._content = answer.status_code, answer.content
            self.why = f"it answered {answer.status_code} {answer.reason or ''}".rstrip()
            return answer

        self.session.send = noted

    @property
    def taken(self) -> bool:
        """Whether the last answer says so; to an exporter one that leads elsewhere does as well."""
        return self.status is not None and 200 <= self.status < 300

    def rejected(self) -> int:
        """Points that the last answer says were not taken, though the others were."""
        messages = needed(
            "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2", "otlp", what="--to otlp"
        )
        try:
            answer = messages.ExportMetricsServiceResponse.FromString(self._content)
        except Exception:  # protobuf's own; an answer may be JSON, or nothing
            return 0
        return max(int(answer.partial_success.rejected_data_points), 0)


def reason(error: Exception) -> str:
    """What went wrong with a connection, a clause without addresses."""
    names = {kind.__name__ for kind in type(error).__mro__}
    words = str(error)
    if "Timeout" in names or "timed out" in words:
        return "no answer in time"
    if "SSLError" in names:
        return "its certificate is not accepted"
    if "NameResolutionError" in words or "getaddrinfo" in words:
        return "the host is not known"
    found = _ERRNO.search(words)
    if found:
        return found[1].strip().lower()
    return "the connection broke off" if "ConnectionError" in names else type(error).__name__

"""A receiver of OTLP over HTTP, which keeps what it gets as protobuf has it."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Receiver:
    """`answers` are statuses by path, 200 where there is none; `body` comes with the good ones. So many
    requests of metrics are taken until they `fails_after`; one, counted from 0, may be the `odd_one_out`."""

    url: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    body: bytes = b""
    fails_after: int | None = None
    odd_one_out: int | None = None
    metrics: list[Any] = field(default_factory=list)
    logs: list[Any] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def points(self) -> dict[str, list[Any]]:
        """All data points by metric."""
        out: dict[str, list[Any]] = {}
        for request in self.metrics:
            for metric in request.resource_metrics[0].scope_metrics[0].metrics:
                out.setdefault(metric.name, []).extend(metric.gauge.data_points)
        return out

    def records(self) -> list[Any]:
        return [r for one in self.logs for r in one.resource_logs[0].scope_logs[0].log_records]


@contextmanager
def receiving() -> Iterator[Receiver]:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                data = gzip.decompress(data)
            got.paths.append(self.path)
            got.authorization.append(self.headers["Authorization"])
            kind = urlsplit(self.path).path.rpartition("/")[2]
            status = got.answers.get(kind, 200)
            if kind == "metrics" and len(got.metrics) == got.fails_after:
                status = 503
            if kind == "metrics" and got.paths.count(self.path) - 1 == got.odd_one_out:
                status = 400
            if status == 200 and kind == "metrics":
                got.metrics.append(ExportMetricsServiceRequest.FromString(data))
            elif status == 200:
                got.logs.append(ExportLogsServiceRequest.FromString(data))
            body = got.body if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            del words

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

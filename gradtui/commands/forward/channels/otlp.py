"""OpenTelemetry's protocol over HTTP, by its own exporters: values as gauges, findings as log records."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from gradtui.commands.forward.address import Address, without_user
from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.channels.http_session import AGAIN, NotedSession
from gradtui.commands.forward.channels.otlp_requests import NANO, Milliseconds, parts
from gradtui.commands.forward.channels.series import Series, series_of
from gradtui.commands.forward.records import Batch, RunAbout, Told
from gradtui.core.version import version
from gradtui.runstore.files.extra import needed

WHAT, EXTRA = "--to otlp", "otlp"
METRICS, LOGS = "v1/metrics", "v1/logs"
REQUEST = 5_000
"""Points of one request: 300 kB or so, where a proxy may take no more than a megabyte."""
METRICS_ALONE = (400, 404, 405, 415, 501)
"""What receivers that take metrics, and nothing else, answer to log records."""
NO_LOGS = "it takes no log records: findings are there as gradtui.finding alone"
JOINED = "{:,} points came faster than one a millisecond, and are not sent"
ONCE = 0.5
"""Seconds within which an exporter may try again: none. What was refused comes with the next batch."""
LEVELS = {"ok": (9, "INFO"), "warning": (13, "WARN"), "critical": (17, "ERROR")}
"""Severity -> OpenTelemetry's number and word."""


class OtlpChannel:
    """`address.place` is the URL before /v1/metrics and /v1/logs, as of OTEL_EXPORTER_OTLP_ENDPOINT. Headers,
    certificates and compression are taken from OpenTelemetry's own variables."""

    def __init__(self, address: Address, about: RunAbout) -> None:
        http = "opentelemetry.exporter.otlp.proto.http"
        self._sdk = _module("opentelemetry.sdk.metrics.export")
        self._logs = _module("opentelemetry.sdk._logs")
        self._api = _module("opentelemetry._logs")
        scopes = _module("opentelemetry.sdk.util.instrumentation")
        self._about = about
        self._resource = _resource(about)
        self._scope = scopes.InstrumentationScope("gradtui", version())
        url, user = without_user(address.place)
        self._session = NotedSession(user)
        self._metric_exporter = _module(f"{http}.metric_exporter").OTLPMetricExporter(
            endpoint=joined(url, METRICS), timeout=ONCE, session=self._session.session
        )
        self._log_exporter = _module(f"{http}._log_exporter").OTLPLogExporter(
            endpoint=joined(url, LOGS), timeout=ONCE, session=self._session.session
        )
        self._takes_logs = True
        self._values_taken = False
        self._milliseconds = Milliseconds()
        self._joined = 0
        """Points that went as there were too many for the milliseconds."""

    @property
    def limits(self) -> tuple[str, ...]:
        out = () if self._takes_logs else (NO_LOGS,)
        return (*out, JOINED.format(self._joined)) if self._joined else out

    def send(self, batch: Batch) -> int:
        """Values in requests of REQUEST points, what is told in one of its own: what is refused for good
        costs its request alone."""
        before = dict(self._milliseconds.last)
        steps, lost = self._milliseconds.apart(batch.steps)
        self._joined += lost
        requests = [Batch(part) for part in parts(steps, REQUEST)] or [Batch()]
        requests[-1] = Batch(requests[-1].steps, standing=batch.standing)
        why = ""
        for i, one in enumerate(requests):
            try:
                lost += self._send_values(one)
            except RefusedError as error:
                if error.again:
                    self._milliseconds.last = (
                        before  # the rest comes again, at the times that it has now
                    )
                    rest = [step for later in requests[i:] for step in later.steps]
                    left = Batch(rest, batch.told, batch.standing)
                    raise RefusedError(str(error), again=True, left=left, lost=lost) from None
                why, lost = str(error), lost + one.points
        try:
            lost += self._send_told(batch.told)
        except RefusedError as error:
            left = Batch(told=batch.told if error.again else ())
            lost += 0 if error.again else len(batch.told)
            raise RefusedError(str(error), again=error.again, left=left, lost=lost) from None
        if why:
            raise RefusedError(why, again=False, left=Batch(), lost=lost)
        return lost

    def close(self, *, failed: bool) -> None:
        del failed
        self._metric_exporter.shutdown()
        self._log_exporter.shutdown()

    def _send_values(self, batch: Batch) -> int:
        metrics = [self._metric(one) for one in series_of(batch, self._about)]
        if not metrics:
            return 0
        sdk = self._sdk
        scope = sdk.ScopeMetrics(self._scope, metrics, schema_url="")
        resource = sdk.ResourceMetrics(self._resource, [scope], schema_url="")
        taken = self._metric_exporter.export(sdk.MetricsData([resource]))
        if taken is not sdk.MetricExportResult.SUCCESS or not self._session.taken:
            raise self._refused()
        self._values_taken = True
        return self._session.rejected()

    def _metric(self, series: Series) -> Any:
        sdk = self._sdk
        points = [
            sdk.NumberDataPoint(attributes, None, int(when * NANO), value)
            for when, value, attributes in series.points
        ]
        return sdk.Metric(series.name, series.words, series.unit, sdk.Gauge(points))

    def _send_told(self, told: Sequence[Told]) -> int:
        """How many were not taken."""
        if not told or not self._takes_logs:
            return len(told)
        exported = self._log_exporter.export([self._record(one) for one in told])
        if exported.name == "SUCCESS" and self._session.taken:
            return 0
        if not (self._values_taken and self._session.status in METRICS_ALONE):
            raise self._refused()
        self._takes_logs = False
        return len(told)

    def _record(self, told: Told) -> Any:
        number, word = LEVELS[told.severity]
        record = self._api.LogRecord(
            timestamp=int(told.time * NANO),
            observed_timestamp=int(told.time * NANO),
            severity_number=self._api.SeverityNumber(number),
            severity_text=word,
            body=told.words,
            attributes=log_attributes(told, self._about),
            event_name=f"gradtui.{told.kind}",
        )
        return self._logs.ReadableLogRecord(record, self._resource, self._scope)

    def _refused(self) -> RefusedError:
        status = self._session.status
        return RefusedError(self._session.why, again=status is None or status in AGAIN)


def log_attributes(told: Told, about: RunAbout) -> dict[str, Any]:
    """What a log record says beside its words."""
    texts = {"evidence": told.evidence, "cause": told.cause, "remedy": told.remedy}
    out: dict[str, Any] = {
        "gradtui.run": about.name,
        "gradtui.step": told.step,
        "gradtui.symptom": told.symptom,
        "gradtui.severity": told.severity,
    }
    out |= {f"gradtui.{name}": text for name, text in texts.items() if text}
    return out | ({"gradtui.layers": list(told.layers)} if told.layers else {})


def _resource(about: RunAbout) -> Any:
    """What is sent from: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say otherwise, or more."""
    resources = _module("opentelemetry.sdk.resources")
    ours: Mapping[str, str] = {
        "service.name": "gradtui",
        "service.instance.id": about.name,
        "gradtui.command": about.command,
    }
    theirs = resources.OTELResourceDetector().detect().attributes
    return resources.Resource.create({**ours, **theirs})


def joined(url: str, path: str) -> str:
    """`path` behind that of a URL, before its query."""
    parts: SplitResult = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}", fragment=""))


def _module(name: str) -> Any:
    return needed(name, EXTRA, what=WHAT)

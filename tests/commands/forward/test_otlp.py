"""What goes to OpenTelemetry, decoded by its own protobuf, and what is said where it is not taken."""

import math
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.channels.series import series_of
from gradtui.commands.forward.records import Batch, Standing, StepValues
from tests.commands.forward.made import ABOUT, FINDING, MOMENT, batch, measured
from tests.commands.forward.receiver import Receiver, receiving


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=vision")
    with receiving() as got:
        yield got


def sent(receiver: Receiver, what: Batch, place: str = "") -> int:
    from gradtui.commands.forward.channels.otlp import OtlpChannel

    channel = OtlpChannel(Address("otlp", place or receiver.url), ABOUT)
    try:
        return channel.send(what)
    finally:
        channel.close(failed=False)


def attributes(of: object) -> dict[str, object]:
    return {one.key: one.value.string_value for one in of.attributes}  # type: ignore[attr-defined]


def test_values_are_gauges_at_the_time_of_their_steps(receiver: Receiver) -> None:
    nan = StepValues(9, MOMENT + 9, {"loss": math.nan, "clipped_norm": math.inf})
    standing = Standing(9, MOMENT + 9, "plateau", "warning", {"plateau": "warning"})
    assert sent(receiver, Batch([measured(3), nan], standing=standing)) == 0
    points = receiver.points()
    assert math.isnan(points["gradtui.loss"][0].as_double)
    assert points["gradtui.gradient.clipped_norm"][0].as_double == math.inf
    assert points["gradtui.loss"][0].time_unix_nano == int((MOMENT + 9) * 1e9)
    assert [attributes(p)["gradtui.layer"] for p in points["gradtui.layer.gradient_norm"]] == [
        "0",
        "2",
    ]
    whole = {"gradtui.run": ABOUT.name, "gradtui.rank": "0"}
    (total,) = points["gradtui.gradient.total_norm"]
    assert (total.as_double, attributes(total)) == (5.0, whole)
    (finding,) = points["gradtui.finding"]
    assert (finding.as_double, attributes(finding)) == (1, {**whole, "gradtui.symptom": "plateau"})
    assert points["gradtui.severity"][0].as_double == 1
    assert points["gradtui.step"][0].as_double == 9
    (request,) = receiver.metrics
    about = attributes(request.resource_metrics[0].resource)
    assert about["service.name"] == "gradtui"
    assert about["service.instance.id"] == ABOUT.name
    assert about["team"] == "vision"
    units = {m.name: m.unit for m in request.resource_metrics[0].scope_metrics[0].metrics}
    assert (units["gradtui.update_ratio"], units["gradtui.loss"]) == ("1", "")
    assert receiver.paths == ["/v1/metrics"]


def test_findings_are_log_records(receiver: Receiver) -> None:
    sent(receiver, batch(1, FINDING))
    (record,) = receiver.records()
    assert (record.severity_text, record.severity_number) == ("ERROR", 17)
    assert record.event_name == "gradtui.finding"
    assert record.body.string_value == FINDING.words
    found = attributes(record)
    assert found["gradtui.symptom"] == "exploding_gradient"
    assert found["gradtui.remedy"] == "lower it"
    (layers,) = (a.value for a in record.attributes if a.key == "gradtui.layers")
    assert [one.string_value for one in layers.array_value.values] == ["0", "2"]


def test_name_and_password_are_a_header_and_a_path_is_kept(receiver: Receiver) -> None:
    place = receiver.url.replace("//", "//me:secret@") + "/api/v1/otlp/?x=1"
    sent(receiver, batch(1), place)
    assert receiver.paths == ["/api/v1/otlp/v1/metrics?x=1"]
    assert receiver.authorization == ["Basic bWU6c2VjcmV0"]


def test_a_receiver_of_metrics_alone_is_told_of(receiver: Receiver) -> None:
    from gradtui.commands.forward.channels.otlp import OtlpChannel

    receiver.answers["logs"] = 404
    channel = OtlpChannel(Address("otlp", receiver.url), ABOUT)
    assert [channel.send(batch(1, FINDING)) for _ in range(2)] == [1, 1]
    assert receiver.paths.count("/v1/logs") == 1
    assert channel.limits == (
        "it takes no log records: findings are there as gradtui.finding alone",
    )


def test_points_that_were_rejected_are_counted(receiver: Receiver) -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsPartialSuccess,
        ExportMetricsServiceResponse,
    )

    part = ExportMetricsPartialSuccess(rejected_data_points=4)
    receiver.body = ExportMetricsServiceResponse(partial_success=part).SerializeToString()
    assert sent(receiver, batch(3)) == 4
    receiver.body = b"\xff not protobuf"
    assert sent(receiver, batch(3)) == 0


@pytest.mark.parametrize(
    ("status", "again"), [(503, True), (429, True), (400, False), (401, False), (307, False)]
)
def test_what_it_answers_is_why(receiver: Receiver, status: int, again: bool) -> None:
    receiver.answers["metrics"] = status
    with pytest.raises(RefusedError, match=f"^it answered {status} ") as error:
        sent(receiver, batch(1))
    assert error.value.again is again
    assert receiver.paths == ["/v1/metrics"], "asked once, and led nowhere else"


def test_where_nobody_listens_it_may_be_tried_again(receiver: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"http://me:secret@127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(RefusedError) as error:
            sent(receiver, batch(1), place)
    assert (str(error.value), error.value.again) == ("connection refused", True)


def test_ranks_that_train_together_are_one() -> None:
    (series, *_) = series_of(batch(1), replace(ABOUT, ranks=4))
    assert series.points[0][2]["gradtui.rank"] == "all"

"""What goes to OpenTelemetry, decoded by its own protobuf, and what is said where it is not taken."""

import math
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels import otlp
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


@pytest.mark.parametrize("status", [400, 501])
def test_log_records_that_are_not_taken_cost_no_values(receiver: Receiver, status: int) -> None:
    receiver.answers["logs"] = status
    assert sent(receiver, batch(3, FINDING)) == 1
    assert len(receiver.points()["gradtui.loss"]) == 3


@pytest.mark.parametrize("again", [True, False])
def test_where_log_records_may_be_taken_later_they_alone_come_again(
    receiver: Receiver, again: bool
) -> None:
    receiver.answers["logs"] = 503 if again else 413
    with pytest.raises(RefusedError) as error:
        sent(receiver, batch(3, FINDING))
    assert error.value.again is again
    assert error.value.left == Batch(told=(FINDING,) if again else ())
    assert error.value.lost == (0 if again else 1)


def test_a_large_batch_goes_in_requests_of_a_bounded_size(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "REQUEST", 12)
    assert sent(receiver, batch(10, FINDING)) == 0
    assert receiver.paths == ["/v1/metrics"] * 5 + ["/v1/logs"]
    points = receiver.points()
    assert [p.as_double for p in points["gradtui.gradient.total_norm"]] == [
        2.0 + i for i in range(10)
    ]
    assert len(points["gradtui.step"]) == 1
    receiver.metrics.clear()
    receiver.fails_after = 2
    with pytest.raises(RefusedError) as error:
        sent(receiver, batch(10, FINDING))
    left = error.value.left
    assert left is not None
    assert (left.told, left.standing) == ((FINDING,), batch(10).standing)
    assert left.points == batch(10, FINDING).points - 24
    assert list(left.steps) == list(batch(10).steps)[-len(left.steps) :]


def test_a_request_that_is_refused_for_good_costs_itself_alone(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "REQUEST", 12)
    receiver.odd_one_out = 1
    with pytest.raises(RefusedError, match=r"^it answered 400 ") as error:
        sent(receiver, batch(10, FINDING))
    assert (error.value.again, error.value.left, error.value.lost) == (False, Batch(), 12)
    assert len(receiver.points()["gradtui.gradient.total_norm"]) < 10
    assert len(receiver.records()) == 1


def test_steps_of_one_millisecond_are_moved_apart_and_told_of_where_there_are_too_many(
    receiver: Receiver,
) -> None:
    channel = otlp.OtlpChannel(Address("otlp", receiver.url), ABOUT)
    crowd = [StepValues(i, MOMENT + i * 1e-5, {"loss": float(i)}) for i in range(2500)]
    assert channel.send(Batch(crowd[:50])) == 0
    stamps = {one.time_unix_nano // 1_000_000 for one in receiver.points()["gradtui.loss"]}
    assert len(stamps) == 50
    assert channel.limits == ()
    lost = channel.send(Batch(crowd[50:]))
    assert lost > 1000
    assert channel.limits == (
        f"{lost:,} points came faster than one a millisecond, and are not sent",
    )
    channel.close(failed=False)


def test_what_was_refused_comes_again_at_the_times_that_it_has_got(receiver: Receiver) -> None:
    channel = otlp.OtlpChannel(Address("otlp", receiver.url), ABOUT)
    receiver.answers["metrics"] = 503
    with pytest.raises(RefusedError) as error:
        channel.send(Batch([StepValues(i, MOMENT, {"loss": float(i)}) for i in range(3)]))
    del receiver.answers["metrics"]
    assert error.value.left is not None
    channel.send(error.value.left)
    stamps = [one.time_unix_nano // 1_000_000 for one in receiver.points()["gradtui.loss"]]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 1, 2]
    channel.close(failed=False)


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


def test_what_the_program_logs_and_each_rank_are_series_of_their_own() -> None:
    logged = StepValues(3, MOMENT, {}, logged={"val/loss": 0.5})
    rank = StepValues(3, MOMENT, {}, ranks={"1": 2.0})
    standing = Standing(3, MOMENT, "healthy", "ok", {}, {"0": 3, "1": 2})
    about = replace(ABOUT, ranks=2)
    found = {one.name: one.points for one in series_of(Batch([logged, rank], (), standing), about)}
    run = {"gradtui.run": ABOUT.name}
    assert found["gradtui.logged"] == [
        (MOMENT, 0.5, {**run, "gradtui.rank": "all", "gradtui.metric": "val/loss"})
    ]
    assert found["gradtui.rank.gradient_norm"] == [(MOMENT, 2.0, {**run, "gradtui.rank": "1"})]
    assert [(value, labels["gradtui.rank"]) for _, value, labels in found["gradtui.rank.step"]] == [
        (3.0, "0"),
        (2.0, "1"),
    ]


def test_ranks_that_train_together_are_one() -> None:
    (series, *_) = series_of(batch(1), replace(ABOUT, ranks=4))
    assert series.points[0][2]["gradtui.rank"] == "all"

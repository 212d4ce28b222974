#!/usr/bin/env bash
# opentelemetry-exporter-otlp-proto-http 1.45.2: where the address of a collector answers with a redirect (a 302 to
# https or to a login, as proxies in front of one give), an export of metrics is told to be a SUCCESS. The redirect is
# not followed, so nothing has been taken by anybody, and nothing is logged: any status below 400 counts as taken.
#
# Why it matters: a training that sends its metrics through such a proxy looks fine on its own side, and the dashboards
# stay empty. Seen, with a server that answers every POST with 302 and counts what it gets:
#   1.45.2 | SUCCESS | POST /v1/metrics with a body
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check \
    opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
cat > "$scratch/export.py" <<'PY'
import http.server
import threading
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

seen = []


class Moved(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        seen.append(f"POST {self.path} {'with' if self.rfile.read(size) else 'without'} a body")
        self.send_response(302)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        seen.append(f"GET {self.path}")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Moved)
threading.Thread(target=server.serve_forever, daemon=True).start()
told = []


class Noted(OTLPMetricExporter):
    def export(self, *words, **more):
        told.append(super().export(*words, **more))
        return told[-1]


exporter = Noted(endpoint=f"http://127.0.0.1:{server.server_port}/v1/metrics")
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
provider = MeterProvider([reader])
provider.get_meter("finding").create_counter("steps").add(1)
provider.force_flush()
name = "opentelemetry-exporter-otlp-proto-http"
print(version(name), "|", told[0].name, "|", ", ".join(seen))
PY
said=$("$scratch/venv/bin/python" "$scratch/export.py" 2>&1)
echo "$said"
[[ $said == "1.45.2 | SUCCESS | POST /v1/metrics with a body" ]]

#!/usr/bin/env bash
# mlflow 3.17.2: in the store of folders (mlruns) a metric that was logged with a data set loses its step on reading.
# The line in the file has it (time, value, step, name, digest), but the reader takes the step of lines of three
# fields alone and gives 0 for those of five. The SQLite store gives the steps back.
#
# Why it matters: every point of the metric's history lies at step 0, so charts over steps are a vertical line, and the
# latest value is that of the largest number. Seen:
#   3.17.2 | file [(0, 1.0), (0, 0.5), (0, 0.25)] | in the file: 0 1 2
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check mlflow-skinny==3.17.2
cat > "$scratch/steps.py" <<'PY'
import sys
from pathlib import Path

import mlflow
from mlflow.entities import Metric

store = Path(sys.argv[1])
client = mlflow.MlflowClient(store.as_uri())
run = client.create_run(client.create_experiment("e")).info.run_id
metrics = [
    Metric("loss", 0.5**step, 1000 + step, step, dataset_name="train", dataset_digest="abc")
    for step in range(3)
]
client.log_batch(run, metrics=metrics)
read = [(metric.step, metric.value) for metric in client.get_metric_history(run, "loss")]
(file,) = store.glob(f"*/{run}/metrics/loss")
there = " ".join(line.split(" ")[2] for line in file.read_text().splitlines())
print(mlflow.__version__, "| file", read, "| in the file:", there)
PY
said=$(MLFLOW_ALLOW_FILE_STORE=true MLFLOW_DISABLE_TELEMETRY=true \
    "$scratch/venv/bin/python" "$scratch/steps.py" "$scratch/mlruns" 2> /dev/null)
echo "$said"
[[ $said == "3.17.2 | file [(0, 1.0), (0, 0.5), (0, 0.25)] | in the file: 0 1 2" ]]

# A second script is trained as a subprocess whose output is read.
import subprocess
import sys

from training import report, train

CODE = "import sys; sys.path.insert(0, sys.argv[1]); from training import *; report(train(6))"
done = subprocess.run(
    [sys.executable, "-c", CODE, sys.path[0]], capture_output=True, text=True, check=True
)
print(done.stdout, done.stderr)
report(train(6))

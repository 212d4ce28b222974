# Run again by python -m, with relative imports.
import subprocess
import sys
from pathlib import Path

package = Path("package")
package.mkdir()
(package / "__init__.py").write_text("")
(package / "settings.py").write_text("STEPS = 7\n")
(package / "__main__.py").write_text(
    "import sys\nfrom .settings import STEPS\nfrom training import report, train\n"
    "print(__name__, __package__, sys.argv[1:])\nreport(train(STEPS))\n"
)
here = str(Path(__file__).parent)
code = f"import sys; sys.path.append({here!r}); import runpy; runpy.run_module('package', None, '__main__')"
done = subprocess.run([sys.executable, "-c", code, "a b"], capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr)

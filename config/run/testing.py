"""``make test``: the suite, in parallel and in random order, on fast throw-away services of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from config.run import services
from config.run.errors import CannotRunError
from config.run.places import CLONE

PARALLEL = ("-n", "2")


def main(arguments: Sequence[str]) -> int:
    """Run pytest with ``arguments``; served parts are used where ``DATABASE_URL`` and ``REDIS_URL`` name them."""
    chosen = () if any(argument.startswith(("-n", "--pdb")) for argument in arguments) else PARALLEL
    with services.temporary() as addresses:
        command = [sys.executable, "-m", "pytest", *chosen, *arguments]
        child = subprocess.Popen(command, cwd=CLONE, env=os.environ | addresses)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # pytest got it as well and is about to end


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotRunError as error:
        sys.exit(str(error))

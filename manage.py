#!/usr/bin/env python3
"""Django's command line. Works by hand on a bare clone: finds (or makes) the environment, starts what it needs."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


def main() -> None:
    from config.run import able  # noqa: PLC0415 (understood by old interpreters, which the rest is not)

    if sys.version_info < able.OLDEST:
        sys.exit(able.problem())
    from config.run import manage_line  # noqa: PLC0415
    from config.run.errors import CannotRunError  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    try:
        manage_line.use_the_environment()
        from django.core.management import execute_from_command_line  # noqa: PLC0415 (installed only now)

        with manage_line.services_for(sys.argv):
            execute_from_command_line(sys.argv)
    except CannotRunError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Django's command line. Works by hand on a bare clone: it finds (or makes) the environment and starts what it needs."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Tandem needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: .venv/bin/python manage.py …")
    from config.run import manage_line
    from config.run.errors import CannotRun

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    try:
        manage_line.use_the_environment()
        from django.core.management import execute_from_command_line

        with manage_line.services_for(sys.argv):
            execute_from_command_line(sys.argv)
    except CannotRun as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

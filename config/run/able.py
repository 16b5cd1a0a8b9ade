"""Can this interpreter set Tandem up? Runs on any Python, so it is written in what they all understand."""

import sys

OLDEST = (3, 11)


def problem():  # noqa: ANN201
    # type: () -> str
    """A text that says what is missing and what to do; empty when nothing is."""
    version = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    if sys.version_info < OLDEST:
        text = "%s is Python %s. Tandem needs Python 3.11 or newer; name one by PYTHON=/path/to/python3."
        return text % (sys.executable, version)
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        text = (
            "%s cannot make virtual environments: its 'venv' part is not installed.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv   (or python%s-venv)\n"
            "Or name another Python: PYTHON=/path/to/python3"
        )
        return text % (sys.executable, version)
    return ""


if __name__ == "__main__":
    print(problem())
    sys.exit(1 if problem() else 0)

#!/bin/sh
# Prints a Python that can set Tandem up: 3.11 or newer, able to make virtual environments. PYTHON goes first, then the
# one the person calls python3. Without one, says what is missing and fails.
reason="No Python was found. Tandem needs Python 3.11 or newer."
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    if said=$("$path" config/run/able.py 2>/dev/null); then
        echo "$path"
        exit 0
    fi
    [ -z "$said" ] || reason=$said
done
echo "$reason" >&2
exit 1

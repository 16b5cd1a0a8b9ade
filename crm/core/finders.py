"""Static files that come from npm, and how their addresses change when they do.

Only the files named here are served: the whole of ``node_modules`` is never exposed. Without ``node_modules`` the list is
empty and the product still starts; what needs such a file keeps its plain form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, find
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from django.templatetags.static import static
from typing_extensions import override
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Address below STATIC_URL -> file below node_modules.
FILES = {
    "vendor/sortable.js": "sortablejs/Sortable.min.js",
}

# Where our own scripts lie below STATIC_URL.
OUR_FOLDERS = ("tandem/", "accounts/", "records/")


def node_modules() -> Path:
    """Where npm installed to; beside ``manage.py`` unless the settings say otherwise."""
    return Path(getattr(settings, "NODE_MODULES", None) or settings.BASE_DIR / "node_modules")


def vendor_url(name: str) -> str:
    """The address of one of ``FILES``, or nothing when npm has not installed it."""
    try:
        return static(name)
    except ValueError:  # see the storages below
        return ""


class MappedStorage(FileSystemStorage):
    """A read-only view of ``FILES``: our name outside, the package's path inside."""

    @override
    def path(self, name: str) -> str:
        return str(node_modules() / FILES[name])


class NodeModulesFinder(BaseFinder):
    """Finds what ``FILES`` names and npm has installed."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = MappedStorage()

    @override
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    @override
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        there = [self.storage.path(path)] if path in FILES and Path(self.storage.path(path)).is_file() else []
        return there if find_all else (there[0] if there else [])

    @override
    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, MappedStorage]]:
        return ((name, self.storage) for name in FILES if self.find(name))


class FreshStaticFilesStorage(StaticFilesStorage):
    """For the local run, which collects nothing: the address carries the file's time, so a browser never keeps an old one.

    Like the hashed one it raises ``ValueError`` for a file that is not there.
    """

    @override
    def url(self, name: str | None) -> str:
        source = find(name) if name else None
        if source is None:
            raise ValueError(f"No static file is called {name!r}.")
        return f"{super().url(name)}?v={Path(source).stat().st_mtime_ns:x}"


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """For the image: hashed, compressed, kept for ever; the addresses inside our own ES modules are rewritten too.

    Those of third parties are left alone: what they import is not always a file.
    """

    support_js_module_import_aggregation = True

    @override
    def url_converter(self, name: str, hashed_files: dict[str, str], template: str | None = None) -> Any:
        if name.endswith(".js") and not name.startswith(OUR_FOLDERS):
            return lambda matched: matched[0]
        return super().url_converter(name, hashed_files, template)

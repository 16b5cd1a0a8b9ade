"""Choices and validators that several tables of this app share."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _


def language_codes() -> list[tuple[str, str | Promise]]:
    """A callable, so that a new language is no migration."""
    return list(settings.LANGUAGES)


@cache
def known_zones() -> frozenset[str]:
    """IANA names a person can live in: ``Area/Place``, without the historical aliases."""
    return frozenset(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix", "right"))
    )


def validate_zone(name: str) -> None:
    if name not in known_zones() and name != "UTC":
        raise ValidationError(
            _("“%(zone)s” is not a time zone, such as Europe/Paris or Asia/Jakarta."), params={"zone": name}
        )

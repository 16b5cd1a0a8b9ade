"""What a service says when it refuses. Doors turn these into a page message or an RFC 9457 problem; services know no HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Refusal(Exception):
    """A request that makes sense to a person but may not be carried out.

    ``code`` is stable and part of the API; ``detail`` is a sentence for the reader; ``field`` names the input at fault.
    """

    code: ClassVar[str] = "refused"
    detail: Text = _("This cannot be done.")

    def __init__(self, detail: Text | None = None, *, field: str | None = None, code: str | None = None) -> None:
        if detail is not None:
            self.detail = detail
        self.field = field
        self.specific_code = code or self.code
        super().__init__(str(self.detail))


class NotFound(Refusal):
    """Absent, or outside the reader's scope: the two look the same on purpose."""

    code = "not_found"
    detail = _("There is no such record, or you may not see it.")


class Forbidden(Refusal):
    """Visible, but this act is not this person's."""

    code = "forbidden"
    detail = _("You may not do this.")


class Invalid(Refusal):
    """The input breaks a rule; ``field`` says where."""

    code = "invalid"
    detail = _("This value does not fit.")


class Conflict(Refusal):
    """The record's state does not allow the act (already done, taken by somebody else, in use)."""

    code = "conflict"
    detail = _("The record's present state does not allow this.")


class VersionConflict(Conflict):
    """Somebody saved since the writer last read: P13, no silent overwrite. ``current`` is the version now stored."""

    code = "version_conflict"
    detail = _("Somebody changed this record since you opened it. Look at their change and try again.")

    def __init__(self, *, current: int) -> None:
        self.current = current
        super().__init__()

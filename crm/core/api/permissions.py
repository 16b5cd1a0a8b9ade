"""Default deny: an endpoint names its act, the policy says who may, a key needs the act's scope besides."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from crm.core import policy
from crm.core.api.problems import FORBIDDEN, MISSING_SCOPE, ApiRefusal, Problem
from crm.core.policy import Act


def act_of(view: Any, action: str | None = None) -> str | None:
    """The act that ``view`` names for ``action`` (default: the running one); None when it names none."""
    many = getattr(view, "acts", {})
    name = action or getattr(view, "action", None)
    return many.get(name) or getattr(view, "act", None)


class ActPermission(BasePermission):
    """Lets through whom the policy lets perform the view's act (``act``, or ``acts`` per action) with this credential."""

    @override
    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False  # 401
        if not is_offered(request, view):
            return True  # 405 follows, whoever asks
        name = act_of(view)
        if name is None:
            return False
        act = policy.get_act(name)
        if not policy.may(request.user, name):
            raise ApiRefusal(Problem(FORBIDDEN))
        _check_scope(request, view, act)
        return True


def is_offered(request: Request, view: Any) -> bool:
    """Whether the view answers this method at all."""
    method = (request.method or "").lower()
    return method in view.http_method_names and hasattr(view, method) and method != "options"


def _check_scope(request: Request, view: Any, act: Act) -> None:
    """A session acts with all of its person's rights, a key only within its scopes."""
    scopes = getattr(request.auth, "scopes", None)
    if scopes is None or act.scope in scopes or getattr(view, "any_scope", False):
        return
    detail = _("This key lacks the scope “%(scope)s”.") % {"scope": act.scope}
    raise ApiRefusal(Problem(MISSING_SCOPE, detail, extra={"scope": act.scope}))

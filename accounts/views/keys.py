"""One's own API keys."""

from __future__ import annotations

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.forms.keys import KeyForm
from accounts.models import User
from accounts.policies import VIEW_KEYS, WRITE_KEYS
from accounts.services import keys as services
from accounts.views.answers import back_to, form_status
from crm.core import clock
from crm.core.doors import page


@page(act=VIEW_KEYS)
def keys(request: HttpRequest) -> HttpResponse:
    """Keys of one's own; an administrator sees everybody's on request."""
    reader: User = request.user  # type: ignore[assignment]
    everybody = "all" in request.GET
    rows = selectors.api_keys(reader)
    facts = {
        "rows": rows if everybody else rows.filter(owner=reader),
        "everybody": everybody,
        "now": clock.now(),
    }
    return render(request, "accounts/keys.html", facts)


@page(act=WRITE_KEYS)
@reauthentication_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a key. Its secret is in this one answer and nowhere else.

    It outlives the session, so whoever found a screen unlocked is asked for the password first.
    """
    owner: User = request.user  # type: ignore[assignment]
    form = KeyForm(request.POST or None, owner=owner)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: services.create_key(actor=owner, **form.values()))
        if made:
            return render(request, "accounts/key_made.html", {"made": made, "site": request.build_absolute_uri("/")})
    return render(request, "accounts/key_new.html", {"form": form}, status=form_status(form))


@page(act=WRITE_KEYS)
@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    services.revoke_key(actor=request.user, key_id=key_id)  # type: ignore[arg-type]
    return back_to(request, "settings:keys", _("Key revoked. It opens nothing any more."))

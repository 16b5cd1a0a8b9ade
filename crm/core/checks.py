"""System checks that stop a start which would be unsafe: a door without an act, a model without a visibility."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Tags, register

from crm.core import doors, policy
from crm.core.models import BaseModel


@register(Tags.urls)
def every_door_names_its_act(**kwargs: Any) -> list[Error]:
    """Anonymous doors and those of kept libraries are listed in ``config/doors.py``; every other names its act."""
    return [
        Error(
            f"The door {door.route!r} ({door.name or door.view}) names no act.",
            hint='Decorate the page with @page(act="…") or give the API view an `act`; see crm/core/doors.py.',
            id="tandem.E001",
        )
        for door in doors.all_doors()
        if not door.acts and not doors.is_listed(door)
    ]


@register(Tags.models)
def every_model_has_a_visibility(**kwargs: Any) -> list[Error]:
    """Each business model of ours (a ``BaseModel``) has its one visibility, or says why nobody reads it through a door."""
    known = policy.models_with_policy()
    return [
        Error(
            f"{model._meta.label} has no visibility.",
            hint="Register one with @sees in its app's policies.py.",
            id="tandem.E002",
        )
        for model in apps.get_models()
        if issubclass(model, BaseModel)
        and model not in known
        and not getattr(model, "no_door_because", "")
        and model._meta.app_config.name in settings.TANDEM_APPS
    ]

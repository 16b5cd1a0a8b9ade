"""What must hold for every door, model, act and constraint of the house (the rules for lines are config/run/lints.py)."""

from __future__ import annotations

import re

from django.apps import apps
from django.conf import settings
from django.db import models

from config import doors as listed
from crm.core import doors, policy
from crm.core.checks import every_door_names_its_act, every_model_has_a_visibility
from crm.core.models import BaseModel


def test_at_most_ten_doors_open_without_sign_in():
    assert len(listed.ANONYMOUS) <= 10
    routes = {door.route for door in doors.all_doors()}
    assert routes >= listed.ANONYMOUS, "a listed door that does not exist hides a mistake"


def test_every_door_names_an_act_that_somebody_defined():
    assert every_door_names_its_act() == []
    for door in doors.all_doors():
        for act in door.acts:
            policy.get_act(act)


def test_a_door_without_an_act_is_found(monkeypatch):
    nameless = doors.Door("leak/", "leak", lambda request: None)
    monkeypatch.setattr(doors, "all_doors", lambda: iter([nameless]))
    assert [error.id for error in every_door_names_its_act()] == ["tandem.E001"]


def test_every_business_model_has_a_visibility_or_a_reason():
    assert every_model_has_a_visibility() == []


def test_a_model_without_a_visibility_is_found(monkeypatch):
    monkeypatch.setattr(policy, "models_with_policy", frozenset)
    assert {error.id for error in every_model_has_a_visibility()} == {"tandem.E002"}


def test_every_constraint_and_index_is_named_for_its_app():
    ours = [model for model in apps.get_models() if model._meta.app_config.name in settings.TANDEM_APPS]
    for model in ours:
        for part in [*model._meta.constraints, *model._meta.indexes]:
            assert part.name.startswith(f"{model._meta.app_label}_"), f"{model._meta.label}: {part.name}"


def test_business_rows_have_uuid_keys_a_client_may_choose():
    for model in apps.get_models():
        if issubclass(model, BaseModel):
            key = model._meta.pk
            assert isinstance(key, models.UUIDField), model._meta.label


def test_acts_are_named_app_verb_noun():
    for act in policy.acts():
        assert re.fullmatch(r"[a-z]+\.[a-z]+_[a-z_]+", act.name), act.name
        assert re.fullmatch(r"[a-z_]+:(read|write)", act.scope), act.scope

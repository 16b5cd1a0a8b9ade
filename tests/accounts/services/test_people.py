"""Inviting, changing, switching off: each with its journal row, its refusals, its races."""

from __future__ import annotations

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.models import Capability, Notice, User
from accounts.services import people
from crm.core import ids
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound, VersionConflict
from crm.core.models import JournalEntry, OutgoingMail
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _row_backend(settings) -> None:
    settings.EMAIL_BACKEND = "crm.core.mail.OutgoingMailBackend"


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(admin=True)


def invite(admin: User, **fields) -> User:
    return people.invite_user(actor=admin, **({"email": "Ines@Example.COM ", "name": " Inès "} | fields))


def test_an_invitation_makes_the_person_the_journal_row_and_the_mail(admin):
    user = invite(admin, capabilities=[Capability.VISITS, Capability.CALLS], language="fr")
    assert (user.email, user.name, user.capabilities) == ("ines@example.com", "Inès", ["calls", "visits"])
    assert not user.has_usable_password()
    row = JournalEntry.objects.get(event="user.invited")
    assert (row.actor_id, row.object_id, row.changes["email"]) == (admin.pk, user.pk, [None, "ines@example.com"])
    mail = OutgoingMail.objects.get(recipients=["ines@example.com"])
    assert re.search(rb"accounts/password/reset/key/", bytes(mail.content))


@pytest.mark.parametrize("twin", ["ines@example.com", "INES@example.com", " ines@EXAMPLE.com"])
def test_one_address_is_one_person(admin, twin):
    invite(admin)
    with pytest.raises(Conflict) as caught:
        invite(admin, email=twin)
    assert (caught.value.field, User.objects.filter(email="ines@example.com").count()) == ("email", 1)
    assert OutgoingMail.objects.count() == 1, "no mail for a person who was not made"


def test_a_repeat_with_the_same_id_returns_the_first_and_mails_once(admin):
    chosen = ids.uuid7()
    assert invite(admin, user_id=chosen).pk == invite(admin, user_id=chosen).pk == chosen
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("trait", ["field", "hybrid", "manager", "finance"])
def test_only_an_administrator_invites_and_changes(admin, trait):
    somebody, victim = UserFactory(**{trait: True}), UserFactory()
    with pytest.raises(Forbidden):
        invite(somebody)
    with pytest.raises(Forbidden):
        people.change_user(actor=somebody, user_id=victim.pk, changes={"capabilities": ["administers"]})
    with pytest.raises(Forbidden):
        people.deactivate_user(actor=somebody, user_id=victim.pk)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": ""}, "email"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"weekly_capacity": -1}, "weekly_capacity"),
    ],
)
def test_bad_input_is_refused_by_field(admin, fields, field):
    with pytest.raises(Invalid) as caught:
        invite(admin, **fields)
    assert caught.value.field == field
    assert not User.objects.exclude(pk=admin.pk).exists()


def test_half_a_place_is_no_home(admin):
    with pytest.raises(Invalid, match="Latitude"):
        invite(admin, home_latitude="45.7")


def test_fields_the_server_owns_cannot_be_set(admin):
    user = UserFactory()
    for field in ("password", "version", "last_login", "is_active", "id", "created_at"):
        with pytest.raises(Invalid) as caught:
            people.change_user(actor=admin, user_id=user.pk, changes={field: "x"})
        assert (caught.value.field, caught.value.specific_code) == (field, "not_writable")


def test_nobody_raises_their_own_rights_by_the_profile():
    user = UserFactory()
    with pytest.raises(Invalid):
        people.change_profile(actor=user, changes={"capabilities": ["administers"]})


def test_a_change_is_written_once_with_before_and_after(admin):
    user = UserFactory(name="Old")
    people.change_user(actor=admin, user_id=user.pk, changes={"name": "New", "weekly_capacity": None})
    assert JournalEntry.objects.get(event="user.changed").changes == {"name": ["Old", "New"]}


def test_changing_nothing_writes_nothing(admin):
    user = UserFactory(name="Same")
    people.change_user(actor=admin, user_id=user.pk, changes={"name": "Same"})
    assert not JournalEntry.objects.filter(event="user.changed").exists()
    assert User.objects.get(pk=user.pk).version == 1


def test_a_change_based_on_an_old_version_is_refused(admin):
    user = UserFactory()
    people.change_user(actor=admin, user_id=user.pk, changes={"name": "First"}, expected_version=1)
    with pytest.raises(VersionConflict):
        people.change_user(actor=admin, user_id=user.pk, changes={"name": "Second"}, expected_version=1)


def test_a_changed_address_shuts_the_old_one_out(admin):
    user = UserFactory(email="old@example.com")
    EmailAddress.objects.create(user=user, email="old@example.com", primary=True, verified=True)
    people.change_user(actor=admin, user_id=user.pk, changes={"email": "new@example.com"})
    assert not EmailAddress.objects.filter(user=user).exists()


def test_somebody_whose_rights_change_is_told_once(admin):
    user = UserFactory()
    people.change_user(actor=admin, user_id=user.pk, changes={"capabilities": ["calls", "visits"]})
    people.change_user(actor=admin, user_id=user.pk, changes={"name": "Another name"})
    assert Notice.objects.filter(user=user, kind="rights.changed").count() == 1


def test_switching_off_and_on(admin):
    user = UserFactory()
    people.deactivate_user(actor=admin, user_id=user.pk)
    assert not User.objects.get(pk=user.pk).is_active
    people.reactivate_user(actor=admin, user_id=user.pk)
    assert User.objects.get(pk=user.pk).is_active
    assert set(JournalEntry.objects.filter(object_id=user.pk).values_list("event", flat=True)) >= {
        "user.deactivated",
        "user.reactivated",
    }


def test_an_administrator_cannot_switch_themselves_off(admin):
    UserFactory(admin=True)
    with pytest.raises(Conflict):
        people.deactivate_user(actor=admin, user_id=admin.pk)


def test_the_last_administrator_stays(admin):
    with pytest.raises(Conflict):
        people.change_user(actor=admin, user_id=admin.pk, changes={"capabilities": []})


@pytest.mark.django_db(transaction=True)
def test_two_last_administrators_cannot_leave_together():
    """Each takes the other's right at the same moment; without the lock both would succeed."""
    first, second = UserFactory(admin=True), UserFactory(admin=True)
    barrier = threading.Barrier(2)

    def demote(actor: User, subject: User) -> None:
        barrier.wait(5)
        try:
            people.change_user(actor=actor, user_id=subject.pk, changes={"capabilities": []})
        except Conflict:
            pass  # the other one won
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.active().who_can(Capability.ADMINISTERS).count() == 1


def test_an_unknown_person_is_not_found(admin):
    with pytest.raises(NotFound):
        people.deactivate_user(actor=admin, user_id=ids.uuid7())


def test_an_invitation_can_be_repeated_until_it_is_used(admin):
    user = invite(admin)
    people.invite_again(actor=admin, user_id=user.pk)
    assert OutgoingMail.objects.filter(recipients=[user.email]).count() == 2
    with pytest.raises(Conflict):
        people.invite_again(actor=admin, user_id=UserFactory().pk)


def test_capabilities_outside_the_list_never_reach_the_database(admin):
    from django.db import IntegrityError

    user = UserFactory(team=TeamFactory())
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=user.pk).update(capabilities=["flies"])

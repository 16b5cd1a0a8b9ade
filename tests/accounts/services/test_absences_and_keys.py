"""Absences and API keys: who may, what repeats, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Absence, ApiKey, Notice
from accounts.services import absences, keys, people
from accounts.working_time import calendar_of
from crm.core import clock, ids, sweeps
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound
from crm.core.models import JournalEntry
from tests.factories.accounts import AbsenceFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
MONDAY = datetime(2030, 1, 7, 8, tzinfo=UTC)
FRIDAY = datetime(2030, 1, 11, 17, tzinfo=UTC)


class TestAbsences:
    def test_one_enters_ones_own(self):
        user = UserFactory()
        absence = absences.add_absence(actor=user, user=user, starts_at=MONDAY, ends_at=FRIDAY)
        assert JournalEntry.objects.get(event="absence.added").object_id == absence.pk
        assert not Notice.objects.exists()

    def test_a_manager_enters_them_for_the_tree_and_the_person_is_told(self):
        manager, user = UserFactory(manager=True), UserFactory(name="Karim")
        user.team.managers.add(manager)
        absences.add_absence(actor=manager, user=user, starts_at=MONDAY, ends_at=FRIDAY)
        assert Notice.objects.get(user=user).facts == {"actor": manager.name, "date": "Jan. 7, 2030"}

    def test_nobody_enters_them_for_others(self):
        user = UserFactory()
        mate, stranger_manager = UserFactory(team=user.team), UserFactory(manager=True)
        TeamFactory(managers=[stranger_manager])
        for actor in (mate, stranger_manager, UserFactory(finance=True)):
            with pytest.raises(Forbidden):
                absences.add_absence(actor=actor, user=user, starts_at=MONDAY, ends_at=FRIDAY)

    @pytest.mark.parametrize(
        ("starts", "ends", "code"),
        [
            (FRIDAY, MONDAY, "invalid"),
            (MONDAY, MONDAY, "invalid"),
            (MONDAY, MONDAY + timedelta(days=800), "absence_too_long"),
        ],
    )
    def test_nonsense_is_refused(self, starts, ends, code):
        user = UserFactory()
        with pytest.raises(Invalid) as caught:
            absences.add_absence(actor=user, user=user, starts_at=starts, ends_at=ends)
        assert caught.value.specific_code == code

    def test_a_repeat_returns_the_first_and_another_under_its_id_is_a_conflict(self):
        user, chosen = UserFactory(), ids.uuid7()
        for _ in range(2):
            absences.add_absence(actor=user, user=user, starts_at=MONDAY, ends_at=FRIDAY, absence_id=chosen)
        assert Absence.objects.count() == 1
        with pytest.raises(Conflict):
            absences.add_absence(actor=user, user=user, starts_at=MONDAY, ends_at=FRIDAY, note="x", absence_id=chosen)

    def test_taking_one_back_keeps_it_in_the_journal(self):
        absence = AbsenceFactory()
        absences.cancel_absence(actor=absence.user, absence_id=absence.pk)
        assert not Absence.objects.exists()
        assert JournalEntry.objects.get(event="absence.cancelled").changes["kind"] == ["leave", None]

    def test_an_invisible_one_is_not_found(self):
        with pytest.raises(NotFound):
            absences.cancel_absence(actor=UserFactory(), absence_id=AbsenceFactory().pk)

    def test_it_stops_the_persons_clocks(self):
        user = UserFactory()
        noon = datetime(2030, 1, 7, 11, tzinfo=UTC)
        calendar = calendar_of(user)
        assert calendar is not None
        assert calendar.is_open(noon)
        absences.add_absence(actor=user, user=user, starts_at=MONDAY, ends_at=FRIDAY)
        calendar = calendar_of(user)
        assert calendar is not None
        assert not calendar.is_open(noon)
        assert calendar.next_opening(noon) == datetime(2030, 1, 14, 8, tzinfo=UTC), "Monday, 9:00 in Paris"


class TestKeys:
    def test_the_secret_is_shown_once_and_kept_as_a_digest(self):
        user = UserFactory()
        made = keys.create_key(actor=user, name="Sync", scopes=["me:read"])
        assert made.secret.startswith("tdm_")
        assert len(made.secret) >= 46
        stored = ApiKey.objects.filter(pk=made.key.pk).values().get()
        assert made.secret not in str(stored)
        assert stored["digest"] == keys.digest(made.secret)
        assert keys.find_key(made.secret) == made.key

    def test_an_unknown_revoked_expired_or_ownerless_key_opens_nothing(self, monkeypatch):
        user, admin = UserFactory(), UserFactory(admin=True)
        made = keys.create_key(actor=user, name="Sync", scopes=["me:read"], expires_at=clock.now() + timedelta(days=1))
        assert keys.find_key(made.secret + "x") is None
        assert keys.find_key("nonsense") is None
        people.deactivate_user(actor=admin, user_id=user.pk)
        assert keys.find_key(made.secret) is None
        people.reactivate_user(actor=admin, user_id=user.pk)
        assert keys.find_key(made.secret) is not None
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(days=2))
        assert keys.find_key(made.secret) is None
        monkeypatch.undo()
        keys.revoke_key(actor=user, key_id=made.key.pk)
        keys.revoke_key(actor=user, key_id=made.key.pk)
        assert keys.find_key(made.secret) is None
        assert JournalEntry.objects.filter(event="key.revoked").count() == 1

    @pytest.mark.parametrize(
        ("scopes", "code"),
        [([], "invalid"), (["fly:write"], "unknown_scope"), (["users:write"], "scope_beyond_rights")],
    )
    def test_a_key_never_reaches_beyond_its_owner(self, scopes, code):
        with pytest.raises(Invalid) as caught:
            keys.create_key(actor=UserFactory(), name="Sync", scopes=scopes)
        assert (caught.value.field, caught.value.specific_code) == ("scopes", code)

    def test_somebody_elses_key_is_not_found_but_an_administrator_revokes_it(self):
        made = keys.create_key(actor=UserFactory(), name="Sync", scopes=["me:read"])
        with pytest.raises(NotFound):
            keys.revoke_key(actor=UserFactory(), key_id=made.key.pk)
        assert keys.revoke_key(actor=UserFactory(admin=True), key_id=made.key.pk).revoked_at

    def test_use_is_written_once_a_minute(self, count_queries):
        made = keys.create_key(actor=UserFactory(), name="Sync", scopes=["me:read"])
        keys.note_use(made.key)
        key = ApiKey.objects.get(pk=made.key.pk)
        assert key.last_used_at is not None
        with count_queries() as queries:
            keys.note_use(key)
        assert queries.number == 0

    def test_a_key_about_to_expire_is_announced_once(self):
        user = UserFactory(language="fr")
        keys.create_key(actor=user, name="Paie", scopes=["me:read"], expires_at=clock.now() + timedelta(days=6))
        keys.create_key(actor=user, name="Later", scopes=["me:read"], expires_at=clock.now() + timedelta(days=30))
        sweep = sweeps.get_sweep("accounts.warn_of_expiring_keys")
        assert (sweep.run().done, sweep.run().done) == (1, 0)
        assert Notice.objects.get(user=user, kind="key.expiring").facts["name"] == "Paie"

"""Duplicates over the API: the list of pairs to decide, and ``merge`` and ``unmerge`` for companies and contacts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework import status as http
from rest_framework.request import Request
from typing_extensions import override

from accounts.models import User
from crm.core.api.fields import Choice, Identifier, Instant, Reference
from crm.core.api.filters import ChoiceFilter, RowFilters
from crm.core.api.pagination import keyed
from crm.core.api.resources import Lists, Resource, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import ReadSerializer, WriteSerializer
from leads.models import Company, DuplicatePair, MergeRecord
from leads.policies import VIEW_CONTACTS, WRITE_CONTACTS
from leads.services import duplicates, merging

EXAMPLE_GONE = "0192f0a0-5c8e-7000-8000-0000000060e0"
EXAMPLE_MERGED = "0192f0a0-5c8e-7000-8000-0000000060e1"

# --- Shapes ----------------------------------------------------------------------------------------------------------


class MergeInput(WriteSerializer):
    """The record that goes into this one, and which value stays where both have one."""

    example = {"gone": EXAMPLE_GONE, "choices": {}}

    gone = Identifier(help_text="The record that goes. Its id answers with this one from then on.")
    choices = serializers.DictField(
        child=Choice(choices=[("kept", "kept"), ("gone", "gone")]),
        required=False,
        help_text='Such as `{"sector": "gone", "custom.erp": "kept"}`. By default the kept value stays where there is one.',
    )


class UnmergeInput(WriteSerializer):
    """The record that comes back."""

    example = {"gone": EXAMPLE_MERGED}

    gone = Identifier(help_text="The record that was merged into this one.")


class MergeRead(ReadSerializer):
    """A merge: what was kept, what went, and after an undo what could not be put back."""

    kept = serializers.UUIDField(source="kept_id", read_only=True)
    gone = serializers.UUIDField(source="gone_id", read_only=True)
    merged_by = Reference(User, source="merged_by_id")
    unmerged_by = Reference(User, source="unmerged_by_id")
    unmerged_at = Instant(read_only=True, allow_null=True, help_text="Null while the merge stands.")
    left = serializers.SerializerMethodField(help_text="Rows that you see and that the undo left, changed since.")

    class Meta:
        model = MergeRecord
        fields = ("id", "kept", "gone", "merged_by", "merged_at", "unmerged_by", "unmerged_at", "left", "version")

    def get_left(self, merge: MergeRecord) -> list[dict[str, Any]]:
        person: Any = self.person
        return merging.visible_left(person, merge)


class ReasonShape(serializers.Serializer[Any]):
    """What one field says about a pair."""

    field = serializers.CharField()
    similarity = serializers.FloatField(help_text="0 to 1.")
    weight = serializers.FloatField(help_text="Log-odds that it adds; negative speaks against.")


class PairRead(ReadSerializer):
    """Two companies or two contacts that are probably one."""

    kind = serializers.ChoiceField(choices=[("company", "company"), ("contact", "contact")], read_only=True)
    one = serializers.UUIDField(source="one_id", read_only=True)
    other = serializers.UUIDField(source="other_id", read_only=True)
    reasons = serializers.ListField(child=ReasonShape(), read_only=True)
    decided_by = Reference(User, source="decided_by_id")

    class Meta:
        model = DuplicatePair
        fields = (
            "id",
            "kind",
            "one",
            "other",
            "state",
            "score",
            "reasons",
            "decided_by",
            "decided_at",
            "created_at",
            "updated_at",
            "version",
        )


class PairFilters(RowFilters):
    """Narrow the list of pairs."""

    state = ChoiceFilter(choices=DuplicatePair.State.choices, label="To decide, not the same, merged.")
    kind = ChoiceFilter(
        choices=[("company", "company"), ("contact", "contact")], method="of_kind", label="Companies or contacts."
    )

    def of_kind(self, rows: QuerySet[DuplicatePair], name: str, value: str) -> QuerySet[DuplicatePair]:
        return rows.filter(company__isnull=value != "company")


# --- Resources -------------------------------------------------------------------------------------------------------


class Duplicates(Lists, Retrieves):
    """Pairs that are probably one record, most probable first; found anew whenever a record changes."""

    noun = "a pair of duplicates"
    acts = {"list": VIEW_CONTACTS, "retrieve": VIEW_CONTACTS, "dismiss": WRITE_CONTACTS, "reopen": WRITE_CONTACTS}
    reader = PairRead
    filterset_class = PairFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at", "score": "score"})
    default_order = "-score"

    @override
    def rows(self) -> QuerySet[Any]:
        return DuplicatePair.objects.visible_to(self.person)

    @command()
    def dismiss(self, request: Request, **kwargs: Any) -> HttpResponse:
        """These two are not the same; they are not suggested again. Doing it twice changes nothing."""
        duplicates.dismiss_pair(actor=self.person, pair_id=self.row_id, expected_version=self.expected_version)
        return self.answer_row(self.row_id)

    @command()
    def reopen(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take "not the same" back."""
        duplicates.reopen_pair(actor=self.person, pair_id=self.row_id, expected_version=self.expected_version)
        return self.answer_row(self.row_id)


MERGE_TAKES = {"merge": MergeInput, "unmerge": UnmergeInput}
MERGE_GIVES = {"merge": (http.HTTP_200_OK, MergeRead), "unmerge": (http.HTTP_200_OK, MergeRead)}


class Merges(Resource):
    """Mix in for companies and contacts: ``POST /things/{id}/merge`` and ``/unmerge``.

    The resource adds ``MERGE_TAKES`` to its ``takes``, ``MERGE_GIVES`` to its ``gives``, and an act for each of the two.
    """

    merged_model: ClassVar[Any]

    @command()
    def merge(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make the record `gone` part of this one, with everything that belongs to it. Repeating returns the same merge."""
        row, values = self.get_row(self.row_id), self.values()
        verb = merging.merge_companies if self.merged_model is Company else merging.merge_contacts
        merge = verb(
            actor=self.person,
            kept_id=row.pk,
            gone_id=values["gone"],
            choices=values.get("choices", {}),
            expected_version=self.expected_version,
        )
        return self._answer_merge(merge)

    @command()
    def unmerge(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take a merge back, row by row. `left` names what stayed because somebody changed it since."""
        self.get_row(self.row_id)
        gone_id = self.values()["gone"]
        merging.require_merged_into(gone_id, self.row_id, self.merged_model)
        verb = merging.unmerge_company if self.merged_model is Company else merging.unmerge_contact
        return self._answer_merge(verb(actor=self.person, gone_id=gone_id, expected_version=self.expected_version))

    def _answer_merge(self, merge: MergeRecord) -> HttpResponse:
        return self.answer(MergeRead(context=self.get_serializer_context()).represent([merge])[0])

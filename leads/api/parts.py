"""What the resources of this app share: acts on one record, rows out of use and back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpResponse
from rest_framework.request import Request

from crm.core.api.fields import Whole
from crm.core.api.resources import Resource
from crm.core.api.routers import command
from crm.core.api.serializers import WriteSerializer
from crm.core.models import BaseModel


class Acts(Resource):
    """Verbs on one record, each a call of its service."""

    # What its services call the id of the record: ``lead_id``.
    id_name: ClassVar[str] = ""

    def act_on(self, write: Any, *, guarded: bool = True, **values: Any) -> HttpResponse:
        """Call ``write`` for the record in the address and answer the record as it then is.

        ``guarded``: the service compares the expected version itself, under its lock; else it is compared before.
        """
        row: Model = self.get_row(self.row_id)
        expected = {"expected_version": self.expected_version} if guarded else {}
        if not guarded and isinstance(row, BaseModel):
            row.require_version(self.expected_version)
        write(actor=self.person, **{self.id_name: row.pk}, **expected, **values)
        return self.answer_row(row.pk)


class Place(WriteSerializer):
    """Where to."""

    example = {"to": 0}

    to = Whole(min_value=0, max_value=32_767, help_text="The place it gets, counted from 0.")


class PutAway(Acts):
    """Rows that are never deleted: out of use, and back."""

    # The service that changes the row: ``staticmethod(change_product)``.
    use: ClassVar[Any]

    @command(path="put-away")
    def put_away(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take it out of use: it is offered no longer, what has it keeps it."""
        return self.act_on(self.use, changes={"is_active": False})

    @command(path="use-again")
    def use_again(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Bring it back into use."""
        return self.act_on(self.use, changes={"is_active": True})

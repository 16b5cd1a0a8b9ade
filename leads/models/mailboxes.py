"""How far the lead mailbox was read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Mailbox(models.Model):
    """The place up to which a folder was fetched. UIDs only mean something together with the folder's UIDVALIDITY."""

    id = models.BigAutoField(primary_key=True)
    address = models.CharField(max_length=254, unique=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["address"]

    @override
    def __str__(self) -> str:
        return self.address

"""The vocabulary: each distinct word of any name, once. Typing errors are forgiven against it, not against a million rows."""

from __future__ import annotations

from django.db import models
from typing_extensions import override


class Word(models.Model):
    """A folded word that some record is found by. Words are only ever added; one too many costs nothing."""

    id = models.BigAutoField(primary_key=True)
    text = models.CharField(max_length=80, unique=True)

    @override
    def __str__(self) -> str:
        return self.text

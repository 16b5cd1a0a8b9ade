"""``manage.py create_api_key``: a key for a person, from the command line; the secret is the last line of the output."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from accounts.models import User
from accounts.services import keys
from crm.core import clock, context
from crm.core.errors import Refusal

ALL = "all"
LONGEST_DAYS = 3650


class Command(BaseCommand):
    help = "Make an API key that acts as one person. Its secret is printed once, as the last line."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL", help="The person the key acts as.")
        parser.add_argument(
            "--scope",
            required=True,
            nargs="+",
            action="extend",
            metavar="SCOPE",
            help='What it may do, such as users:read; "all" is everything the person may do now.',
        )
        parser.add_argument("--name", default="Command line", help="What the person knows the key by.")
        parser.add_argument("--days", type=int, help="Days until it expires; without it the key does not expire.")

    @override
    def handle(self, *args: Any, user: str, scope: list[str], name: str, days: int | None, **options: Any) -> None:
        owner = User.objects.active().filter(email=User.normalize_email(user)).first()
        if owner is None:
            raise CommandError(f"Nobody active has the address {user}.")
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"Days go from 1 to {LONGEST_DAYS}.")
        scopes = keys.scopes_of(owner) if ALL in scope else scope
        expires_at = clock.now() + timedelta(days=days) if days else None
        with context.acting(through="command create_api_key"):
            try:
                made = keys.create_key(actor=owner, name=name, scopes=scopes, expires_at=expires_at)
            except Refusal as refusal:
                offered = ", ".join(keys.scopes_of(owner))
                raise CommandError(f"{refusal.detail} {owner.email} may use: {offered}.") from refusal
        until = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "without end"
        self.stdout.write(f"A key for {owner.email}, {until}, with: {' '.join(made.key.scopes)}")
        self.stdout.write("Keep it now, it is never shown again:")
        self.stdout.write(made.secret)

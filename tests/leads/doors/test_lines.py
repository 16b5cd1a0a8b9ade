"""What is pasted or typed in haste becomes the fields of an enquiry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.intake.lines import read_lines

LINES: list[tuple[str, dict[str, Any]]] = [
    (
        "Jean Dupont, Acme Tubes, 04 72 00 12 34",
        {"first_name": "Jean", "last_name": "Dupont", "company_name": "Acme Tubes", "phones": ["04 72 00 12 34"]},
    ),
    ("Jean Dupont Acme Tubes 04 72 00 12 34", {"first_name": "Jean", "last_name": "Dupont", "company_name": "Acme Tubes"}),
    ("DUPONT Jean; Acme SAS", {"first_name": "Jean", "last_name": "DUPONT", "company_name": "Acme SAS"}),
    ("Marie at Initech", {"last_name": "Marie", "company_name": "Initech"}),
    ("jean.dupont@acme.test", {"first_name": "Jean", "last_name": "Dupont", "emails": ["jean.dupont@acme.test"]}),
    ("王伟 | 北京科技 | +86 138 0013 8000", {"last_name": "王伟", "company_name": "北京科技", "phones": ["+86 138 0013 8000"]}),
    (
        """
        Dr. Inès Lefèbvre
        Responsable des achats
        Établissements Schröder & Fils
        12 rue de la République - 69002 Lyon - France
        Tél. : 04 72 00 12 34 | Mob: 06 12 34 56 78
        Fax: 04 72 00 12 35
        ines.lefebvre@schroder-fils.test
        www.schroder-fils.test
        """,
        {
            "first_name": "Inès",
            "last_name": "Lefèbvre",
            "job_title": "Responsable des achats",
            "company_name": "Établissements Schröder & Fils",
            "street": "12 rue de la République",
            "postal_code": "69002",
            "city": "Lyon",
            "country": "FR",
            "phones": ["04 72 00 12 34", "06 12 34 56 78"],
            "emails": ["ines.lefebvre@schroder-fils.test"],
            "website": "www.schroder-fils.test",
            "rest": [],
        },
    ),
    (
        "Hans Müller\nVertriebsleiter / Leiter Einkauf\nStahl GmbH\nHauptstraße 5\nD-80331 München\nT +49 89 1234567",
        {
            "first_name": "Hans",
            "last_name": "Müller",
            "company_name": "Stahl GmbH",
            "street": "Hauptstraße 5",
            "postal_code": "80331",
            "city": "München",
            "country": "DE",
            "phones": ["+49 89 1234567"],
        },
    ),
    (
        "Budi Santoso\nManajer Pembelian\nPT Sinar Jaya\nJl. Sudirman 10, Jakarta 10220\nHP: 0812-3456-7890",
        {"first_name": "Budi", "last_name": "Santoso", "job_title": "Manajer Pembelian", "company_name": "PT Sinar Jaya",
         "street": "Jl. Sudirman 10", "postal_code": "10220", "city": "Jakarta"},
    ),
    (
        "John Smith, Head of Procurement, Widgets Ltd, 221b Baker Street, London NW1 6XE, +44 20 7946 0958",
        {"first_name": "John", "last_name": "Smith", "job_title": "Head of Procurement", "company_name": "Widgets Ltd",
         "street": "221b Baker Street", "postal_code": "NW1 6XE", "city": "London", "country": "GB"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), LINES, ids=[text.split("\n")[0][:20] or "signature" for text, _ in LINES]
)
def test_a_line_or_a_signature(text: str, expected: dict[str, Any]) -> None:
    country = "ID" if "Jakarta" in text else "FR"
    found = read_lines(text, country)
    assert {name: getattr(found, name) for name in expected} == expected


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_pasted_breaks_it(text: str) -> None:
    read_lines(text, "FR")


@pytest.mark.shared_data
def test_real_signatures_give_their_senders_address(shared_data: Path) -> None:
    """The signatures of the data set, as they stand at the end of mails."""
    folder = shared_data / "mail" / "talon" / "signature" / "emails" / "stripped"
    read = [read_lines(path.read_text(errors="replace"), "US") for path in sorted(folder.glob("*_signature"))]
    assert len(read) >= 5
    assert (
        sum(bool(found.name or found.phones or found.emails or found.company_name) for found in read) >= len(read) - 1
    )

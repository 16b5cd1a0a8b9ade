"""The rules of the house find what they are for, let pass what they should, and find nothing in this tree."""

from __future__ import annotations

import pytest

from config.run import lints

# Put together here: written out, they would break the rule in this very file.
WORK, ROOT, ORG = "work", "root", "org"

BAD = {
    "no machine in the tree": [("docs/a.md", f"see /{WORK}/shared/design.md"), ("a.py", f'HOME = "/{ROOT}/.cache"')],
    "no registry in the tree": [
        ("a.md", f"https://pypi.{ORG}/simple"),
        ("b.json", f'"https://registry.npmjs.{ORG}/x"'),
    ],
    "no address in a lock file": [("requirements-dev.txt", "--index-url https://mirror.example/simple")],
    "no inline script": [
        ("a/templates/x.html", "<script>go()</script>"),
        ("a/templates/x.html", '<button onclick="go()">'),
        ("a/templates/x.html", '<a href="javascript:go()">'),
    ],
    "no inline style": [("a/templates/x.html", '<div style="color: red">'), ("a/templates/x.html", "<style>")],
    "no template that trusts a value": [("a/x.html", "{{ name|safe }}"), ("a/x.html", "{% autoescape off %}")],
    "no signals between our apps": [("leads/apps.py", "from django.db.models.signals import post_save")],
    "no generic foreign key": [("leads/models.py", "target = GenericForeignKey()")],
    "ring the bell": [("leads/services/route.py", "route_lead.delay(lead.pk)")],
    "no countdown": [("leads/jobs.py", "task.apply_async(countdown=600)")],
    "no partial after commit": [("leads/services/route.py", "transaction.on_commit(partial(send, pk))")],
    "name the fields": [("leads/api/serializers.py", 'fields = "__all__"')],
    "no way around CSRF": [("leads/views.py", "@csrf_exempt")],
    "no raw queries": [("leads/selectors.py", "Lead.objects.extra(where=[sql])")],
    "start from what is visible": [
        ("leads/views.py", "Lead.objects.filter(name=name)"),
        ("leads/api/views.py", "queryset = Lead.objects.all()"),
    ],
    "money is decimal": [("crm/core/money/amounts.py", "float(amount)")],
    "no foreign origin": [("a/templates/x.html", '<script src="https://cdn.example/x.js"></script>')],
    "nothing put off": [("leads/models.py", "# TODO: index")],
}
GOOD = [
    ("docs/a.md", "rework/this, the/root/of, ./work/x"),
    ("package-lock.json", '"url": "https://github.com/sponsors/someone"'),
    ("a/templates/x.html", '<script type="module" src="{% static "a.js" %}"></script>'),
    ("a/templates/x.html", '<script type="application/json" id="rows">'),
    ("a/templates/x.html", '<p class="style" data-style="bold" aria-label="on time">'),
    ("a/templates/mail/x.html", '<td style="padding: 4px">'),
    ("a/x.html", "{{ name|safeseq_is_not_it }}"),
    ("leads/services/route.py", "work.enqueue('leads.route_lead', lead.pk)"),
    ("leads/views.py", "Lead.objects.visible_to(request.user)"),
    ("leads/views.py", "Lead.objects.count()  # house: start from what is visible (a figure for nobody)"),
    ("leads/selectors.py", "Lead.objects.filter(name=name)"),
    ("a/templates/x.html", '<a href="/leads/">'),
]


@pytest.mark.parametrize(("rule", "path", "line"), [(rule, *case) for rule, cases in BAD.items() for case in cases])
def test_a_rule_finds_what_it_is_for(rule: str, path: str, line: str) -> None:
    assert rule in broken(path, line)


@pytest.mark.parametrize(("path", "line"), GOOD)
def test_what_is_fine_passes(path: str, line: str) -> None:
    assert broken(path, line) == set()


def test_every_rule_has_a_bad_sample() -> None:
    assert {rule.name for rule in lints.RULES} == set(BAD)


@pytest.mark.parametrize("name", ["leads/utils.py", "crm/core/helpers/dates.py", "common.py", "leads/misc.py"])
def test_a_refused_name_is_found(name: str) -> None:
    assert list(lints._about_name(name))
    assert not list(lints._about_name("leads/commonplace.py"))


def test_the_tree_keeps_the_rules() -> None:
    assert list(lints.find_all()) == []


def broken(path: str, line: str) -> set[str]:
    return {rule.name for rule in lints.RULES if rule.concerns(path) and list(rule.findings(line))}

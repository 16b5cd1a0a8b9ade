"""Django forms in Tandem's look: labels, hints, errors and what connects them for those who hear the page."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser

import pytest
from django import forms
from django.utils import translation

from crm.core.forms import LONG_FORM, Checks, DateInput, DateTimeInput, Segments, TimeInput


class Sample(forms.Form):
    email = forms.EmailField(help_text="Where invitations go")
    password = forms.CharField(widget=forms.PasswordInput)
    day = forms.DateField(widget=DateInput, required=False, initial=dt.date(2026, 11, 24))
    time = forms.TimeField(widget=TimeInput, required=False, initial=dt.time(9, 5))
    at = forms.DateTimeField(widget=DateTimeInput, required=False, initial=dt.datetime(2026, 11, 24, 9, 5))
    result = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "Advanced"), ("b", "Held")])
    basis = forms.ChoiceField(widget=Segments, choices=[("a", "Like for like"), ("b", "Raw")])
    tell = forms.MultipleChoiceField(widget=Checks, choices=[("a", "Mail"), ("b", "Phone")], required=False)
    met = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=[("a", "Ana")], required=False)
    agreed = forms.BooleanField()
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def ids(self) -> list[str]:
        return [attributes["id"] for _tag, attributes in self.found if "id" in attributes]

    def one(self, **wanted: str) -> dict[str, str | None]:
        return next(
            a for _tag, a in self.found if all(a.get(name.rstrip("_")) == value for name, value in wanted.items())
        )


def test_every_label_and_description_points_at_something_that_is_there():
    for form in (Sample(), Sample({"email": "x"})):
        tags = Tags(str(form))
        ids = tags.ids()
        assert len(ids) == len(set(ids))
        for _tag, attributes in tags.found:
            for pointer in ("for", "aria-describedby"):
                assert set((attributes.get(pointer) or "").split()) <= set(ids)


def test_a_wrong_field_says_so_to_eyes_and_ears():
    tags = Tags(str(Sample({"email": "x"})))
    field = tags.one(name="email")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "id_email_helptext id_email_error"
    assert "data-bad" in str(Sample({"email": "x"})["email"].as_field_group())


def test_only_what_may_stay_empty_is_marked():
    assert "optional" in Sample()["day"].as_field_group()
    assert "optional" not in Sample()["email"].as_field_group()

    class Search(Sample):
        mark_optional = False

    assert "optional" not in Search()["day"].as_field_group()


def test_choices_are_drawn_by_their_widget():
    form = Sample()
    assert form["result"].as_field_group().count('class="pick"') == 2
    assert form["met"].as_field_group().count('class="pick"') == 1
    assert 'class="seg"' in form["basis"].as_field_group()
    assert form["tell"].as_field_group().count('class="check"') == 2
    assert form["agreed"].as_field_group().count('class="check"') == 1
    for name in ("result", "met", "basis", "tell"):
        assert "<fieldset" in form[name].as_field_group()
        assert "<legend>" in form[name].as_field_group()


def test_a_password_can_be_shown_by_a_button_that_waits_for_its_script():
    tags = Tags(Sample()["password"].as_field_group())
    button = next(attributes for tag, attributes in tags.found if tag == "button")
    assert button["data-reveals"] == tags.one(name="password")["id"]
    assert "hidden" in button
    assert button["aria-pressed"] == "false"


@pytest.mark.parametrize("language", ["en", "fr", "id"])
def test_pickers_get_the_browsers_own_format_in_every_language(language):
    with translation.override(language):
        form = Sample()
        assert Tags(form["day"].as_field_group()).one(name="day")["value"] == "2026-11-24"
        assert Tags(form["time"].as_field_group()).one(name="time")["value"] == "09:05"
        assert Tags(form["at"].as_field_group()).one(name="at")["value"] == "2026-11-24T09:05"
        assert Tags(form["at"].as_field_group()).one(name="at")["type"] == "datetime-local"


def test_a_widget_keeps_its_own_class():
    class Short(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "mono"}))

    assert Tags(Short()["code"].as_field_group()).one(name="code")["class"] == "in mono"


def test_a_long_refused_form_lists_its_errors_with_ways_to_them():
    html = str(Sample({}))
    assert "data-focus" in html
    tags = Tags(html)
    links = [attributes["href"][1:] for tag, attributes in tags.found if tag == "a"]
    assert links == ["id_email", "id_password", "id_result_0", "id_basis_0", "id_agreed"]
    assert set(links) <= set(tags.ids())


def test_a_short_form_shows_its_errors_beside_the_fields_only():
    class Short(forms.Form):
        name = forms.CharField()
        town = forms.CharField()

    assert len(Short().fields) < LONG_FORM
    assert "data-focus" not in str(Short({}))


def test_an_error_of_the_whole_form_always_stands_above():
    class Short(forms.Form):
        name = forms.CharField()

        def clean(self):
            raise forms.ValidationError("This <does> not fit together.")

    html = str(Short({"name": "x"}))
    assert 'role="alert"' in html
    assert "This &lt;does&gt; not fit together." in html


def test_hidden_fields_travel_along():
    assert Tags(str(Sample())).one(name="secret")["type"] == "hidden"

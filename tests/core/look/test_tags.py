"""What the design system's tags write: meaning for screen readers, attributes for htmx, nothing unescaped."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib import messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from crm.core import toasts


def draw(template: str, **context) -> str:
    return Template(template).render(Context(context))


def page(address: str = "/people/", **cookies: str):
    request = RequestFactory().get(address)
    request.COOKIES |= cookies
    return request


# --- Buttons and chips -----------------------------------------------------------------------------------------------


def test_a_button_is_no_submit_unless_told_so():
    assert draw("{% button %}Save{% endbutton %}") == '<button class="btn" type="button">Save</button>'
    assert 'type="submit"' in draw('{% button type="submit" %}Save{% endbutton %}')


def test_a_button_takes_attributes_and_leaves_out_empty_ones():
    template = '{% button hx_post=url disabled=no class_="end" data_x=yes %}Save{% endbutton %}'
    drawn = draw(template, url="/a?b=1&c", no=False, yes=True)
    assert 'hx-post="/a?b=1&amp;c"' in drawn
    assert "disabled" not in drawn
    assert " data-x>" in drawn or " data-x " in drawn
    assert 'class="btn end"' in drawn


def test_a_link_that_is_off_cannot_be_followed():
    drawn = draw('{% button href="/x" disabled=True %}Open{% endbutton %}')
    assert drawn.startswith("<a ")
    assert "href" not in drawn
    assert 'aria-disabled="true"' in drawn


def test_a_one_letter_key_presses_a_named_one_only_shows():
    assert 'aria-keyshortcuts="e"' in draw('{% button key="e" %}E-mail{% endbutton %}')
    assert "aria-keyshortcuts" not in draw('{% button key="Enter" %}Call{% endbutton %}')


def test_what_stands_inside_is_escaped_once():
    assert "Bêta &amp; Fils" in draw("{% button %}{{ name }}{% endbutton %}", name="Bêta & Fils")
    assert "&lt;b&gt;" in draw("{% chip %}{{ name }}{% endchip %}", name="<b>")
    assert "&lt;b&gt;" in draw("{% stop title=name %}{% endstop %}", name="<b>")
    assert "<svg" in draw('{% button %}{% icon "handoff" %}{% endbutton %}')


def test_a_banner_that_refuses_is_read_out_at_once():
    assert 'role="alert"' in draw('{% banner kind="late" %}x{% endbanner %}')
    assert 'role="status"' in draw("{% banner %}x{% endbanner %}")


# --- Motion -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "line", "word"),
    [
        ("inside", "inside", "Sédentaire"),
        ("hybrid", "hybrid", "Mixte"),
        (None, "none", "Pas assez"),
        ("x", "none", "Pas assez"),
    ],
)
def test_a_motion_is_shape_and_word(value, line, word):
    with translation.override("fr"):
        drawn = draw("{% motion value %}", value=value)
    assert f'data-line="{line}"' in drawn
    assert word in drawn


@pytest.mark.parametrize(
    ("line", "who", "words"),
    [
        ("inside", "", "Inside"),
        ("both", "outside", "Outside"),
        ("both", "", "Hybrid"),
        ("inside-both", "", "Hand-off from inside to inside and outside"),
        ("outside-inside", "", "Hand-off from outside to inside"),
    ],
)
def test_a_timeline_says_what_its_line_shows(line, who, words):
    assert f'<span class="vh">{words}</span>' in draw(
        '{% stop title="t" line=line who=who %}{% endstop %}', line=line, who=who
    )


@time_machine.travel(dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC), tick=False)
@pytest.mark.parametrize(
    ("at", "strong", "quiet"),
    [
        (dt.datetime(2026, 11, 24, 9, 5, tzinfo=dt.UTC), "09:05", "today"),
        (dt.datetime(2026, 11, 2, 9, 5, tzinfo=dt.UTC), "2 Nov", "09:05"),
        (dt.datetime(2025, 11, 2, 9, 5, tzinfo=dt.UTC), "2 Nov", "2025"),
    ],
)
def test_a_timeline_puts_the_telling_half_of_the_time_first(at, strong, quiet):
    drawn = draw('{% stop title="t" at=at %}{% endstop %}', at=at)
    assert f'datetime="{at:%Y-%m-%dT%H:%M:%S}+00:00">{strong}</time><small>{quiet}</small>' in drawn


def test_a_route_says_where_one_is_and_what_was_handed_over():
    drawn = draw(
        "{% route stages %}",
        stages=[{"name": "A", "handoff": True, "motion": "outside"}, {"name": "B", "current": True}],
    )
    assert 'aria-label="Stages"' in drawn
    assert 'data-kind="handoff"' in drawn
    assert ">, hand-off<" in drawn
    assert 'aria-current="step"' in drawn


# --- Figures ------------------------------------------------------------------------------------------------------------


def test_coordinates_are_not_written_as_french_numbers():
    with translation.override("fr"):
        drawn = draw(
            '{% why reasons %}{% spark a b label="l" %}{% trend a b ticks label="l" %}{% brand 25 %}{% meter 6.5 label="m" %}',
            reasons=[("x", 2.5), ("y", -3)],
            a=[1, 2.5, 3],
            b=[2, 2, 7.5],
            ticks=["1", "2", "3"],
        )
    names = (" x=", " y=", " width=", " d=", " cx=", " value=")
    numbers = [part.split('"')[0] for name in names for part in drawn.split(name + '"')[1:]]
    assert numbers
    assert not [number for number in numbers if "," in number]
    assert "+2,5" in drawn, "what is read is written as French writes it"


def test_reasons_that_take_away_are_hatched_and_signed():
    drawn = draw("{% why reasons %}", reasons=[("more", 4), ("less", -4), ("nothing", 0)])
    assert "+4" in drawn
    assert "\u22124" in drawn
    assert drawn.count('<rect class="hatch"') == 1
    assert drawn.count("<rect x=") == 1


def test_a_meter_without_an_end_has_no_value():
    assert " value=" not in draw('{% meter None label="Working" %}')
    assert 'value="64" max="100"' in draw('{% meter 64 label="Import" %}')


def test_nothing_is_shown_for_nothing():
    shown = "{% day x %}{% clock x %}{% moment x %}{% ago x %}{{ x|number }}{{ x|percent }}{{ x|duration }}"
    assert draw(shown + '{% money x "EUR" %}', x=None) == ""


# --- Tables and ways -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "sort", "next_order"),
    [
        ("/people/", "", "order=name"),
        ("/people/?order=name", "ascending", "order=-name"),
        ("/people/?order=-name", "descending", "order=name"),
        ("/people/?order=team", "", "order=name"),
    ],
)
def test_a_head_says_and_turns_the_order(address, sort, next_order):
    drawn = draw('{% sort_head "Name" "name" %}', request=page(address))
    assert (f'aria-sort="{sort}"' in drawn) if sort else ("aria-sort" not in drawn)
    assert f'href="?{next_order}"' in drawn


def test_a_head_keeps_the_filters_and_forgets_the_page():
    drawn = draw('{% sort_head "Name" "name" table="t" %}', request=page("/people/?team=7&cursor=abc"))
    assert 'href="?team=7&amp;order=name"' in drawn
    assert 'hx-get="?team=7&amp;order=name"' in drawn
    assert 'id="t-by-name"' in drawn


def test_tabs_of_pages_stay_links_and_tabs_of_sections_may_become_tabs():
    pages = draw('{% tabs items label="l" %}', items=[{"label": "A", "url": "/a", "current": True, "count": 0}])
    assert "data-tabs" not in pages
    assert 'aria-current="page"' in pages
    assert '<span class="count">0</span>' in pages
    assert "data-tabs" in draw('{% tabs items label="l" %}', items=[{"label": "A", "url": "#a"}])


def test_a_filter_says_what_its_cross_removes():
    drawn = draw('{% filters items clear="/" %}', items=[{"label": "Team", "value": "Lyon", "url": "/?x"}])
    assert "Remove the filter Team: Lyon" in drawn
    assert draw("{% filters items %}", items=[]).strip() == ""


def test_a_single_page_has_no_pager():
    assert draw("{% pager %}").strip() == ""
    assert 'rel="next"' in draw('{% pager following="/?cursor=x" %}')


# --- The shell -------------------------------------------------------------------------------------------------------------


def test_the_root_carries_only_themes_that_exist():
    template = "<html{% root_attributes %}>"
    assert draw(template, request=page()) == '<html lang="en">'
    assert 'data-theme="dark"' in draw(template, request=page(theme="dark", density="roomy"))
    assert draw(template, request=page(theme='"><script>', density="huge")) == '<html lang="en">'
    assert draw(template) == '<html lang="en">', "an error page has no request"


def test_an_unknown_icon_is_found_by_the_first_test():
    with pytest.raises((KeyError, TemplateSyntaxError)):
        draw('{% icon "no-such-icon" %}')


def test_a_message_keeps_its_way_back_until_the_next_page():
    request = page()
    request.session = {}
    request._messages = FallbackStorage(request)
    toasts.show_next(request, "Saved", undo="/undo/7")
    toasts.show_next(request, "Refused", kind="late")
    saved, refused = request._messages
    assert toasts.undo_address(saved.extra_tags) == "/undo/7"
    assert toasts.undo_address(refused.extra_tags) == ""
    assert refused.level == messages.ERROR
    drawn = draw('{% include "components/toasts.html" %}', messages=[saved, refused], csrf_token="t")
    assert 'action="/undo/7"' in drawn
    assert "toast-late" in drawn


def test_a_message_for_htmx_travels_in_a_header():
    answer = toasts.show_now(HttpResponse(), "Enregistré à 14:30", undo="/undo/7")
    assert '"undo": "/undo/7"' in answer.headers["HX-Trigger"]

"""Every word is readable (AA) in both themes, measured as drawn; control borders stand out three to one."""

from __future__ import annotations

import pytest

from tests.browser.conftest import LAPTOP, PHONE

# A canvas turns whatever CSS colour into sRGB bytes; the ground is the nearest ancestor that paints one.
PEN = """
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const bytes = colour => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
"""
FAINT_TEXT = (
    f"() => {{ {PEN}"
    """
  const light = rgb => {
    const [r, g, b] = rgb.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + below[i] * (1 - top[3] / 255));
  const ground = e => {
    if (!e) return [255, 255, 255];
    const own = bytes(getComputedStyle(e).backgroundColor);
    return own[3] === 255 ? own.slice(0, 3) : over(own, ground(e.parentElement));
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
    return (x + .05) / (y + .05);
  };
  const spared = ".vh, script, template, svg, :disabled, [aria-disabled=true], .grey";
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const e = node.parentElement, style = getComputedStyle(e);
    if (!node.data.trim() || !e.checkVisibility({ opacityProperty: true }) || e.closest(spared)) continue;
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const found = ratio(over(bytes(style.color), ground(e)), ground(e));
    if (found < (large ? 3 : 4.5))
      faint.push(`${found.toFixed(2)}: ${node.data.trim().slice(0, 40)} in ${e.className || e.tagName}`);
  }
  return faint;
}"""
)

TOKEN = (
    f"pair => {{ {PEN}"
    """
  const probe = document.body.appendChild(document.createElement("i"));
  return pair.map(token => {
    probe.style.color = `var(${token})`;
    return bytes(getComputedStyle(probe).color).slice(0, 3);
  });
}"""
)

GROUNDS = ("--paper", "--sheet", "--sheet-2")
TEXTS = ("--ink", "--ink-2", "--ink-3", "--inside", "--outside", "--late", "--hold", "--good")
PAIRS = [
    *((text, ground, 4.5) for ground in GROUNDS for text in TEXTS if (text, ground) != ("--outside", "--sheet-2")),
    *((f"--{state}", f"--{state}-wash", 4.5) for state in ("late", "hold", "good")),
    *((f"--{motion}-ink", f"--{motion}", 4.5) for motion in ("inside", "outside")),
    *(("--rule-2", ground, 3.0) for ground in GROUNDS),
    *((f"--{line}-on-board", "--board", 4.5) for line in ("inside", "outside")),
    ("--sign-ink", "--sign", 4.5),
    ("--board-ink", "--board", 4.5),
    ("--board-ink-2", "--board-2", 4.5),
    ("--ink", "--sign-wash", 4.5),
    ("--ink-3", "--sign-wash", 4.5),
    ("--sheet", "--ink", 4.5),
]


def luminance(colour: list[int]) -> float:
    channels = [value / 255 for value in colour]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: list[int], other: list[int]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_word_is_readable(design, size, theme):
    page = design(size=size, theme=theme)
    assert page.evaluate(FAINT_TEXT) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_that_meet_stand_out(design, theme):
    page = design(theme=theme)
    measured = {pair[:2]: (ratio(*page.evaluate(TOKEN, list(pair[:2]))), pair[2]) for pair in PAIRS}
    assert not {pair: round(found, 2) for pair, (found, least) in measured.items() if found < least}


def test_the_measure_sees_faint_text(design):
    page = design(bypass_csp=True)
    page.add_style_tag(content="@layer utilities { :root { --ink-3: #a09880 } }")
    assert page.evaluate(FAINT_TEXT)

# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""A page as a browser shows it: headless Chromium lays it out, and a script that is added to a copy
tells what stands where, in which size and colour."""
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

LIMIT = 90  # seconds; two are usual

SCRIPT = """
<pre id="rendered" hidden></pre>
<script>
const box = e => { const b = e.getBoundingClientRect();
  return {left: b.left + scrollX, top: b.top + scrollY, right: b.right + scrollX,
          bottom: b.bottom + scrollY}; };
const rgb = c => c.match(/[\\d.]+/g).map(Number).slice(0, 3);
const size = e => { const m = e.getScreenCTM ? e.getScreenCTM().a : 1;
  return parseFloat(getComputedStyle(e).fontSize) * m; };
const look = (e, colour) => ({text: e.textContent, shown: e.checkVisibility(), box: box(e),
  size: size(e), colour: rgb(getComputedStyle(e)[colour]), data: {...e.dataset},
  group: e.closest("svg") ? e.closest("svg").id : "", kind: e.getAttribute("class") || ""});
const all = (selector, colour) => [...document.querySelectorAll(selector)].map(
  e => look(e, colour));
document.getElementById("rendered").textContent = JSON.stringify({
  width: document.documentElement.clientWidth, scroll_width: document.documentElement.scrollWidth,
  back: rgb(getComputedStyle(document.body).backgroundColor),
  headings: all("h1, h2, th", "color").concat(all("p:not(.hint)", "color")),
  hints: all(".hint", "color"), fact_names: all(".facts th", "color"),
  table_width: document.querySelector(".wide").scrollWidth,
  rows: [...document.querySelectorAll(".wide tbody tr")].map(
    r => [...r.cells].map(c => ({...look(c, "color"), text: c.innerText}))),
  facts: all(".facts td", "color"), legends: all(".legend li", "color"), keys: all(".legend span", "borderTopColor"),
  labels: all("svg text", "fill"), marks: all("circle", "fill"),
  curves: all("polyline", "stroke")});
</script>
"""


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    raise AssertionError("Chromium is missing: scripts/install-deps installs it")


def command(profile, dark, width, height):
    return [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1",
            f"--user-data-dir={profile}", f"--window-size={width},{height}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}"]


def framed(text, width, height):
    """The page in a frame of this width: a window of Chromium has at least 500 pixels."""
    return ('<body style="margin:0"><pre id="rendered" hidden></pre><iframe style="border:0;'
            f'display:block;width:{width}px;height:{height}px" srcdoc="{html.escape(text)}" '
            'onload="document.getElementById(\'rendered\').textContent = '
            '(this.contentDocument.getElementById(\'rendered\') || this).textContent">'
            '</iframe></body>')


def screenshot(page, image, width, height, dark=False):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "page.html"
        copy.write_text(framed(pathlib.Path(page).read_text(), width, height))
        subprocess.run([*command(folder + "/profile", dark, width, height),
                        f"--screenshot={image}", copy.as_uri()], check=True, timeout=LIMIT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def render(page, width, dark=False):
    """What SCRIPT found in the page."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "page.html"
        text = pathlib.Path(page).read_text()
        assert text.count("</body>") == 1
        copy.write_text(framed(text.replace("</body>", SCRIPT + "</body>"), width, 1000))
        done = subprocess.run(
            [*command(folder + "/profile", dark, width, 1000), "--dump-dom", copy.as_uri()],
            timeout=LIMIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = re.search(r'<pre id="rendered" hidden="">(\{.*?\})</pre>', done.stdout, re.DOTALL)
    assert found, f"Chromium shows nothing\n{done.stdout}\n{done.stderr}"
    return json.loads(html.unescape(found.group(1)))


def contrast(one, other):
    """Of two colours, as WCAG 2 defines it: 1 to 21."""
    def luminance(colour):
        parts = [value / 255 for value in colour]
        parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)

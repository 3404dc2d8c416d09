# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The page of efa_perf as a browser shows it: its figures are those of the JSON, each point stands
where its figure belongs, and all of it can be read, in light and dark, wide and narrow."""
import json
import math

import pytest

from page import by_column, figure
from rendered import contrast, render

pytestmark = [pytest.mark.browser, pytest.mark.only_native]

LEGIBLE = 4.5   # contrast of text, WCAG 2 AA
VISIBLE = 3     # of lines and marks
SMALLEST = 10   # pixels of a letter's height


@pytest.fixture
def measured(tools, tmp_path):
    """measured(*arguments): what efa_perf measured, by its JSON, and the page it wrote."""
    def measured(*arguments):
        figures, page = tmp_path / "out.json", tmp_path / "out.html"
        tools.run("efa_perf", *arguments, "--loopback", "--json", figures, "--html", page).expect(0)
        return json.loads(figures.read_text())["results"], page
    return measured


def check_table(page, rows):
    """Each cell has all digits of its figure, and shows it rounded."""
    assert len(page["rows"]) == len(rows)
    for cells, row in zip(page["rows"], rows):
        wanted = by_column(row)
        for cell in cells:
            value = wanted[cell["data"]["name"]]
            assert figure(cell["data"]["value"]) == value, f"{cell} is not {row}"
            shown = figure(cell["text"])
            assert shown == value or abs(shown - value) <= max(0.005 * value, 0.5), cell


def middle(box, axis):
    ends = {"x": ("left", "right"), "y": ("top", "bottom")}[axis]
    return (box[ends[0]] + box[ends[1]]) / 2


def check_places(page, picture):
    """Every mark is drawn where the labels of the vertical axis say that its figure is."""
    labels = [label for label in page["labels"] if label["group"] == picture
              and label["kind"] == "y"]
    low, high = labels[0], labels[-1]
    values = [math.log(float(label["data"]["value"])) for label in (low, high)]
    places = [middle(label["box"], "y") for label in (low, high)]
    marks = [mark for mark in page["marks"] if mark["group"] == picture]
    for mark in marks:
        share = (middle(mark["box"], "y") - places[0]) / (places[1] - places[0])
        drawn = math.exp(values[0] + share * (values[1] - values[0]))
        # A pixel's worth, and the middle of the letters is not quite that of their line.
        allowed = 3 * (values[1] - values[0]) / abs(places[1] - places[0])
        assert abs(math.log(drawn / float(mark["data"]["y"]))) <= allowed, \
            f"{mark} is drawn at {drawn}"
    return marks


def check_legible(page):
    assert page["scroll_width"] <= page["width"], "the page is wider than the window"
    letters = (page["headings"] + page["labels"] + page["legends"] + page["facts"] +
               [cell for row in page["rows"] for cell in row])
    for item in letters:
        assert item["shown"] and item["box"]["right"] > item["box"]["left"], f"hidden: {item}"
        assert item["size"] >= SMALLEST, f"too small: {item}"
        ratio = contrast(item["colour"], page["back"])
        assert ratio >= LEGIBLE, f"contrast {ratio:.1f}: {item}"
    for item in page["marks"] + page["curves"]:
        ratio = contrast(item["colour"], page["back"])
        assert ratio >= VISIBLE, f"contrast {ratio:.1f}: {item}"


def check_within(page):
    """Pictures, legends and facts do not need scrolling; a wide table scrolls by itself."""
    for item in page["labels"] + page["marks"] + page["legends"] + page["facts"]:
        assert 0 <= item["box"]["left"] and item["box"]["right"] <= page["width"], item


def check_legends(page):
    """The line before a series' name has the colour of its curve."""
    assert len(page["keys"]) == len(page["legends"]) == len(page["curves"])
    for key, curve in zip(page["keys"], page["curves"]):
        assert key["colour"] == curve["colour"], f"{key} is of {curve}"


def check_apart(page):
    """No label lies on another."""
    labels = page["labels"]
    for i, one in enumerate(labels):
        for other in labels[i + 1:]:
            a, b = one["box"], other["box"]
            apart = (one["group"] != other["group"] or a["right"] <= b["left"] or
                     b["right"] <= a["left"] or a["bottom"] <= b["top"] + 1 or
                     b["bottom"] <= a["top"] + 1)
            assert apart, f"{one} lies on {other}"


def check_table_that_scrolls(page):
    """A reader who sees only a part of the table is told so."""
    is_hinted = any(item["shown"] for item in page["hints"])
    assert is_hinted or page["table_width"] <= page["width"], page["table_width"]
    assert is_hinted == (page["width"] < 1100)


def check_all(shown, rows):
    check_table(shown, rows)
    check_legible(shown)
    check_within(shown)
    check_legends(shown)
    check_apart(shown)
    check_table_that_scrolls(shown)
    assert "command line" in [item["text"] for item in shown["fact_names"]]


def test_sweep_in_light_and_dark_on_a_desk_and_a_phone(measured):
    rows, page = measured("lat", "--all", "--iters", 50)
    columns = [by_column(row) for row in rows]
    for width in (1280, 390):
        light, dark = render(page, width), render(page, width, dark=True)
        assert sum(light["back"]) > 3 * 200 and sum(dark["back"]) < 3 * 60
        for shown in (light, dark):
            assert shown["width"] == width
            check_all(shown, rows)
            assert len(shown["legends"]) == 6 + 2
            assert any("6 of 15 measurements are drawn" in item["text"]
                       for item in shown["headings"])
            marks = check_places(shown, "distribution")
            wanted = {(row["size_bytes"], point["percentile"]): point["us"]
                      for row in rows for point in row["latency_us"]["percentiles"]}
            for mark in marks:
                data = mark["data"]
                size = int(data["series"].split()[0])
                assert float(data["y"]) == wanted[size, float(data["x"])]
            assert len(marks) == 6 * 11
            marks = check_places(shown, "sweep")
            assert len(marks) == 2 * len(rows)
            wanted = {(name, row["size_bytes"]): row[column] for row in columns
                      for name, column in (("median", "p50_us"), ("99%", "p99_us"))}
            for mark in marks:
                data = mark["data"]
                assert float(data["y"]) == wanted[data["series"], int(data["x"])]


def test_one_size_on_a_phone(measured):
    rows, page = measured("bw", "--iters", 300)
    shown = render(page, 390)
    check_all(shown, rows)
    assert len(check_places(shown, "distribution")) == 11


def test_throughput_by_size(measured):
    rows, page = measured("rate", "--all", "--iters", 50)
    shown = render(page, 800, dark=True)
    check_all(shown, rows)
    marks = check_places(shown, "sweep")
    assert [float(mark["data"]["y"]) for mark in marks] == [
        row["million_messages_per_second"] for row in rows]


def test_latency_by_rate(measured):
    rows, page = measured("bw", "--size", 64, "--rate", "1k,2k,3k,4k,5k,10k,20k,50k", "--iters", 200)
    for width in (1280, 390):
        shown = render(page, width)
        check_all(shown, rows)
        assert len(check_places(shown, "rates")) == 3 * 8

# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The page of efa_perf as a browser shows it: its figures are those of the JSON, each point stands
where its figure belongs, and all of it can be read, in light and dark, wide and narrow."""
import json
import math

import pytest

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


def percentile(row, wanted):
    [value] = [point["us"] for point in row["latency_us"]["percentiles"]
               if point["percentile"] == wanted]
    return value


def check_table(page, rows):
    assert len(page["rows"]) == len(rows)
    for cells, row in zip(page["rows"], rows):
        latency = row["latency_us"]
        wanted = [row["size_bytes"], row["messages"], row["lost"], row["megabytes_per_second"],
                  row["million_messages_per_second"], latency["min"], percentile(row, 50),
                  latency["mean"], percentile(row, 99), percentile(row, 99.9), latency["max"]]
        assert [float(cell["text"]) for cell in cells] == wanted, f"{cells} is not {row}"


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
    letters = page["headings"] + page["labels"] + [cell for row in page["rows"] for cell in row]
    for item in letters:
        assert item["shown"] and item["box"]["right"] > item["box"]["left"], f"hidden: {item}"
        assert item["size"] >= SMALLEST, f"too small: {item}"
        ratio = contrast(item["colour"], page["back"])
        assert ratio >= LEGIBLE, f"contrast {ratio:.1f}: {item}"
    for item in page["marks"] + page["curves"]:
        ratio = contrast(item["colour"], page["back"])
        assert ratio >= VISIBLE, f"contrast {ratio:.1f}: {item}"


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


def test_sweep_in_light_and_dark(measured):
    rows, page = measured("lat", "--all", "--iters", 50)
    light, dark = render(page, 1100), render(page, 1100, dark=True)
    assert sum(light["back"]) > 3 * 200 and sum(dark["back"]) < 3 * 60
    for shown in (light, dark):
        check_table(shown, rows)
        check_legible(shown)
        check_apart(shown)
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
        for mark in marks:
            data = mark["data"]
            wanted_percentile = {"median": 50, "99%": 99}[data["series"]]
            assert float(data["y"]) == wanted[int(data["x"]), wanted_percentile]


def test_one_size_in_a_narrow_window(measured):
    rows, page = measured("bw", "--iters", 300)
    shown = render(page, 500)
    check_table(shown, rows)
    check_legible(shown)
    check_apart(shown)
    assert len(check_places(shown, "distribution")) == 11


def test_throughput_by_size(measured):
    rows, page = measured("rate", "--all", "--iters", 50)
    shown = render(page, 800, dark=True)
    check_table(shown, rows)
    check_legible(shown)
    check_apart(shown)
    marks = check_places(shown, "sweep")
    assert [float(mark["data"]["y"]) for mark in marks] == [
        row["million_messages_per_second"] for row in rows]

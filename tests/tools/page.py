# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Reads the page that efa_perf writes: its table, and the points of its pictures; and the figures of
the JSON by the names that the table has."""
import html.parser
import math


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows = []      # {name: (exact figure, what is shown)}
        self.headings = {}  # {name of a column: its heading}
        self.facts = {}     # of the run
        self.points = {}    # picture: [{series, x, y, cx, cy}], all as text
        self.ticks = {}     # picture: {"x" or "y": [(value, position)]}
        self.outside = []   # whatever the page would fetch
        self.open = []
        self._cell = self._heading = self._exact = self._picture = None
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta",):
            self.open.append(tag)
        for name in ("src", "href", "xlink:href"):
            if name in attributes:
                self.outside.append(attributes[name])
        if tag == "td":
            self._cell, self._exact = attributes["data-name"], attributes.get("data-value")
            if self._exact is not None and not (self.rows and self._cell not in self.rows[-1]):
                self.rows.append({})
        elif tag == "th":
            self._heading = attributes.get("data-name")
        elif tag == "svg":
            self._picture = attributes["id"]
            self.points[self._picture] = []
            self.ticks[self._picture] = {"x": [], "y": []}
        elif tag == "circle":
            self.points[self._picture].append(
                {name: attributes[key] for name, key in
                 (("series", "data-series"), ("x", "data-x"), ("y", "data-y"), ("cx", "cx"),
                  ("cy", "cy"))})
        elif tag == "text" and "data-value" in attributes:
            axis = attributes["class"]
            self.ticks[self._picture][axis].append(
                (float(attributes["data-value"]), float(attributes[axis])))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag != "meta":
            assert self.open.pop() == tag, f"</{tag}> out of place"
        if tag == "td":
            self._cell = None
        if tag == "th":
            self._heading = None

    def handle_data(self, data):
        if self._heading:
            self.headings[self._heading] = data
        if self._cell and self._exact is not None:
            self.rows[-1][self._cell] = (self._exact, data)
        elif self._cell:
            self.facts[self._cell] = self.facts.get(self._cell, "") + data

    def drawn_y(self, picture, cy):
        """The value at a height, by the marks of the logarithmic axis."""
        (low, low_at), (high, high_at) = self.ticks[picture]["y"][0], self.ticks[picture]["y"][-1]
        share = (float(cy) - low_at) / (high_at - low_at)
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))


def by_column(row):
    """A row of the JSON with the names of the columns."""
    flat = {name: value for name, value in row.items()
            if name not in ("latency_us", "intervals")}
    latency = dict(row["latency_us"])
    for point in latency.pop("percentiles"):
        flat[f"p{point['percentile']:g}_us"] = point["us"]
    flat["count"] = latency.pop("count")
    return flat | {name + "_us": value for name, value in latency.items()}


def figure(text):
    """None where it is not known."""
    return float(text) if text not in ("", "-") else None

# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Makes the PNG of a browser small enough for a document: at most 256 colours, each channel in steps
of 8. For 8-bit pictures that are not interlaced, as Chromium writes them."""
import collections
import pathlib
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    at = len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8:at + 8 + length]
        at += length + 12


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    guess = a + b - c
    return min((abs(guess - a), 0, a), (abs(guess - b), 1, b), (abs(guess - c), 2, c))[2]


def rows(data, width, height, depth):
    """The lines of pixels, with what each line's filter did undone."""
    size, above = width * depth, bytearray(width * depth)
    for y in range(height):
        kind, line = data[y * (size + 1)], bytearray(data[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for x in range(size if kind else 0):
            a = line[x - depth] if x >= depth else 0
            b = above[x]
            c = above[x - depth] if x >= depth else 0
            line[x] = (line[x] + (a, b, (a + b) // 2, paeth(a, b, c))[kind - 1]) & 0xff
        yield line
        above = line


def rounded(value):
    return 255 if value >= 252 else value & 0xf8


def shrink(path):
    data = pathlib.Path(path).read_bytes()
    parts = collections.defaultdict(bytes)
    for kind, content in chunks(data):
        parts[kind] += content
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    depth = {2: 3, 6: 4}[colour]
    assert data.startswith(SIGNATURE) and bits == 8 and not interlaced
    pixels = [[tuple(map(rounded, line[x:x + 3])) for x in range(0, width * depth, depth)]
              for line in rows(zlib.decompress(parts[b"IDAT"]), width, height, depth)]
    counts = collections.Counter(pixel for line in pixels for pixel in line)
    palette = [pixel for pixel, _ in counts.most_common(256)]
    place = {pixel: i for i, pixel in enumerate(palette)}
    for pixel in counts:
        if pixel not in place:  # the nearest one will do
            place[pixel] = min(range(len(palette)), key=lambda i: sum(
                (x - y) ** 2 for x, y in zip(palette[i], pixel)))
    packed = b"".join(b"\0" + bytes(place[pixel] for pixel in line) for line in pixels)
    pathlib.Path(path).write_bytes(
        SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) +
        chunk(b"PLTE", bytes(value for pixel in palette for value in pixel)) +
        chunk(b"IDAT", zlib.compress(packed, 9)) + chunk(b"IEND", b""))

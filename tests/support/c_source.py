# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Reads C as .clang-format lays it out: which functions there are, which they call, and which errno
values they name. A call through a pointer is not followed."""
import errno
import re

COMMENT = re.compile(r'/\*.*?\*/', re.S)
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
# At the left edge: a name and its parameters, then the body's braces at the left edge too.
DEFINITION = re.compile(r'^(?![\s#/}])[^;{}]*?(?:\(\w+\)|\b\w+)\((?:[^;{}])*\)\n\{\n(.*?)^\}', re.S | re.M)
# `int(f)(...)` keeps a macro of that name from expanding: it is f that is defined.
NAME = re.compile(r'(\w+)\)?\((?!\w+\)\()')
# A comparison returns no value.
ERRNO = re.compile(r'(?<!\w)(?<![=!]= )(E[A-Z][A-Z0-9]+)(?!\w)')
CALL = re.compile(r'\b([a-z_]\w*)\s*\(')


def strip(text):
    return STRING.sub('""', COMMENT.sub(' ', text))


def normalise(text):
    """A prototype in one form, whatever its line breaks and blanks."""
    text = re.sub(r'\((\w+)\)\(', r'\1(', text)
    return re.sub(r'\s*([*(),])\s*', r'\1', re.sub(r'\s+', ' ', text)).strip(' ;')


def read_prototypes(paths):
    """{name: prototype in one form} of the functions that the files declare or define."""
    found = {}
    for path in paths:
        text = re.sub(r'^\s*#.*?(?<!\\)$', '', strip(path.read_text()), flags=re.M | re.S)
        for match in re.finditer(r'^[a-z][^;{}=]*?\b(\w+)\)?\([^;{}]*\)\s*[;{]', text, re.M):
            found[match.group(1)] = normalise(match.group(0)[:-1])
    return found


class Function:
    def __init__(self, path, head, body):
        self.path = path
        self.is_static = 'static' in head or 'EFA_INLINE' in head
        self.calls = set(CALL.findall(body))
        self.errnos = {name for name in ERRNO.findall(body) if hasattr(errno, name)}


class Source:
    def __init__(self, paths):
        self.of_file = {}
        self.shared = {}
        for path in paths:
            text = strip(path.read_text())
            for match in DEFINITION.finditer(text):
                head = match.group(0)[:match.start(1) - match.start(0)]
                name = NAME.search(head).group(1)
                function = Function(path, head, match.group(1))
                self.of_file[path, name] = function
                if not function.is_static or path.suffix == '.h':
                    self.shared[name] = function

    def find(self, name, path=None):
        return self.of_file.get((path, name)) or self.shared.get(name)

    def roots(self, pattern):
        """Functions of any file whose names match."""
        return [f for (_, name), f in self.of_file.items() if re.fullmatch(pattern, name)]

    def reach(self, roots, stop):
        """The errno values that can be seen from the roots, and whether `stop` is among the calls."""
        seen, todo, errnos, stopped = set(), list(roots), set(), False
        while todo:
            function = todo.pop()
            if function in seen:
                continue
            seen.add(function)
            errnos |= function.errnos
            for name in function.calls:
                if name == stop:
                    stopped = True
                    continue
                called = self.find(name, function.path)
                if called:
                    todo.append(called)
        return errnos, stopped

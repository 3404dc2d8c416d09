#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Writes the fake DLL's calls and the loader test's checks from the prototypes of the kit's headers.

usage: generate_calls.py dll|program --output FILE

  dll      the definition of each exported call, for fake_efawin.c
  program  what loader_test.c expects of each exported call

The kit's own list of calls (efawinver.h) is not read, so a mistake in it shows: a call that it lacks, a
wrong kind of failure, arguments in the wrong order.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tests'))
from support.c_source import read_prototypes  # noqa: E402

HEADERS = [ROOT / 'interface/infiniband/verbs.h', ROOT / 'interface/infiniband/efadv.h']
FIRST_EXPORTS = ROOT / 'tests/windows/dll/first_exports.txt'
# The loader's own function, and a list, whose stand-in is written by hand.
LEFT_OUT = {'efawin_carry_errno', 'ibv_get_device_list'}
# A call that returns an `int` returns a positive errno value, and a pointer is NULL after a failure.
# These differ: a count or a negative errno value,
COUNTS = {'ibv_query_gid_table', 'efadv_get_max_sq_depth', 'efadv_get_max_rq_depth'}
# a text in any case,
TEXTS = {'ibv_wc_status_str', 'ibv_node_type_str', 'ibv_port_state_str', 'ibv_event_type_str'}
# or this value if the DLL lacks the call.
ANSWERS = {'ibv_get_device_index': '-1', 'ibv_is_fork_initialized': 'IBV_FORK_UNNEEDED',
           'ibv_query_qp_data_in_order': '0'}
MAX_ARGUMENTS = 5  # FAKE_MAX_ARGUMENTS


class Call:
    def __init__(self, name, prototype, is_first):
        self.name, self.is_first = name, is_first
        before, parameters = re.fullmatch(rf'(.*)\b{name}\((.*)\)', prototype).groups()
        self.type = before.strip().replace('*', ' *')
        parameters = [] if parameters == 'void' else parameters.split(',')
        self.parameters = [re.fullmatch(r'(.*?)\b(\w+)', text).groups() for text in parameters]
        if len(self.parameters) > MAX_ARGUMENTS:
            sys.exit(f'generate_calls.py: {name} has more than {MAX_ARGUMENTS} arguments: give '
                     'struct fake_record more')
        self.kind = ('count' if name in COUNTS else 'text' if name in TEXTS else
                     'answer' if name in ANSWERS else 'void' if self.type == 'void' else
                     'pointer' if '*' in self.type else 'int')
        if self.kind == 'int' and self.type != 'int':
            sys.exit(f'generate_calls.py: how does {name} fail? Say so in COUNTS, TEXTS or ANSWERS')

    def record(self, values):
        return ', '.join([f'"{self.name}"', *values, *['0'] * (MAX_ARGUMENTS - len(values))])

    def definition(self):
        declared = ', '.join(type + name for type, name in self.parameters) or 'void'
        values = [f'(uint64_t){"(uintptr_t)" if "*" in type else ""}{name}'
                  for type, name in self.parameters]
        result = {
            'pointer': f'return ({self.type})pointer_result();',
            'int': 'return failure;',
            'count': 'return count_result();',
            'answer': f'return ({self.type})FAKE_COUNT;',
            'text': f'return failure == 0 ? "{self.name}" : NULL;',
            'void': '',
        }[self.kind]
        return f'{self.type} ({self.name})({declared})\n{{\n    remember({self.record(values)});\n' \
               f'    {result}\n}}\n'

    def made(self, numbers):
        """The call with these arguments."""
        given = [f'({type.strip()}){"(uintptr_t)" if "*" in type else ""}{number}'
                 for (type, _), number in zip(self.parameters, numbers)]
        return f'({self.name})({", ".join(given)})'

    def arrival(self, first_number):
        numbers = [first_number + i for i in range(len(self.parameters))]
        made = self.made(numbers)
        expected = {
            'pointer': f'EXPECT((uintptr_t){made} == FAKE_POINTER);',
            'int': f'EXPECT({made} == 0);',
            'count': f'EXPECT({made} == FAKE_COUNT);',
            'answer': f'EXPECT({made} == ({self.type})FAKE_COUNT);',
            'text': f'EXPECT(strcmp({made}, "{self.name}") == 0);',
            'void': f'{made};',
        }[self.kind]
        return f'    {expected}\n    expect_record({self.record([f"{n}" for n in numbers])});\n'

    def failure(self):
        failed = {'pointer': 'NULL', 'int': 'error', 'count': '-error'}[self.kind]
        return f'    errno = 0;\n    EXPECT({self.made([0] * 9)} == {failed});\n' \
               f'    EXPECT(errno == error);\n'


def read_calls():
    first = FIRST_EXPORTS.read_text().split()
    prototypes = read_prototypes(HEADERS)
    return [Call(name, text, name in first) for name, text in prototypes.items()
            if not re.match(r'static inline|typedef', text) and name not in LEFT_OUT]


def function(head, lines):
    return f'static void {head}\n{{\n{"".join(lines)}}}\n'


def program(calls):
    """Functions for the first clients' calls and for those that an older DLL lacks."""
    for when, some in (('first', [call for call in calls if call.is_first]),
                       ('later', [call for call in calls if not call.is_first])):
        numbers = range(1, 1000, MAX_ARGUMENTS)
        arrivals = [call.arrival(number % 200) for call, number in zip(some, numbers)]
        failures = [call.failure() for call in some if call.kind in ('pointer', 'int', 'count')]
        texts = [f'    EXPECT(strstr({call.made([0])}, expected) != NULL);\n' for call in some
                 if call.kind == 'text']
        yield f'#define {when.upper()}_CALLS {len(some)}\n'
        yield function(f'expect_{when}_calls_arrive(void)', arrivals)
        yield function(f'expect_{when}_calls_fail(int error)', failures)
        yield function(f'expect_{when}_texts(const char *expected)', texts)
    yield function('expect_void_calls_return(void)',
                   [f'    {call.made([0] * 9)};\n' for call in calls if call.kind == 'void'])
    yield function('expect_answers_without_export(void)',
                   [f'    EXPECT({call.made([0] * 9)} == {ANSWERS[call.name]});\n'
                    for call in calls if call.kind == 'answer'])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('part', choices=('dll', 'program'))
    parser.add_argument('--output', type=pathlib.Path, required=True)
    options = parser.parse_args()
    calls = read_calls()
    parts = program(calls) if options.part == 'program' else [call.definition() for call in calls]
    options.output.write_text('/* Written by generate_calls.py. */\n' + '\n'.join(parts))


if __name__ == '__main__':
    main()

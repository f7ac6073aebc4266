# SPDX-License-Identifier: Apache-2.0
"""The cases: sections of cases/*.ini.

    args    words as a shell splits them, without the program
    job     the text of job.fio; file:NAME the text of another file
    data    lines `NAME SIZE`: files with known contents that are there before
    env     lines `NAME=VALUE`
    stdin   a file; stdout a path instead of a pipe; signal `NAME SECONDS`
    checks  names of properties and consumers; each is one line of the report; `syncs` runs
            both under strace
    status  bffio's exit status where it differs from fio's on purpose
    stderr  a regular expression that bffio's stderr matches
    that    lines of Python, true of the element list j of jobs[]; `d` is the document
    reader  for `cross`: the arguments that verify what was written
    spoil   for `spoiled`: `NAME OFFSET`, the byte that is changed before reading
    alone   yes: fio does not know this, bffio runs alone
"""
import configparser
import glob
import os
import shlex

JSON_CHECKS = {'keys', 'options', 'work', 'that', 'offsets', 'offsets-sorted', 'reference'}


class Case:
    def __init__(self, name, section):
        self.name = name
        self.args = shlex.split(section.get('args', ''))
        self.files = {key[5:]: text + '\n' for key, text in section.items() if key.startswith('file:')}
        if 'job' in section:
            self.files['job.fio'] = section['job'].strip('\n') + '\n'
        self.data = [line.split() for line in lines(section, 'data')]
        self.env = dict(line.split('=', 1) for line in lines(section, 'env'))
        self.checks = section.get('checks', 'status').split()
        self.that = lines(section, 'that')
        self.alone = section.getboolean('alone', False)
        for key in ('stdin', 'stdout', 'signal', 'stderr', 'status', 'reader', 'spoil', 'reference'):
            setattr(self, key, section.get(key))

    def wants_json(self):
        return bool(JSON_CHECKS.intersection(self.checks)) and not any('--output' in a for a in self.args)

    def wants_offsets(self):
        return 'offsets' in self.checks or 'offsets-sorted' in self.checks


def lines(section, key):
    return [line.strip() for line in section.get(key, '').splitlines() if line.strip()]


def read_all(wanted):
    here = os.path.dirname(os.path.abspath(__file__))
    found = []
    for path in sorted(glob.glob(os.path.join(here, 'cases', '*.ini'))):
        parser = configparser.ConfigParser(interpolation=None, comment_prefixes=('//',), delimiters=('=',),
                                           default_section='')
        parser.optionxform = str
        with open(path, encoding='utf-8') as file:
            parser.read_file(file)
        found += [Case(name, parser[name]) for name in parser.sections()]
    return [case for case in found if not wanted or any(word in case.name for word in wanted)]

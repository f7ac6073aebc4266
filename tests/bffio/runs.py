# SPDX-License-Identifier: Apache-2.0
"""Carries out a case: each program in a directory of its own, prepared alike."""
import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time

TIMEOUT_S = 40
TRACER = ['strace', '-f', '-o', 'trace.log', '-e', 'trace=pwrite64,fsync,fdatasync']
SUFFIXES = {'k': 1 << 10, 'M': 1 << 20}


class Run:
    """What one program did."""

    def __init__(self, directory, command, status, out, err, seconds):
        self.directory, self.command, self.status = directory, command, status
        self.out, self.err, self.seconds = out, err, seconds

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def report(self):
        """What went to --output, or else to stdout."""
        if os.path.exists(self.path('out')):
            with open(self.path('out'), encoding='utf-8') as file:
                return file.read()
        return self.out

    def document(self, strict=False):
        """The JSON. fio writes notes in front of it; with strict that is an error."""
        text = self.report()
        if not strict:
            text = text[max(text.find('{'), 0):text.rfind('}') + 1]
        return json.loads(text, parse_float=Number, object_pairs_hook=once if strict else dict)

    def jobs(self):
        return self.document()['jobs']

    def data_files(self):
        """{name: contents} of what the workload touched."""
        found = {}
        for folder, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(folder, name)
                if not re.search(r'(^out|\.log|\.fio|\.json|\.state|\.csv)$', name):
                    with open(path, 'rb') as file:
                        found[os.path.relpath(path, self.directory)] = file.read()
        return found


def can_trace():
    """Whether strace is there and may look at a process."""
    try:
        return subprocess.run(['strace', '-o', os.devnull, 'true'], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


class Number(float):
    """A float that remembers how it was written."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self


def once(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError('keys that come twice: ' + ' '.join(sorted(twice)))
    return dict(pairs)


class Pair:
    """Both runs of a case. fio is None where bffio runs alone."""

    def __init__(self, fio, bffio, programs, before):
        self.fio, self.bffio, self.programs, self.before = fio, bffio, programs, before


def size_of(text):
    return int(text[:-1]) * SUFFIXES[text[-1]] if text[-1] in SUFFIXES else int(text)


def known_contents(name, size):
    """The same at each run, and no block twice."""
    seed, block, parts = name.encode(), 0, []
    while block * 4096 < size:
        digest = hashlib.sha256(seed + block.to_bytes(8, 'little')).digest()
        parts.append(digest * 128)
        block += 1
    return b''.join(parts)[:size]


def prepare(case, directory):
    os.makedirs(directory)
    for name, text in case.files.items():
        with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
            file.write(text)
    for name, size in case.data:
        with open(os.path.join(directory, name), 'wb') as file:
            file.write(known_contents(name, size_of(size)))


def words_of(case, program, arguments):
    extra = []
    if case.wants_json():
        extra += ['--output=out', '--output-format=json']
    if case.wants_offsets():
        extra += ['--write_lat_log=offsets', '--log_offset=1']
    return (TRACER if 'syncs' in case.checks else []) + [program] + extra + arguments


def run(case, command, directory):
    """Runs a command in a directory, with the case's stdin, stdout, environment and signal."""
    environment = dict(os.environ, LC_ALL='C', TZ='UTC', **case.env)
    began = time.monotonic()
    with open(os.path.join(directory, case.stdin) if case.stdin else os.devnull, 'rb') as stdin:
        stdout = open(case.stdout, 'wb') if case.stdout else subprocess.PIPE
        process = subprocess.Popen(command, cwd=directory, env=environment, stdin=stdin, stdout=stdout,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            if case.signal:
                name, seconds = case.signal.split()
                time.sleep(float(seconds))
                process.send_signal(getattr(signal, name))
            out, err = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += b'\nkilled after %d s' % TIMEOUT_S
        finally:
            if case.stdout:
                stdout.close()
    return Run(directory, command, process.returncode, (out or b'').decode(errors='replace'),
               err.decode(errors='replace'), time.monotonic() - began)


def run_pair(case, programs, scratch):
    home = tempfile.mkdtemp(prefix=re.sub(r'\W+', '-', case.name) + '-', dir=scratch)
    result = {}
    for name in ('fio', 'bffio'):
        directory = os.path.join(home, name)
        prepare(case, directory)
        before = Run(directory, [], 0, '', '', 0).data_files()
        if name == 'fio' and case.alone:
            result[name] = None
            continue
        result[name] = run(case, words_of(case, programs[name], case.args), directory)
    return Pair(result['fio'], result['bffio'], programs, before)


def version_of(program):
    """(3, 33)"""
    text = subprocess.run([program, '--version'], stdout=subprocess.PIPE, check=True).stdout.decode()
    return tuple(int(number) for number in re.findall(r'\d+', text)[:2])


def explain(pair):
    text = 'command: ' + ' '.join(pair.bffio.command)
    for name, one in (('fio', pair.fio), ('bffio', pair.bffio)):
        if one:
            text += '\n%s: status %d, %.1f s, stderr: %s' % (name, one.status, one.seconds, one.err[-400:].strip())
    return text

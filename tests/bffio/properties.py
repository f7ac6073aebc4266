# SPDX-License-Identifier: Apache-2.0
"""What is compared between fio and bffio: one function each, raising Wrong or Skip."""
import glob
import json
import os
import re
import shlex

import runs

DIRECTIONS = ('read', 'write', 'trim')
# In the JSON of fio 3.42 and not in that of 3.33.
ADDED_BY_3_42 = {'jobs[].job_start integer', 'jobs[].latency_target_ns integer',
                 'jobs[].latency_window_us integer', 'disk_util[].read_sectors integer',
                 'disk_util[].write_sectors integer'}


class Wrong(Exception):
    pass


class Skip(Exception):
    pass


def require(true, *words):
    if not true:
        raise Wrong(' '.join(str(word) for word in words))


def same(of_fio, of_bffio, what):
    require(of_fio == of_bffio, '%s: fio %s, bffio %s' % (what, of_fio, of_bffio))


def same_set(of_fio, of_bffio, what):
    missing, extra = of_fio - of_bffio, of_bffio - of_fio
    require(not missing and not extra,
            '%s: missing %s, too many %s' % (what, sorted(missing)[:12], sorted(extra)[:12]))


def same_lines(of_fio, of_bffio):
    for number, (one, other) in enumerate(zip(of_fio, of_bffio)):
        require(one == other, 'line %d\nfio   %s\nbffio %s' % (number + 1, one, other))
    same(len(of_fio), len(of_bffio), 'lines')


def kind_of(value):
    if isinstance(value, runs.Number):
        return 'float' if re.fullmatch(r'-?\d+\.\d{6}', value.text) else 'float(%s)' % value.text
    return 'integer' if isinstance(value, int) else 'string'


def tree(value, path=''):
    """The paths of all leaves with their types; bins are one leaf, the auraio object none."""
    if isinstance(value, list):
        found = set().union(*(tree(element, path + '[]') for element in value))
        return found or {path + ' array'}
    if not isinstance(value, dict):
        return {'%s %s' % (path, kind_of(value))}
    found = set()
    for key, inner in value.items():
        if path == 'jobs[]' and key == 'auraio':
            continue
        name = '#' if path.endswith('.bins') else key
        found |= tree(inner, path + '.' + name if path else name)
    return found or {path + ' object'}


def without_options(paths):
    return {path for path in paths if 'options.' not in path}


def is_fio(pair):
    """True of a comparison of fio with itself."""
    return os.path.basename(pair.programs['bffio']) == 'fio'


def check_status(case, pair):
    expected = int(case.status) if case.status is not None else pair.fio.status
    same(expected, pair.bffio.status, 'exit status')


def check_message(_case, pair):
    """A refusal is told on stderr, in lines that name the program."""
    lines = [line for line in pair.bffio.err.splitlines() if line.strip() and 'Laying out' not in line]
    require(lines, 'nothing on stderr')
    require(all(line.startswith('bffio: ') for line in lines) or is_fio(pair), lines)


def check_stderr(case, pair):
    require(re.search(case.stderr, pair.bffio.err), 'no %r in %r' % (case.stderr, pair.bffio.err))


def check_nothing_on_stdout(_case, pair):
    require(not pair.bffio.out, pair.bffio.out[:200])


def check_keys(_case, pair):
    """The key tree of this run in fio 3.42."""
    of_fio = without_options(tree(pair.fio.document()))
    if pair.programs['version'] < (3, 42):
        of_fio |= {path for path in ADDED_BY_3_42 if not path.startswith('disk_util')
                   or 'disk_util[].name string' in of_fio}
    of_bffio = without_options(tree(pair.bffio.document(strict=not is_fio(pair))))
    if is_fio(pair):
        of_fio -= ADDED_BY_3_42 - of_bffio
    same_set(of_fio, of_bffio, 'keys')


def reference(case):
    """The lines of a file in reference/, which is made of an output of fio 3.42."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'reference', case.reference), encoding='utf-8') as file:
        return file.read().splitlines()


def check_reference(case, pair):
    expected = set(reference(case))
    if not pair.fio.document()['disk_util']:
        expected = {path for path in expected if not path.startswith('disk_util')} | {'disk_util[] array'}
    same_set(expected, tree(pair.bffio.document(strict=True)), 'keys')


def check_reference_text(case, pair):
    same_lines(reference(case), without_disks(shape(pair.bffio.report())))


def check_reference_terse(case, pair):
    rows = terse_rows(pair.bffio.report())
    same(1, len(rows), 'rows')
    same_lines(reference(case), terse_form(rows[0]))


def options_of(document):
    """What was given, by job. fio 3.33 leaves out flags without a value."""
    lists = [document.get('global options', {})] + [job['job options'] for job in document['jobs']]
    for given in lists:
        for log in ('write_lat_log', 'log_offset', 'name'):
            given.pop(log, None)
    return [sorted((key, value) for key, value in given.items() if value != '') for given in lists]


def check_options(_case, pair):
    same(options_of(pair.fio.document()), options_of(pair.bffio.document()), 'job options')


def work_of(run):
    return [(job['jobname'], job['groupid'], job['error'],
             [(job[way]['io_bytes'], job[way]['total_ios']) for way in DIRECTIONS])
            for job in run.jobs()]


def check_work(_case, pair):
    same(work_of(pair.fio), work_of(pair.bffio), 'work (bytes, operations)')


def check_that(case, pair):
    for line in case.that:
        names = {name: {'d': run.document(), 'j': run.jobs(), 'run': run}
                 for name, run in (('fio', pair.fio), ('bffio', pair.bffio)) if run}
        for name, scope in names.items():
            require(eval(line, {'abs': abs, 'all': all, 'any': any, 'sum': sum, 'max': max, 'len': len, 'list': list,
                                'int': int, 'float': float}, scope),
                    '%s: not true: %s' % (name, line))


def steps_of(run):
    """{log file: [(direction, bytes, offset)]} in the order of completion."""
    found = {}
    for path in sorted(glob.glob(run.path('offsets_lat*.log'))):
        with open(path, encoding='ascii') as file:
            rows = [[int(cell, 0) for cell in line.split(',')] for line in file]
        found[os.path.basename(path)] = [tuple(row[2:5]) for row in rows]
    return found


def check_offsets(_case, pair):
    """The same operations in the same order."""
    compare_steps(steps_of(pair.fio), steps_of(pair.bffio))


def check_offsets_sorted(_case, pair):
    """The same operations, in any order."""
    compare_steps({name: sorted(rows) for name, rows in steps_of(pair.fio).items()},
                  {name: sorted(rows) for name, rows in steps_of(pair.bffio).items()})


def compare_steps(of_fio, of_bffio):
    require(of_fio, 'fio wrote no log')
    same(sorted(of_fio), sorted(of_bffio), 'log files')
    for name, expected in of_fio.items():
        found = of_bffio[name]
        for index, (one, other) in enumerate(zip(expected, found)):
            require(one == other, '%s: row %d of (direction, bytes, offset): fio %s, bffio %s'
                    % (name, index, expected[index:index + 4], found[index:index + 4]))
        same(len(expected), len(found), name + ': rows')


def check_contents(_case, pair):
    """All files are the same, byte for byte."""
    of_fio, of_bffio = pair.fio.data_files(), pair.bffio.data_files()
    same(sorted(of_fio), sorted(of_bffio), 'files')
    for name, expected in of_fio.items():
        same(len(expected), len(of_bffio[name]), name + ': bytes')
        for at in range(0, len(expected), 512):
            require(expected[at:at + 512] == of_bffio[name][at:at + 512], '%s: differs at %d' % (name, at))


def changed_blocks(contents, before):
    """Which blocks of 512 bytes are neither zero nor as they were."""
    zero = bytes(512)
    return [at for at in range(0, len(contents), 512)
            if contents[at:at + 512] not in (before[at:at + 512], zero)]


def check_touched(_case, pair):
    """The same files, sizes and places written; the bytes may differ."""
    of_fio, of_bffio = pair.fio.data_files(), pair.bffio.data_files()
    same(sorted(of_fio), sorted(of_bffio), 'files')
    for name, expected in of_fio.items():
        same(len(expected), len(of_bffio[name]), name + ': bytes')
        before = pair.before.get(name, b'')
        one, other = (set(changed_blocks(contents, before)) for contents in (expected, of_bffio[name]))
        same_set(one, other, name + ': blocks written')


def shape(text):
    """fio's report without its figures. Latency rows come and go with the machine."""
    shaped = []
    for line in text.splitlines():
        if re.match(r'\s+lat \(|\s*auraio:|fio-|fio: |bffio|Jobs: |note: |\s*\|', line) or 'Laying out' in line:
            continue
        line = re.sub(r'( \(file.*)?: pid=\d+: .*', ': pid=', line).replace('; 0 zone resets', '')
        line = re.sub(r'\((nsec|usec|msec)\)', '(time)', line).replace(' sectors=', ' ')
        line = re.sub(r'(rw|ioengine|name)=\w+', r'\1=', line)
        line = re.sub(r'-?\d[\w.%/]*', '#', re.sub(r'\s+', ' ', line))
        line = re.sub(r'bw \( ?[KMG]iB/s\)', 'bw (#)', line)  # as large as the machine is fast
        line = re.sub(r'^ ?\w+: ios=#, (#, )?merge', 'disk: ios=#, merge', line)
        shaped.append(re.sub(r'(min|max|avg|stdev|samples)=\s*#', r'\1=#', line).strip())
    return shaped


def without_disks(shaped):
    at = shaped.index('Disk stats (read/write):') if 'Disk stats (read/write):' in shaped else len(shaped)
    return shaped[:at]


def check_text(_case, pair):
    same_lines(shape(pair.fio.report()), shape(pair.bffio.report()))


def terse_rows(text):
    return [line.split(';') for line in text.splitlines() if re.match(r'[2345];', line)]


def terse_form(row):
    """Version and name are words; of the rest the form of each field, up to the first disk."""
    disks = next((index for index, field in enumerate(row) if index > 60 and field[:1].isalpha()), len(row))
    return ['%d %s' % (index + 1, field if index in (1, 2) else re.sub(r'\d+', '0', field))
            for index, field in enumerate(row[:disks])]


def check_terse(_case, pair):
    """As many rows and fields, of the same form."""
    of_fio, of_bffio = terse_rows(pair.fio.report()), terse_rows(pair.bffio.report())
    same(len(of_fio), len(of_bffio), 'rows')
    for row, (one, other) in enumerate(zip(of_fio, of_bffio)):
        same(len(one), len(other), 'fields of row %d' % row)
        for index, (left, right) in enumerate(zip(one, other)):
            form = [re.sub(r'\d+', '0', field) for field in (left, right)]
            plain = index in (1, 2) or not re.fullmatch(r'[\d.%=]*', left)
            require(plain or form[0] == form[1], 'field %d: fio %s, bffio %s' % (index + 1, left, right))


def check_logs(_case, pair):
    """The same log files with the same columns."""
    logs = []
    for run in (pair.fio, pair.bffio):
        columns = {}
        for path in glob.glob(run.path('*.log')):
            with open(path, encoding='ascii') as file:
                rows = file.read().splitlines()
            columns[os.path.basename(path)] = sorted({row.count(',') for row in rows})
        logs.append(columns)
    require(logs[0], 'fio wrote no log')
    same(logs[0], logs[1], 'columns less one')


def check_stdout(_case, pair):
    """What is printed is the same but for the program's name."""
    one = pair.fio.out.split(None, 1)[-1].split()
    other = pair.bffio.out.split(None, 1)[-1].split()
    same(one, other, 'stdout')


def check_one_document(_case, pair):
    pair.bffio.document(strict=True)


def check_document_lines(_case, pair):
    """With --status-interval each line is a JSON document."""
    rows = pair.bffio.report().splitlines()
    require(len(rows) >= 2, len(rows), 'lines')
    for row in rows:
        require('jobs' in json.loads(row), row[:80])


def calls_of(run):
    """The writes and syncs of a traced run, in their order."""
    with open(run.path('trace.log'), encoding='utf-8') as file:
        return re.findall(r'\b(pwrite64|fsync|fdatasync)\(', file.read())


def check_syncs(_case, pair):
    """The same writes and syncs in the same order."""
    of_fio = calls_of(pair.fio)
    require(of_fio, 'fio made no such call')
    same(' '.join(of_fio), ' '.join(calls_of(pair.bffio)), 'calls')


def check_cross(case, pair):
    """Each verifies what the other wrote."""
    for writer, reader in (('bffio', 'fio'), ('fio', 'bffio')):
        written = getattr(pair, writer)
        read = runs.run(case, [pair.programs[reader]] + shlex.split(case.reader), written.directory)
        require(read.status == 0, '%s reads what %s wrote: status %d\n%s' % (reader, writer, read.status,
                                                                           read.err[-300:]))


def check_spoiled(case, pair):
    """Each finds one changed byte in what the other wrote."""
    name, offset = case.spoil.split()
    for writer, reader in (('bffio', 'fio'), ('fio', 'bffio')):
        written = getattr(pair, writer)
        with open(written.path(name), 'r+b') as file:
            file.seek(int(offset))
            byte = file.read(1)[0]
            file.seek(int(offset))
            file.write(bytes([byte ^ 1]))
        read = runs.run(case, [pair.programs[reader]] + shlex.split(case.reader), written.directory)
        same(1, read.status, '%s reads what %s wrote, spoiled: status' % (reader, writer))


# What bffio promises beyond fio.
BEYOND_FIO = {'stderr', 'reference', 'reference-text', 'reference-terse', 'one-document', 'document-lines'}
PROPERTIES = {name[6:].replace('_', '-'): function
              for name, function in list(globals().items()) if name.startswith('check_')}

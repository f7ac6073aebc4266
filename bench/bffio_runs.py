# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of bffio share: finding the programs, running them, small statistics."""
import json
import math
import os
import shutil
import statistics
import subprocess
import sys

# Student's t, one-sided 95 %, by degrees of freedom.
T_95 = {1: 6.314, 2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860, 9: 1.833, 10: 1.812}


def in_build(path):
    """A program of the build tree, which is here or in build/."""
    return path if os.path.exists(path) else os.path.join('build', path)


def add_programs(parser):
    parser.add_argument('--bffio', default=os.environ.get('BFFIO', in_build('tools/bffio/bffio')))
    parser.add_argument('--fio', default=os.environ.get('FIO', 'fio'))
    parser.add_argument('--disk', default='.', metavar='DIRECTORY', help='on the disk to measure')
    parser.add_argument('--quick', action='store_true', help='fewer cells, shorter runs')


def find_programs(options):
    """{'fio': path, 'bffio': path}; ends the program with 77 where fio is not installed."""
    programs = {'fio': shutil.which(options.fio), 'bffio': shutil.which(options.bffio)}
    if not programs['fio']:
        print('fio is not installed: nothing to compare with', file=sys.stderr)
        sys.exit(77)
    if not programs['bffio']:
        sys.exit('no program ' + options.bffio)
    return {name: os.path.abspath(path) for name, path in programs.items()}


def run(program, arguments, statuses=(0,)):
    """The first element of jobs[]."""
    command = [program, '--output-format=json'] + arguments
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in statuses:
        raise RuntimeError('%s: status %d: %s' % (' '.join(command), done.returncode,
                                                  done.stderr.decode(errors='replace').strip()[-300:]))
    text = done.stdout.decode()
    return json.loads(text[text.index('{'):text.rindex('}') + 1])['jobs'][0]


def fill(path, size_mib):
    """A file of data that neither compresses nor repeats; kept when it has that size already."""
    if os.path.exists(path) and os.path.getsize(path) == size_mib << 20:
        return
    with open(path, 'wb') as file:
        for _ in range(size_mib):
            file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())


def ratio_with_bounds(pairs):
    """(median, lower, upper) of the ratios of interleaved pairs; the bounds are one-sided 95 %."""
    logs = [math.log(ours / theirs) for theirs, ours in pairs]
    median = math.exp(statistics.median(logs))
    if len(logs) < 2:
        return median, median, median
    spread = statistics.stdev(logs) / math.sqrt(len(logs)) * T_95[min(len(logs) - 1, 10)]
    mean = statistics.mean(logs)
    return median, math.exp(mean - spread), math.exp(mean + spread)


def table(head, rows):
    """Markdown; all columns but the first to the right."""
    print('\n| ' + ' | '.join(head) + ' |')
    print('| --- |' + ' ---: |' * (len(head) - 1))
    for row in rows:
        print('| ' + ' | '.join(str(cell) for cell in row) + ' |')
    print(flush=True)

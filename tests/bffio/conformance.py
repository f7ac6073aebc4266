#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds the same command lines and job files to fio and to bffio and compares them.

Each section of cases/*.ini is a case; runs.py says how one is carried out, properties.py what
is compared, consumers.py what other programs expect of the output. It prints TAP, one line for
each case and property. Without fio nothing can be compared: exit status 77.

    conformance.py [--bffio PROGRAM] [--fio PROGRAM] [--scratch DIRECTORY] [--jobs N] [CASE...]

CASE is a part of a name. `--bffio fio` compares fio with itself: what fails then is a fault of
the case. --keep leaves the scratch directories for a look.
"""
import argparse
import concurrent.futures
import os
import shutil
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
import cases
import consumers
import properties
import runs


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    built = os.path.join(here, '../../build')
    if os.path.exists('tools/bffio/bffio'):
        built = '.'  # the top build directory
    parser = argparse.ArgumentParser(description='Compares bffio with fio.')
    parser.add_argument('--bffio', default=os.environ.get('BFFIO', os.path.join(built, 'tools/bffio/bffio')))
    parser.add_argument('--fio', default=os.environ.get('FIO', 'fio'))
    parser.add_argument('--scratch', default=os.environ.get('TMPDIR', '/tmp'))
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('--list', action='store_true', help='print the names of the cases')
    parser.add_argument('cases', nargs='*')
    return parser.parse_args()


def find_program(name):
    """An absolute path, or None. Cases run in directories of their own."""
    path = shutil.which(name)
    return path and os.path.abspath(path)


def check(case, pair):
    """[(property, None or what is wrong or Skip)] of one case."""
    results = []
    for name in case.checks:
        function = properties.PROPERTIES.get(name) or consumers.CONSUMERS.get(name)
        if not function:
            results.append((name, 'no such property'))
            continue
        if properties.is_fio(pair) and (case.alone or case.status or name in properties.BEYOND_FIO):
            results.append((name, properties.Skip('not of fio')))
            continue
        try:
            results.append((name, function(case, pair)))
        except properties.Skip as skip:
            results.append((name, skip))
        except properties.Wrong as wrong:
            results.append((name, str(wrong)))
        except (KeyError, ValueError, IndexError, OSError, TypeError):
            results.append((name, traceback.format_exc(limit=-2)))
    return results


def carry_out(case, programs, scratch):
    if 'syncs' in case.checks and not runs.can_trace():
        return [(name, properties.Skip('strace is not there or not allowed')) for name in case.checks]
    try:
        pair = runs.run_pair(case, programs, scratch)
    except (OSError, ValueError) as error:
        return [('runs', str(error))]
    results = check(case, pair)
    if any(isinstance(result, str) for _, result in results):
        results.append(('', runs.explain(pair)))
    return results


def comment(text):
    for line in text.rstrip().splitlines():
        print('#   ' + line)


def main():
    options = arguments()
    chosen = cases.read_all(options.cases)
    if options.list:
        print('\n'.join(case.name for case in chosen))
        return 0
    programs = {'fio': find_program(options.fio), 'bffio': find_program(options.bffio)}
    if not programs['fio']:
        print('1..0 # SKIP fio is not installed')
        return 77
    if not programs['bffio']:
        print('Bail out! no program ' + options.bffio)
        return 99
    programs['version'] = runs.version_of(programs['fio'])

    os.makedirs(options.scratch, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix='bffio-conformance-', dir=options.scratch)
    print('1..%d' % sum(len(case.checks) for case in chosen), flush=True)
    number = failures = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            work = [pool.submit(carry_out, case, programs, scratch) for case in chosen]
            for case, future in zip(chosen, work):
                for name, result in future.result():
                    if not name:
                        comment(result)
                        continue
                    number += 1
                    skip = ' # SKIP %s' % result if isinstance(result, properties.Skip) else ''
                    failed = isinstance(result, str)
                    failures += failed
                    print('%sok %d - %s: %s%s' % ('not ' * failed, number, case.name, name, skip), flush=True)
                    if failed:
                        comment(result)
    finally:
        if options.keep:
            print('# left in ' + scratch)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print('# %d of %d failed' % (failures, number))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())

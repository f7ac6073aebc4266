# SPDX-License-Identifier: Apache-2.0
"""What the programs that read fio's output need of it. Those of fio's own package are run; of the
others their rules are kept here: which fields they ask for, and of which type."""
import csv
import glob
import gzip
import os
import re
import shutil
import subprocess

from properties import Skip, require, same
from runs import Number

GO_INTEGER_MAX = {'int32': (1 << 31) - 1, 'int64': (1 << 63) - 1}
# kubestr fails as a whole on a field of another type than its structures have.
KUBESTR_DIRECTION = {
    'io_bytes': 'int64', 'io_kbytes': 'int64', 'bw_bytes': 'int64', 'bw': 'int64', 'iops': 'float',
    'runtime': 'int64', 'total_ios': 'int64', 'short_ios': 'int64', 'drop_ios': 'int64',
    'bw_min': 'int64', 'bw_max': 'int64', 'bw_agg': 'float', 'bw_mean': 'float', 'bw_dev': 'float',
    'bw_samples': 'int32', 'iops_min': 'int32', 'iops_max': 'int32', 'iops_mean': 'float',
    'iops_stddev': 'float', 'iops_samples': 'int32'}
KUBESTR_JOB = {
    'jobname': 'string', 'groupid': 'int64', 'error': 'int64', 'eta': 'int64', 'elapsed': 'int64',
    'job_runtime': 'int32', 'usr_cpu': 'float', 'sys_cpu': 'float', 'ctx': 'int32', 'majf': 'int32',
    'minf': 'int32', 'latency_depth': 'int32', 'latency_target': 'int32', 'latency_percentile': 'float',
    'latency_window': 'int32'}
KUBESTR_LATENCY = {'min': 'int64', 'max': 'int64', 'mean': 'float', 'stddev': 'float', 'N': 'int64'}


def go_takes(value, kind, path):
    if kind == 'string':
        require(isinstance(value, str), path, 'is no string')
    elif kind == 'float':
        require(isinstance(value, (int, float)), path, 'is no number')
    else:
        require(isinstance(value, int) and not isinstance(value, bool), path, 'has a point:', value)
        require(abs(value) <= GO_INTEGER_MAX[kind], path, 'is too large:', value)


def check_kubestr(_case, pair):
    document = pair.bffio.document(strict=True)
    for path, kind in (('fio version', 'string'), ('timestamp', 'int64'), ('timestamp_ms', 'int64'),
                       ('time', 'string')):
        go_takes(document[path], kind, path)
    for job in document['jobs']:
        for key, kind in KUBESTR_JOB.items():
            go_takes(job[key], kind, key)
        require(all(isinstance(value, str) for value in job['job options'].values()), 'job options')
        for way in ('read', 'write', 'trim'):
            for key, kind in KUBESTR_DIRECTION.items():
                go_takes(job[way][key], kind, way + '.' + key)
            for name in ('slat_ns', 'clat_ns', 'lat_ns'):
                for key, kind in KUBESTR_LATENCY.items():
                    go_takes(job[way][name][key], kind, '.'.join((way, name, key)))
        for name in ('iodepth_level', 'iodepth_submit', 'iodepth_complete', 'latency_ns', 'latency_us', 'latency_ms'):
            for key, value in job[name].items():
                go_takes(value, 'float', name + '.' + key)


def check_perfkit(_case, pair):
    """One sample for each direction that did something, and its percentiles in ascending order."""
    for job in pair.bffio.jobs():
        for way in ('read', 'write'):
            if not job[way]['io_bytes']:
                continue
            for key in ('bw_min', 'bw_max', 'bw_agg', 'bw_mean', 'bw_dev', 'bw', 'iops'):
                float(job[way][key])
            latency = job[way]['clat_ns']
            found = sorted((float(key), value) for key, value in latency['percentile'].items())
            require(found == sorted(found, key=lambda pair: pair[1]), 'percentiles do not ascend')
            require(len(found) >= 9 and found[-1][1] <= latency['max'] * 1.04, 'percentiles', found[-1])
            require(latency['min'] <= latency['mean'] <= latency['max'], 'latencies')


def check_cbt(_case, pair):
    for job in pair.bffio.jobs():
        for way in ('read', 'write'):
            require(isinstance(job[way]['bw_bytes'], int), 'bw_bytes is no integer')
            require(isinstance(job[way]['iops'], Number), 'iops is no float')
            seconds = job[way]['runtime'] / 1000
            if seconds >= 0.5:
                for rate, amount in (('iops', 'total_ios'), ('bw_bytes', 'io_bytes')):
                    ratio = job[way][rate] * seconds / job[way][amount]
                    require(0.99 < ratio < 1.01, way, rate, 'is not', amount, 'per second:', ratio)


def check_fio_plot(_case, pair):
    document = pair.bffio.document()
    for job in document['jobs']:
        given = dict(document.get('global options', {}), **job['job options'])
        require({'rw', 'bs', 'iodepth'} <= set(given), 'options', sorted(given))
        way = 'write' if 'write' in given['rw'] else 'read'
        numbers = [job[way]['iops'], job[way]['bw'], job[way]['lat_ns']['mean'], job[way]['lat_ns']['stddev'],
                   job['usr_cpu'], job['sys_cpu'], job[way]['clat_ns']['percentile']['99.000000']]
        require(all(number >= 0 for number in numbers) and numbers[0] > 0, numbers)


def check_yabs(case, pair):
    """Fields 7, 8, 48, 49 of terse version 3: KiB/s and operations per second of both directions."""
    block_kib = next(int(word.split('=')[1][:-1]) for word in case.args if word.startswith('--bs='))
    rows = [row.split(';') for row in pair.bffio.report().splitlines() if row.startswith('3;')]
    require(rows, 'no row')
    for row in rows:
        for bandwidth, iops in ((6, 7), (47, 48)):
            require(row[bandwidth].isdigit() and row[iops].isdigit(), 'no integers', row[bandwidth], row[iops])
            expected = int(row[iops]) * block_kib
            require(abs(int(row[bandwidth]) - expected) <= expected * 0.02 + block_kib,
                    'bandwidth', row[bandwidth], 'iops', row[iops])


def check_dbench(_case, pair):
    """Its greps: IOPS=, BW= and the average latency of the lines for reads and writes."""
    for run in (pair.fio, pair.bffio):
        for way in ('read', 'write'):
            lines = [line for line in run.report().splitlines()
                     if re.search(way + ' ?:', line) and re.search(r'(?i)IOPS=[0-9k.]+', line)]
            require(len(lines) == 1, run.command[0], way, 'lines:', len(lines))
            require(re.search(r'(?i)BW=[0-9GMKiBs/.]+', lines[0]), lines[0])
        averages = re.findall(r' lat.*avg=\s*([0-9.]+)', run.report())
        require(len(averages) == 2, 'averages', averages)


def run_tool(command, directory):
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors='replace')
    require(done.returncode == 0, ' '.join(command), 'exit status', done.returncode, text[-400:])
    return text


def installed(name):
    if not shutil.which(name):
        raise Skip(name + ' is not installed')
    return name


def check_clat2csv(_case, pair):
    """fio_jsonplus_clat2csv, which also counts the bins again with --validate."""
    headers = []
    for run in (pair.fio, pair.bffio):
        for extra in ([], ['--validate']):
            run_tool([installed('fio_jsonplus_clat2csv')] + extra + ['out', 'clat.csv'], run.directory)
        found = sorted(glob.glob(run.path('clat*.csv')))
        headers.append([])
        for path in found:
            with open(path, encoding='ascii', newline='') as file:
                rows = list(csv.reader(file))
            require(len(rows) > 1, path, 'has no rows')
            headers[-1].append((os.path.basename(path), [cell.strip() for cell in rows[0]]))
    same(headers[0], headers[1], 'columns')


def check_fio2gnuplot(_case, pair):
    for run in (pair.fio, pair.bffio):
        text = run_tool([installed('fio2gnuplot'), '-p', '*_bw.*.log'], run.directory)
        require('1 files Selected' in text and glob.glob(run.path('*.average')), 'no plot', text)


def check_fiologparser(_case, pair):
    """fiologparser.py: averages by interval. As many intervals, and no empty ones. Old versions of it
    take four columns only; newer ones the first four."""
    packed = '/usr/share/doc/fio/fiologparser.py.gz'
    if not os.path.exists(packed):
        raise Skip('fiologparser.py is not installed')
    counts = []
    for run in (pair.fio, pair.bffio):
        with gzip.open(packed, 'rt') as file, open(run.path('fiologparser.py.fio'), 'w', encoding='utf-8') as script:
            script.write(file.read().replace("rsplit(', ')\n", "rsplit(', ')[:4]\n"))
        for how in ('-a', '-s'):
            logs = sorted(os.path.basename(path) for path in glob.glob(run.path('*_bw.*.log')))
            require(logs, 'no logs')
            text = run_tool(['python3', 'fiologparser.py.fio', '-i', '250', how] + logs, run.directory)
        rows = [row for row in text.splitlines() if row[:1].isdigit()]
        require(all(float(row.split(',')[1]) > 0 for row in rows[:-1]), 'empty intervals', rows)
        counts.append(len(rows))
    require(abs(counts[0] - counts[1]) <= 1, 'intervals of fio %d, of bffio %d' % tuple(counts))


def check_log_rows(_case, pair):
    """With log_avg_msec a row comes at each interval, in ascending order, with fio's columns."""
    empty = []
    for run in (pair.fio, pair.bffio):
        empty.append([])
        paths = [path for path in sorted(glob.glob(run.path('*.log'))) if 'hist' not in path]
        require(paths, 'no logs')
        for path in paths:
            with open(path, encoding='ascii') as file:
                times = [int(row.split(',')[0]) for row in file]
            require(times == sorted(times), path, 'times', times[:8])
            empty[-1] += [os.path.basename(path)] * (not times)
    same(empty[0], empty[1], 'logs without a row')


CONSUMERS = {name[6:].replace('_', '-'): function
             for name, function in list(globals().items()) if name.startswith('check_')}

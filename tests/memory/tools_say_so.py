#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tools without memory: one line that says so, or all that they tell otherwise."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from orders import Orders, Sweep, need_preload, program # which tells where the other one is
from prom import Place, done, ok

JOBS = """[global]
rw=randrw
directory=%(directory)s
include more.fio
[read and write]
numjobs=2
filename=a:b
write_lat_log
ignore_error=EIO,ENOSPC:EFBIG
[sizes]
rw=randread
bssplit=4k/10:64k/50:32k/40
random_distribution=zoned:50/20:50/80
[check]
rw=write
verify_pattern=0xdeadbeef%%o
steadystate=iops:10%%
"""


def work_done(report):
    """What may not differ from run to run."""
    return repr([(job["jobname"], job["error"],
                  [job[way]["total_ios"] for way in ("read", "write")],
                  [job[way]["io_bytes"] for way in ("read", "write")])
                 for job in json.loads(report)["jobs"]])


def check_bffio():
    bffio = "tools/bffio/bffio"
    if not os.path.exists(bffio):
        return
    directory = tempfile.mkdtemp(prefix="auraio-memory-", dir=os.environ.get("TMPDIR"))
    with open(directory + "/jobs.fio", "w") as f:
        f.write(JOBS % {"directory": directory})
    with open(directory + "/more.fio", "w") as f:
        f.write("size=$ncpus*4k\niodepth=${DEPTH}\n")
    env = dict(os.environ, DEPTH="4")
    Sweep([program(bffio), "--showcmd", "--section=check", "--section=sizes", "--output=x",
           "--section=read and write", "--bandwidth-log=y", "jobs.fio"], env=env,
          cwd=directory).all("a job file for bffio")
    Sweep([program(bffio), "--name=run", "--rw=randrw", "--size=64k", "--iodepth=4",
           "--verify=crc32c", "--output-format=json"], text=work_done, lines=3,
          cwd=directory).all("a run of bffio")
    shutil.rmtree(directory)


def check_info():
    info = "tools/auraio-info/auraio-info"
    if os.path.exists(info):
        for flags in [], ["--json"]:
            Sweep([program(info)] + flags, failing=2).all("auraio-info " + " ".join(flags))


def check_top():
    top = "tools/auraio-top/auraio-top"
    if not os.path.exists(top):
        return
    with Place() as place:
        place.published("engine", 3)
        env = dict(place.env, LC_ALL="C")
        # The time goes on.
        flags = ["--once", "--interval=0.1"]
        for more in [], ["--json"]:
            Sweep([program(top)] + flags + more, env=env,
                  failing=2, text=lambda out: re.sub(r"[0-9][0-9.:e-]*", "N", " ".join(out.split()))).all(
                      "auraio-top " + " ".join(flags + more))


def check_formatter():
    """That of libauraio-prom, which needs no memory."""
    formatter = "tests/memory/formatter"
    if os.path.exists(formatter):
        orders = Orders()
        status = subprocess.run([program(formatter)], env=orders.environment(),
                                check=False).returncode
        ok(status == 0, "auraio_prom_format() without memory: the same", status)


need_preload()
check_bffio()
check_info()
check_top()
check_formatter()
done()

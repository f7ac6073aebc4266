#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What configure leaves out has no header, page, dashboard or rules installed: all that is no program is
# installed by the Makefile that --disable-prom would make, and by the one that is there. Runs in
# the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

without=without_prom.mk # paths in it are from where it stands
clean() {
    rm -f "$without"
}

# installs MAKEFILE: what it installs of and for Prometheus
installs() {
    rm -rf "$scratch/root"
    make -s -f "$1" install-data DESTDIR="$scratch/root" >"$scratch/said" 2>&1 || sed 's/^/# /' "$scratch/said" >&2
    (cd "$scratch/root" && find . ! -type d \( -path '*prom*' -o -path '*grafana*' -o -name auraio_read.3 \)) |
        sed 's|.*/||' | sort | tr '\n' ' '
}

sed -e 's/^S\["BUILD_\(PROM\|EXPORTER\)_TRUE"\]=.*/S["BUILD_\1_TRUE"]="#"/' \
    -e 's/^S\["BUILD_\(PROM\|EXPORTER\)_FALSE"\]=.*/S["BUILD_\1_FALSE"]=""/' config.status >"$scratch/config.status"
chmod +x "$scratch/config.status"
if ! "$scratch/config.status" --silent --file="$without:$top_srcdir/Makefile.in"; then
    bail 'no Makefile'
fi
is "$(installs $without)" 'auraio_read.3 ' 'without libauraio-prom nothing of it is there'
wanted='auraio_read.3 '
if grep -q '^S\["BUILD_PROM_TRUE"\]=""' config.status; then
    wanted="auraio.json auraio.rules.yml auraio_prom_format.3 auraio_prometheus.h ${wanted}libauraio-prom.pc "
fi
if grep -q '^S\["BUILD_EXPORTER_TRUE"\]=""' config.status; then
    wanted="auraio-prom.8 $wanted"
fi
is "$(installs Makefile)" "$wanted" 'with what is built all of it is'
finish

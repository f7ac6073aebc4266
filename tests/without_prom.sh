#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What configure leaves out has no header, page, dashboard or rules installed: all that is no program is
# installed by the Makefile that --disable-prom would make, and by the one that is there. Runs in
# the top build directory.
set -eu

: "${top_srcdir:=.}"
without=without_prom.mk # paths in it are from where it stands
work=$(mktemp -d)
trap 'rm -rf "$work" $without' EXIT
count=0
failed=0

# is GOT WANTED WHAT
is() {
    count=$((count + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $count - $3"
    else
        failed=1
        echo "not ok $count - $3"
        echo "# got $1, wanted $2"
    fi
}

# installs MAKEFILE: what it installs of and for Prometheus
installs() {
    rm -rf "$work/root"
    make -s -f "$1" install-data DESTDIR="$work/root" >"$work/said" 2>&1 || sed 's/^/# /' "$work/said" >&2
    (cd "$work/root" && find . ! -type d \( -path '*prom*' -o -path '*grafana*' -o -name auraio_read.3 \)) |
        sed 's|.*/||' | LC_ALL=C sort | tr '\n' ' '
}

sed -e 's/^S\["BUILD_\(PROM\|EXPORTER\)_TRUE"\]=.*/S["BUILD_\1_TRUE"]="#"/' \
    -e 's/^S\["BUILD_\(PROM\|EXPORTER\)_FALSE"\]=.*/S["BUILD_\1_FALSE"]=""/' config.status >"$work/config.status"
chmod +x "$work/config.status"
if ! "$work/config.status" --silent --file="$without:$top_srcdir/Makefile.in"; then
    echo 'Bail out! no Makefile'
    exit 1
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
echo "1..$count"
[ $failed -eq 0 ]

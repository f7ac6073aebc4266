#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every place that tells the version or the soname tells the same, and release/agree names one that
# does not.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

# names PLACE SED-COMMAND FILE: with FILE so changed, agree is false and names PLACE
names() {
    if [ ! -e "$top_srcdir/$3" ]; then
        skip 'a tarball has no debian/' "$1"
        return
    fi
    cp -p "$scratch/tree/$3" "$scratch/saved"
    sed -i "$2" "$scratch/tree/$3"
    ok "named: $1" differs "$1"
    cp -p "$scratch/saved" "$scratch/tree/$3"
}

differs() {
    if "$top_srcdir/release/agree" "$scratch/tree"; then
        return 1
    fi
    grep -Fq "$1" "$scratch/said"
}

# misses PLACE: agree does not name it
misses() {
    "$top_srcdir/release/agree" "$scratch/tree" || :
    ! grep -F "$1" "$scratch/said"
}

ok 'all places agree' "$top_srcdir/release/agree"
what='from 1.0 on api/ is compared with the last release'
reason=$(sed -n 's/^api.* is not compared with the last release: //p' "$scratch/said")
if [ -n "$reason" ]; then
    skip "$reason" "$what"
else
    result 0 "$what"
fi

# What is copied file by file has more beside it than is told here.
for file in lib/libauraio.map exporters/libauraio-prom.map bindings/rust/Cargo.toml bindings/rust/Cargo.lock \
    bindings/rust/auraio/Cargo.toml bindings/rust/bench/Cargo.lock; do
    mkdir -p "$scratch/tree/$(dirname $file)"
    cp "$top_srcdir/$file" "$scratch/tree/$file"
done
for part in NEWS abi configure.ac debian include man rpm; do
    [ ! -e "$top_srcdir/$part" ] || cp -r "$top_srcdir/$part" "$scratch/tree"
done
chmod -R u+w "$scratch/tree"
symbols=$(cd "$top_srcdir" && echo debian/libauraio[0-9]*.symbols)
ok 'a copy agrees' "$top_srcdir/release/agree" "$scratch/tree"
cp "$scratch/tree/lib/libauraio.map" "$scratch/map"
sed -i '3i\
Next\
' "$scratch/tree/NEWS"
sed -i 's/^AURAIO_[0-9.]* {/AURAIO_9.8 {/' "$scratch/tree/lib/libauraio.map"
ok 'a node may be newer while NEWS has something to come' misses 'node of 9.8'
cp "$scratch/map" "$scratch/tree/lib/libauraio.map"
sed -i 's/^Next$//' "$scratch/tree/NEWS"
names NEWS 's/^[0-9][0-9.]*$/9.8.7/' NEWS
names rpm/auraio.spec.in 's/^\(\* .* \)[0-9].*-1$/\19.8.7-1/' rpm/auraio.spec.in
names man/man7/auraio.7 's/"libauraio [0-9.]*"/"libauraio 9.8.7"/' man/man7/auraio.7
names 'lib/libauraio.map, node of 9.8' 's/^AURAIO_[0-9.]* {/AURAIO_9.8 {/' lib/libauraio.map
names debian/changelog '1s/([^)]*)/(9.8.7-1)/' debian/changelog
names debian/control 's/^Package: libauraio[0-9]/&9/' debian/control
names "$symbols, symbols of 9.8.7" '4s/[^ ]*$/9.8.7/' "$symbols"
names "$symbols, node" '/^ AURAIO_/d' "$symbols"
prom=$(cd "$top_srcdir" && echo debian/libauraio-prom[0-9]*.symbols)
names 'exporters/libauraio-prom.map, node of 9.8' 's/^AURAIO_PROM_[0-9.]* {/AURAIO_PROM_9.8 {/' exporters/libauraio-prom.map
names "$prom, library" '1s/so\.[0-9]*/so.98/' "$prom"
names "$prom, symbols of 9.8.7" '4s/[^ ]*$/9.8.7/' "$prom"
names "$prom, node" '/^ AURAIO_/d' "$prom"
names debian/control 's/^Package: libauraio-prom[0-9]/&9/' debian/control
names include/auraio/fwd.hpp 's/^inline namespace v.*/inline namespace v9_8/' include/auraio/fwd.hpp
names 'man/man3/auraio.hpp.3, namespace' 's/auraio::v[0-9_]*/auraio::v9_8/' man/man3/auraio.hpp.3
names bindings/rust/Cargo.toml '/^\[workspace.package\]/,/^$/s/^version = "[^"]*/version = "9.8.7/' bindings/rust/Cargo.toml
names bindings/rust/auraio/Cargo.toml 's/^\(auraio-sys = { version = "\)[^"]*/\19.8.7/' bindings/rust/auraio/Cargo.toml
names 'bindings/rust/Cargo.lock, auraio-sys' '/^name = "auraio-sys"/{n;s/"[^"]*"/"9.8.7"/;}' bindings/rust/Cargo.lock
names 'bindings/rust/bench/Cargo.lock, auraio' '/^name = "auraio"/{n;s/"[^"]*"/"9.8.7"/;}' bindings/rust/bench/Cargo.lock
for file in "$top_srcdir"/abi/*.abi; do
    file=abi/$(basename "$file")
    names "$file, soname" "1s/so\.[0-9]*'/so.98'/" "$file"
done
names 'soname' 's/^\(m4_define(\[auraio_current\], *\[\)/\19/' configure.ac
names man/man7/auraio.7 's/^\(m4_define(\[auraio_minor\], *\[\)/\19/' configure.ac

# A repository without a tag, as a shallow clone is one
is_told() {
    "$top_srcdir/release/agree" "$scratch/tree" || :
    grep -Fq "$1" "$scratch/said"
}

if command -v git >/dev/null 2>&1; then
    git -c init.defaultBranch=main init -q "$scratch/tree"
    ok 'before 1.0 there is nothing to compare api/ with' misses 'not compared'
    sed -i 's/^\(m4_define(\[auraio_major\], *\[\)[0-9]*/\11/' "$scratch/tree/configure.ac"
    ok 'from 1.0 on it is told that there is no release to compare with' is_told 'api/ is not compared with the last release'
fi
finish

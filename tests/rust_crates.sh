#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Rust crates against the library just built, and against an installed one: tests, lints,
# layout, documentation, examples on real files. What cargo needs must have been fetched, by make
# check-rust: without it this skips or, as configure --with-rust=yes wants it, fails. Runs in the
# top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${RUST_DROPS:=3000}" "${MAKE:=make}" "${WITH_RUST:=auto}"
CARGO=${CARGO:-cargo}
build=$PWD
crates=$(cd "$top_srcdir/bindings/rust" && pwd)

leave() {
    if [ "$WITH_RUST" = yes ]; then
        bail "$1"
    fi
    skip_all "$1"
}

command -v "$CARGO" >/dev/null || leave 'cargo is not here'
[ "$("$CARGO" --version | sed 's/^cargo 1\.\([0-9]*\).*/\1/')" -ge 70 ] || leave 'cargo is older than 1.70'
AURAIO_LIB_DIR=$build/lib/.libs
AURAIO_INCLUDE_DIR=$(cd "$top_srcdir/include" && pwd):$build/include
LD_LIBRARY_PATH=$AURAIO_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
CARGO_TARGET_DIR=$build/rust-target
CARGO_TERM_COLOR=never
AURAIO_TEST_DROPS=$RUST_DROPS
export AURAIO_LIB_DIR AURAIO_INCLUDE_DIR LD_LIBRARY_PATH CARGO_TARGET_DIR CARGO_TERM_COLOR AURAIO_TEST_DROPS
cd "$crates"
host=$(rustc -vV | sed -n 's/^host: //p')
"$CARGO" metadata --offline --format-version 1 --filter-platform "$host" >/dev/null 2>&1 ||
    leave 'the crates that these need have not been fetched: make check-rust does'

cargo_offline() {
    command=$1
    shift
    "$CARGO" "$command" --offline --quiet "$@"
}

tests() {
    "$CARGO" test --offline --workspace --all-features --exclude auraio-sys &&
        "$CARGO" test --offline -p auraio --no-default-features --lib --tests
}

lints() {
    cargo_offline clippy --workspace --exclude auraio-sys --all-features --all-targets -- -D warnings &&
        cargo_offline clippy -p auraio --no-default-features --lib --tests -- -D warnings
}

documentation() {
    RUSTDOCFLAGS='-D warnings' "$CARGO" doc --offline --quiet --no-deps -p auraio --all-features
}

# The version of configure.ac.
versions() {
    wanted=$(sed -n 's/^#define AURAIO_VERSION_STRING "\(.*\)"/\1/p' "$build/include/auraio/version.h")
    found=$("$CARGO" metadata --offline --no-deps --format-version 1 |
        grep -o '"name":"auraio[a-z-]*","version":"[^"]*"' | sed 's/.*:"\(.*\)"/\1/' | sort -u)
    echo "wanted $wanted, found $found"
    [ -n "$wanted" ] && [ "$found" = "$wanted" ]
}

# Those in the crate are those of the header. A list of directories that cargo has not seen has it
# make them anew.
bindings() {
    AURAIO_INCLUDE_DIR=$AURAIO_INCLUDE_DIR:$scratch \
        "$CARGO" build --offline --quiet -p auraio-sys --features bindgen || return 1
    fresh=$(find "$CARGO_TARGET_DIR/debug/build" -name bindings.rs -newer "$scratch/began" | head -n 1)
    [ -n "$fresh" ] && sed 1d auraio-sys/src/bindings.rs | diff - "$fresh"
}

example() {
    name=$1
    shift
    timeout 60 "$CARGO_TARGET_DIR/debug/examples/$name" "$@"
}

copies() {
    example "$1" "$scratch/from" "$scratch/to" && cmp "$scratch/from" "$scratch/to"
}

tells() {
    words=$1
    shift
    example "$@" >"$scratch/told" && cat "$scratch/told" && grep -q -e "$words" "$scratch/told"
}

prints_the_file() {
    head -c 4000 "$scratch/from" >"$scratch/small"
    example quickstart "$scratch/small" | cmp - "$scratch/small"
}

sums_alike() {
    sum=$(od -An -v -t u1 "$scratch/from" | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s }')
    tells "^3000000 bytes, sum $sum$" simple_read "$scratch/from"
}

reads_all() {
    mkdir -p "$scratch/tree/below" && cp "$scratch/from" "$scratch/tree" &&
        cp "$scratch/small" "$scratch/tree/below" && : >"$scratch/tree/empty" &&
        tells '^3 files, 3004000 bytes$' bulk_reader "$scratch/tree"
}

refuses() {
    if example "$@"; then
        return 1
    fi
}

# A program of its own finds the installed library by pkg-config.
installed() {
    $MAKE -s -C "$build" install DESTDIR="$scratch/root" >/dev/null || return 1
    config=$(dirname "$(find "$scratch/root" -name libauraio.pc)")
    env -u AURAIO_LIB_DIR CARGO_TARGET_DIR="$scratch/target" PKG_CONFIG_SYSROOT_DIR="$scratch/root" \
        PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_PATH="$config" LD_LIBRARY_PATH="$config/.." \
        "$CARGO" run --offline --quiet -p auraio --example quickstart -- "$scratch/small" |
        cmp - "$scratch/small"
}

# Where the installed library was tried.
tells_what_is_missing() {
    if env -u AURAIO_LIB_DIR PKG_CONFIG_LIBDIR="$scratch" CARGO_TARGET_DIR="$scratch/target" \
        "$CARGO" build --offline -p auraio-sys; then
        return 1
    fi
    grep -q 'error: libauraio .* was not found; install it (Debian: apt install libauraio-dev' "$scratch/said" || return
    if AURAIO_LIB_DIR="$scratch" CARGO_TARGET_DIR="$scratch/target" "$CARGO" build --offline -p auraio-sys; then
        return 1
    fi
    grep -q "error: AURAIO_LIB_DIR is $scratch, which has no libauraio.so" "$scratch/said"
}

head -c 3000000 /dev/urandom >"$scratch/from"
touch "$scratch/began"
ok 'the tests pass' tests
if "$CARGO" clippy --version >/dev/null 2>&1; then
    ok 'clippy has nothing to say' lints
    ok 'the layout is that of rustfmt' "$CARGO" fmt --all --check
else
    echo "ok $((count += 1)) # skip clippy is not here"
    echo "ok $((count += 1)) # skip rustfmt is not here"
fi
ok 'the documentation has no warnings' documentation
ok 'the version is that of the library' versions
if ls /usr/lib/llvm-*/lib/libclang*.so* >/dev/null 2>&1; then
    ok 'the bindings are those of the header' bindings
else
    echo "ok $((count += 1)) # skip libclang is not here"
fi
ok 'the examples are built' cargo_offline build -p auraio --examples --all-features
ok 'quickstart prints the file' prints_the_file
ok 'simple_read reads it all' sums_alike
ok 'bulk_reader reads a tree' reads_all
ok 'write_modes writes both ways' tells '^through the page cache' write_modes "$scratch/written"
ok 'cancel_request cancels' tells '^dropped; pending: false$' cancel_request
ok 'registered_buffers reads' tells '^65536 bytes' registered_buffers "$scratch/from"
ok 'vectored_io writes and reads' tells '^1040 bytes read$' vectored_io "$scratch/vectored"
ok 'file_copy copies' copies file_copy
rm -f "$scratch/to"
ok 'async_copy copies' copies async_copy
ok 'event_loop reads' tells '^3000000 bytes' event_loop "$scratch/from"
ok 'custom_config works' tells '^backend Some' custom_config "$scratch/from"
ok 'log_handler gets a message' tells '^1 messages$' log_handler
ok 'a missing file is an error' refuses quickstart "$scratch/missing"
ok 'the crates work with an installed library' installed
ok 'a build without the library tells what to install' tells_what_is_missing
finish

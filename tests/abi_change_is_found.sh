#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# abi/abi on a small library in variants: what breaks programs that are built makes it false and
# tells how to accept it, additions pass and are told, and a baseline is the same bytes from
# wherever the library was built.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${CC:=cc}"
abi=$top_srcdir/abi/abi
for program in abidw abidiff; do
    if ! command -v $program >/dev/null 2>&1; then
        skip_all "$program is not installed (package abigail-tools)"
    fi
done

# build DIRECTORY [SED-COMMAND]: the library there, changed so
build() {
    mkdir -p "$1/include" "$1/lib"
    cat >"$1/include/toy.h" <<'END'
typedef enum { TOY_RED = 0, TOY_BLUE = 1 } toy_color_t;
typedef struct toy {
    int wheels;
    long long price;
    union {
        int load;
        long long raw[2];
    } args;
    long long reserved[2];
} toy_t;
struct toy_shop;
long long toy_price(const toy_t *toy);
int toy_paint(struct toy_shop *shop, toy_color_t color);
END
    cat >"$1/lib/shop.h" <<'END'
struct toy_shop {
    int paint;
};
END
    cat >"$1/lib/toy.c" <<'END'
#include "../include/toy.h"
#include "shop.h"
long long toy_price(const toy_t *toy)
{
    return toy->price;
}
int toy_paint(struct toy_shop *shop, toy_color_t color)
{
    return shop->paint == (int)color;
}
END
    if [ $# -gt 1 ]; then
        sed -i "$2" "$1/include/toy.h" "$1/lib/shop.h" "$1/lib/toy.c"
    fi
    (cd "$1" && $CC -g -fPIC -shared -Wl,-soname,libtoy.so.0 -o libtoy.so.0 lib/toy.c)
}

# variant SED-COMMAND: what check says of the library so changed
variant() {
    rm -rf "$scratch/variant"
    build "$scratch/variant" "$1" &&
        "$abi" check "$scratch/variant/libtoy.so.0" "$scratch/variant/include" "$scratch/baselines"
}

# finds WHAT SED-COMMAND: a change, and the way to accept it
finds() {
    ok "found: $1" rejects "$2"
}

rejects() {
    if variant "$1"; then
        return 1
    fi
    grep -q 'make abi-accept' "$scratch/said"
}

# tells WHAT SED-COMMAND: an addition, or nothing that a built program sees
tells() {
    ok "told, and passes: $1" passes "$2" 'additions'
}

passes() {
    variant "$1" && grep -q "$2" "$scratch/said"
}

same_elsewhere() {
    build "$scratch/a/longer/way"
    mkdir "$scratch/elsewhere"
    "$abi" accept "$scratch/a/longer/way/libtoy.so.0" "$scratch/a/longer/way/include" "$scratch/elsewhere"
    diff -r "$scratch/baselines" "$scratch/elsewhere"
}

tells_nothing_of() {
    ! grep -F "$1" "$scratch/baselines"/*
}

other_architecture() {
    mkdir -p "$scratch/none"
    "$abi" check "$scratch/one/libtoy.so.0" "$scratch/one/include" "$scratch/none" && grep -q 'skipped' "$scratch/said"
}

without_debug_information() {
    strip -g -o "$scratch/libtoy.so.0" "$scratch/one/libtoy.so.0"
    status=0
    "$abi" check "$scratch/libtoy.so.0" "$scratch/one/include" "$scratch/baselines" || status=$?
    [ "$status" = 2 ]
}

mkdir "$scratch/baselines"
build "$scratch/one"
ok 'a baseline is written' \
    "$abi" accept "$scratch/one/libtoy.so.0" "$scratch/one/include" "$scratch/baselines"
ok 'the same library from another directory has the same baseline' same_elsewhere
ok 'a baseline has no path of this machine' tells_nothing_of "$scratch"
ok 'a baseline has no private type' tells_nothing_of "'paint'"
ok 'the same library is as it was' passes 's/a/a/' 'as in abi'
ok 'a private type may change' passes 's/int paint;/int paint, brush, glue;/' 'as in abi'
finds 'a removed function' '/toy_paint/,/^}/d'
finds 'another return type' 's/^long long toy_price/int toy_price/'
finds 'another parameter' 's/struct toy_shop \*shop, toy_color_t/struct toy_shop *shop, long long/'
finds 'a field in the middle' 's/long long price;/int doors; &/'
finds 'a field in place of a reserved one that is not there' 's/long long reserved\[2\]/long long doors, seats, lamps/'
finds 'a field beyond what is reserved' 's/long long reserved\[2\]/&; int doors/'
finds 'fields that change places' \
    's/int wheels;/long long cost;/; s/long long price;/int wheels;/; s/long long cost;/long long price;/'
finds 'a field from the reserved ones, and another that has changed' \
    's/long long reserved\[2\]/long long doors; long long reserved[1]/; s/long long price/unsigned long long price/'
finds 'a field that has lost its sign' 's/long long price/unsigned long long price/'
finds 'a longer union' 's/int load;/&\n        long long more[3];/'
finds 'a longer structure' 's/reserved\[2\]/reserved[3]/'
finds 'a shorter structure' 's/reserved\[2\]/reserved[1]/'
finds 'another value of an enumerator' 's/TOY_BLUE = 1/TOY_BLUE = 2/'
tells 'a new function' 's/^struct toy_shop;/&\nint toy_new(void);/
    s/^#include .shop.*/&\nint toy_new(void)\n{\n    return 0;\n}/'
tells 'a field from the reserved ones' 's/long long reserved\[2\]/long long doors; long long reserved[1]/'
tells 'another use of a union' 's/int load;/&\n        struct {\n            int one;\n        } more;/'
tells 'the last of the reserved ones' 's/long long reserved\[2\]/int doors, seats; long long lamps/'
tells 'a field that has another name' 's/long long price;/long long worth;/; s/->price/->worth/'
tells 'a new enumerator' 's/TOY_BLUE = 1/&, TOY_GREEN = 2/'
ok 'an architecture without baseline is skipped by name' other_architecture
ok 'a library without debug information is an error' without_debug_information
finish

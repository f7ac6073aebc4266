#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# release/release in a scratch repository with a copy of this tree and small libraries in place of
# the real ones: it moves every place, counts as libtool does, and refuses what must not be released.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${CC:=cc}"
[ -d "$top_srcdir/debian" ] || skip_all 'a tarball has no debian/'
for program in abidw abidiff git; do
    command -v $program >/dev/null 2>&1 || skip_all "$program is not installed"
done
tree=$scratch/tree
GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
SOURCE_DATE_EPOCH=2000000000
export GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM SOURCE_DATE_EPOCH

# library FILE FUNCTION...: $scratch/FILE with these functions
library() {
    mkdir -p "$scratch/$(dirname "$1")"
    file=$1
    shift
    for function; do
        echo "int $function(int one); int $function(int one) { return one; }"
    done >"$scratch/lib.c"
    $CC -g -fPIC -shared -Wl,-soname,"$(basename "$file").0" -o "$scratch/$file" "$scratch/lib.c"
}

git_in() {
    git -C "$tree" "$@"
}

commit() {
    git_in add -A
    git_in commit -q -m "$1"
}

# accept NAME: its libraries become the accepted ones
accept() {
    for file in libauraio.so libauraio-prom.so; do
        "$tree/abi/abi" accept "$scratch/$1/$file" "$tree/include" "$tree/abi"
    done
}

# A tree at version 0.1.0 that was released, with "one" as its library
begin() {
    rm -rf "$tree"
    for file in lib/libauraio.map exporters/libauraio-prom.map bindings/rust/Cargo.toml \
        bindings/rust/Cargo.lock bindings/rust/auraio/Cargo.toml bindings/rust/bench/Cargo.lock; do
        mkdir -p "$tree/$(dirname $file)"
        cp "$top_srcdir/$file" "$tree/$file"
    done
    for part in NEWS abi api configure.ac debian docs include man release rpm; do
        cp -r "$top_srcdir/$part" "$tree"
    done
    chmod -R u+w "$tree"
    rm -f "$tree"/abi/*.abi
    accept one >"$scratch/accepted"
    git -c init.defaultBranch=main init -q "$tree"
    git_in config user.name tester
    git_in config user.email tester@libauraio.example
    commit 'Begin'
    began=$(number major).$(number minor).$(number patch)
    soname=$(($(number current) - $(number age)))
    git_in tag "v$began"
}

number() {
    sed -n "s/^m4_define(\[auraio_$1\], *\[\([0-9]*\)\])/\1/p" "$tree/configure.ac"
}

# The version after the one in the tree: its patch, or its minor number, one more
next_patch() {
    echo "$(number major).$(number minor).$(($(number patch) + 1))"
}

next_minor() {
    echo "$(number major).$(($(number minor) + 1)).0"
}

news() {
    sed -i '1,/^$/{/^$/a\
Next\
\
  Something is better.\

}' "$tree/NEWS"
    commit 'Tell the news'
}

accepted() {
    accept "$1" >"$scratch/accepted"
    commit 'Accept'
}

interface() {
    echo "$(number current):$(number revision):$(number age)"
}

# release [--dry-run] VERSION NAME: with the libraries of that name
release() {
    option=
    if [ "$1" = --dry-run ]; then
        option=$1
        shift
    fi
    # shellcheck disable=SC2086 # it may be none
    "$tree/release/release" $option "$1" "$scratch/$2"/*.so
}

# refuses REASON ARGUMENT...: release is false, says why and leaves the last commit alone
refuses() {
    reason=$1
    shift
    head=$(git_in rev-parse HEAD)
    if release "$@"; then
        return 1
    fi
    status=$(git_in status --porcelain)
    grep -q "$reason" "$scratch/said" && [ "$head" = "$(git_in rev-parse HEAD)" ] &&
        [ "${status#'?? stray'}" = '' ]
}

# released VERSION C:R:A: that is what the tree now is, in one clean commit
released() {
    "$tree/release/agree" "$tree" &&
        [ "$(number major).$(number minor).$(number patch)" = "$1" ] &&
        [ "$(interface)" = "$2" ] &&
        [ -z "$(git_in status --porcelain)" ] &&
        [ "$(git_in log -1 --format=%s)" = "Release $1" ] &&
        head -n 1 "$tree/debian/changelog" | grep -Fq "($1-1)" &&
        grep -q 'Wed, 18 May 2033 03:33:20 +0000' "$tree/debian/changelog" &&
        grep -Fq "* Wed May 18 2033 libauraio maintainers <maintainers@libauraio.example> - $1-1" \
            "$tree/rpm/auraio.spec.in"
}

shows_and_leaves_alone() {
    head=$(git_in rev-parse HEAD)
    release --dry-run "$(next_patch)" one &&
        grep -q "^+auraio ($(next_patch)-1)" "$scratch/said" &&
        [ "$head" = "$(git_in rev-parse HEAD)" ] && [ -z "$(git_in status --porcelain)" ]
}

release_and_see() {
    release "$1" "$2" && released "$1" "$3"
}

packages_are_renamed() {
    new=$((soname + 1))
    for library in libauraio libauraio-prom; do
        [ -f "$tree/debian/$library$new.symbols" ] && [ ! -e "$tree/debian/$library$soname.symbols" ] &&
            ! grep -w "$library$soname" "$tree/debian/control" "$tree/debian/$library$new.symbols" || return
    done
}

library one/libauraio.so auraio_read auraio_write
library more/libauraio.so auraio_read auraio_write auraio_new
library less/libauraio.so auraio_read
library alone/libauraio.so auraio_read auraio_write
library other/libauraio.so auraio_read auraio_write
library other/libauraio-prom.so auraio_prom_text
for name in one more less; do
    library $name/libauraio-prom.so auraio_prom_format
done

begin
before=$(interface)
ok 'refused: no text in NEWS' refuses 'NEWS says nothing' "$(next_patch)" one
news
ok 'refused: no version' refuses 'no version like' 1.2 one
ok 'refused: a released version' refuses 'is released' "$began" one
ok 'refused: a version before the last' refuses 'not after' 0.0.1 one
ok 'refused: an interface that nobody accepted' refuses 'not the accepted one' "$(next_minor)" less
ok 'refused: one of libauraio-prom that nobody accepted' refuses 'libauraio-prom.so is not the accepted one' "$(next_minor)" other
ok 'refused: a release without libauraio-prom' refuses 'no libauraio-prom.so to compare' "$(next_minor)" alone
echo >"$tree/stray"
ok 'refused: a tree that is not clean' refuses 'not committed' "$(next_patch)" one
rm "$tree/stray"
ok 'a dry run shows the commit and leaves the tree alone' shows_and_leaves_alone
current=${before%%:*} age=${before##*:} revision=${before#*:}
revision=${revision%:*}
ok 'a release of the same interface moves every place' \
    release_and_see "$(next_patch)" one "$current:$((revision + 1)):$age"

begin
news
ok 'refused: a function more in a patch release' refuses 'no patch release' "$(next_patch)" more
ok 'a release with a function more moves every place' \
    release_and_see "$(next_minor)" more "$((current + 1)):0:$((age + 1))"

begin
news
sed -i 's/^ *auraio_read;/&\n    auraio_new;/' "$tree/lib/libauraio.map"
commit 'Add a function to a node that is released'
ok 'refused: a symbol in a released node' refuses 'need a node of their own: auraio_new' "$(next_minor)" more

begin
news
sed -i 's/^ *auraio_prom_format;/&\n    auraio_prom_new;/' "$tree/exporters/libauraio-prom.map"
commit 'Add a function to a released node of the other library'
ok 'refused: one in a released node of libauraio-prom' refuses 'of their own: auraio_prom_new' "$(next_minor)" one

begin
accepted less
news
ok 'a release with a function less gets another soname' \
    release_and_see "$(next_minor)" less "$((current + 1)):0:0"
ok "Debian's packages have the name of the soname" packages_are_renamed

begin
accepted other
news
ok 'so does one with a function less in libauraio-prom' \
    release_and_see "$(next_minor)" other "$((current + 1)):0:0"

begin
news
ok '1.0.0 freezes the API' release_and_see 1.0.0 one "$current:$((revision + 1)):$age"
git_in tag v1.0.0
echo 'macro AURAIO_NEW = 1' >>"$tree/api/c.txt"
news
ok 'refused: a change of the frozen API without a text' refuses 'new texts in docs/rfcs: none' 1.1.0 one
echo '# 0001: new' >"$tree/docs/rfcs/0001-new.md"
commit 'Say why'
ok 'released: a change of the frozen API with its text' \
    release_and_see 1.1.0 one "$current:$((revision + 2)):$age"
git_in tag v1.1.0
accepted less
news
ok 'refused: a function less in a minor release' refuses 'is a major release' 1.2.0 less

begin
git_in tag -d "v$began" >/dev/null
ok 'the first release is the version that stands there' release "$began" one
ok 'and needs no further commit' [ -z "$(git_in status --porcelain)" ]
news
ok 'refused: a release after one whose tag is not here' refuses "no tag v$began" "$(next_minor)" one
finish

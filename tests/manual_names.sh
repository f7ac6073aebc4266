#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual describes what auraio.h and auraio_prometheus.h declare: every function is named by one page of
# section 3, which has its prototype, the sections that are demanded and references to
# pages that exist. Runs in the top build directory.
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${CC:=cc}" "${AURAIO_CPPFLAGS=-Iinclude -I$top_srcdir/include}"
man=$top_srcdir/man
header=$top_srcdir/include/auraio.h
prometheus=$top_srcdir/include/auraio_prometheus.h
roff=$(cat "$man/roff.awk")

sections_3='NAME LIBRARY SYNOPSIS DESCRIPTION RETURN_VALUE ERRORS ATTRIBUTES VERSIONS NOTES EXAMPLES SEE_ALSO'
sections_7='NAME DESCRIPTION EXAMPLES SEE_ALSO'

# same ONE OTHER: two files have the same lines, in any order
same() {
    sort "$scratch/$1" >"$scratch/$1.sorted"
    sort "$scratch/$2" >"$scratch/$2.sorted"
    diff "$scratch/$1.sorted" "$scratch/$2.sorted" >"$scratch/difference" && return
    sed -n -e "s/^</only $1:/p" -e "s/^>/only $2:/p" "$scratch/difference"
    return 1
}

preprocess() {
    # shellcheck disable=SC2086 # lists of words
    $CC $AURAIO_CPPFLAGS -D_GNU_SOURCE -E "$@"
}

# C on standard input: one line for each statement outside of braces, without what is
# inside, without attributes and storage classes, and without spaces that do not matter.
statements() {
    preprocess -P -x c - | awk '
    function tell() {
        gsub(/__attribute__ *\(\(([^()]|\([^()]*\))*\)\)/, "", text)
        gsub(/_Bool/, "bool", text)
        gsub(/[ \t]+/, " ", text)
        gsub(/ *\( */, "(", text)
        gsub(/ *\) */, ")", text)
        gsub(/ *, */, ",", text)
        gsub(/ *\* */, "*", text)
        gsub(/^ | $/, "", text)
        sub(/^((extern|static|inline|__inline) )+/, "", text)
        print text
        text = ""
    }
    {
        for (i = 1; i <= length($0); i++) {
            c = substr($0, i, 1)
            if (c == "{")
                depth++
            else if (c == "}" && !--depth && text ~ /\) *$/ || c == ";" && !depth)
                tell()
            else if (c != "}" && !depth)
                text = text c
        }
        text = text " "
    }
    END {
        if (text !~ /^ *$/)
            print "not a whole statement:" text
    }'
}

# The names of the functions that statements declare
functions() {
    sed -n -E '/^typedef/!s/^[^(]*[ *](auraio_[a-z0-9_]+)\(.*/\1/p'
}

# section NAME PAGE: what it says
section() {
    awk -v name="$1" "$roff"'
    /^\.SH/ { inside = says($0) == name; next }
    inside && /^[^.]|^\.[BIRS]/ { print says($0) }' "$2"
}

has_title() {
    own=${1##*/}
    title=$(sed -n '/^\.TH /p' "$1")
    date=$(printf '%s\n' "$title" | sed -n -E 's/.* ([0-9]{4}-[0-9]{2}-[0-9]{2}) .*/\1/p')
    wanted=".TH ${own%.*} ${own##*.} $date \"libauraio $version\" \"libauraio manual\""
    [ "$title" = "$wanted" ] || printf 'has    %s\nwanted %s\n' "$title" "$wanted"
    [ "$title" = "$wanted" ]
}

has_sections() {
    wanted=$sections_3
    [ "${1##*.}" = 3 ] || wanted=$sections_7
    awk -v list="$wanted" "$roff"'
    BEGIN {
        wanted = split(list, section, " ")
        for (i = 1; i <= wanted; i++)
            known[section[i]]
    }
    /^\.SH/ {
        heading = says($0)
        gsub(/ /, "_", heading)
        if (heading in known && heading != section[++got]) {
            print heading " stands where " (got > wanted ? "the end" : section[got]) " is expected"
            exit bad = 1
        }
    }
    END {
        if (!bad && got < wanted)
            print section[got + 1] " is missing"
        exit got != wanted || bad
    }' "$1"
}

# A page of section 3 begins with its own name; its prototypes are those of auraio.h for
# the functions it names, and what else its synopsis declares stands there too.
has_prototypes() {
    sed -n "s/^${1##*/} //p" "$scratch/names" >"$scratch/own"
    [ "$(head -n 1 "$scratch/own")" = "$(basename "$1" .3)" ] || {
        echo "the first name is not $(basename "$1" .3)"
        return 1
    }
    section SYNOPSIS "$1" | sed '/^ *#/d' | statements >"$scratch/synopsis"
    awk 'FNR == NR { own[$1]; next }
        match($0, /auraio_[a-z0-9_]+\(/) && !/^typedef/ &&
            substr($0, RSTART, RLENGTH - 1) in own' "$scratch/own" "$scratch/statements" >"$scratch/auraio.h"
    grep '^typedef\|^struct' "$scratch/synopsis" | while read -r line; do
        if grep -Fqx "$line" "$scratch/statements"; then
            printf '%s\n' "$line" >>"$scratch/auraio.h"
        fi
    done
    same synopsis auraio.h
}

# A reference to another page is NAME(SECTION) with a font of its own, which tells it
# from a call.
has_references() {
    awk "$roff"'/^\.(BR|RB) |\\f/ { print says($0) }' "$1" |
        grep -E -o 'auraio[a-z0-9_-]* ?\([1-8]\)' | tr -d ' ' | sort -u >"$scratch/references"
    comm -23 "$scratch/references" "$scratch/pages" >"$scratch/dead"
    none "$scratch/dead"
}

set -- "$man"/man[0-9]/*.[0-9]
if [ ! -e "$1" ]; then
    bail "no page below $man"
fi
version=$(echo AURAIO_VERSION_STRING | preprocess -P -include auraio.h -x c - | sed -n 's/^"\(.*\)"$/\1/p')
cat "$header" "$prometheus" | statements >"$scratch/statements"

for page; do
    echo "${page#"$top_srcdir/"}"
done >"$scratch/files"
sed -n 's/^[[:space:]]*\(man\/man[0-9]\/[^ ]*\).*/\1/p' "$man/man.am" >"$scratch/man.am"
ok "man.am lists every page: $#" same files man.am

"$man/page-names" "$@" >"$scratch/names"
sed -E 's/^.*\.([0-9]) (.*)/\2(\1)/' "$scratch/names" | sort -u >"$scratch/pages"
sed -n 's/^.*\.3 //p' "$scratch/names" | sort >"$scratch/all"
uniq -d "$scratch/all" >"$scratch/twice"
ok 'no name stands on two pages, or twice on one' none "$scratch/twice"

# What auraio.h has besides functions may have a page, but need not; so may other headers.
{
    (cd "$top_srcdir/include" && ls -- *.hpp)
    sed -n -E -e 's/^typedef.*[ *](auraio_[a-z0-9_]+)$/\1/p' \
        -e 's/^typedef[^(]*\(\*(auraio_[a-z0-9_]+)\).*/\1/p' "$scratch/statements"
    preprocess -dM "$prometheus" | sed -n -E 's/^#define (AURAIO_[A-Z0-9_]+).*/\1/p'
} | sort -u >"$scratch/not_functions"
comm -23 "$scratch/all" "$scratch/not_functions" >"$scratch/manual"
{
    functions <"$scratch/statements"
    sed -n 's/^ *\(auraio_[a-z0-9_]*\);.*/\1/p' "$top_srcdir/lib/libauraio.map" \
        "$top_srcdir/exporters/libauraio-prom.map"
} | sort -u >"$scratch/library"
ok "the manual names the functions of the library: $(wc -l <"$scratch/library")" same manual library

printf '%s\n' "$@" | grep '\.3$' | xargs "$man/make-aliases" "$scratch/aliases" >"$scratch/clashes" 2>&1 || :
for page; do
    [ ! -e "$scratch/aliases/${page##*/}" ] || echo "${page##*/} is a page and an alias"
done >>"$scratch/clashes"
ok "no alias takes the place of a page: $(find "$scratch/aliases" -type f | wc -l)" none "$scratch/clashes"

for page; do
    name=${page##*/}
    ok "$name has its title" has_title "$page"
    ok "$name has its sections" has_sections "$page"
    ok "$name refers to pages that exist" has_references "$page"
    case $name in
    *.hpp.3) ;; # of a header in another language
    *.3) ok "$name declares what auraio.h declares" has_prototypes "$page" ;;
    esac
done
finish

# SPDX-License-Identifier: Apache-2.0
# C++ headers, given twice: the first time for the names of what public classes derive from. The
# public declarations come out a line each, without comments and bodies; members follow their class,
# indented, in their order. What is in namespace detail is left out but for such bases. Each line
# comes with a key by which the whole is sorted.

function clean(s) {
    gsub(/[ \t]+/, " ", s)
    gsub(/^ | $/, "", s)
    return s
}

function put(key, line) {
    printf "%s\t%05d\t%s\n", key, ++lines, line
}

# Where the bracket that opens at i closes
function closes(s, i,    c, depth) {
    for (; i <= length(s); i++) {
        c = substr(s, i, 1)
        depth += (c ~ /[{(]/) - (c ~ /[})]/)
        if (!depth)
            return i
    }
    fail()
}

function fail() {
    print "the snapshot finds brackets that do not close, before or in " FILENAME >"/dev/stderr"
    exit (failed = 1)
}

# Without what stands in round brackets
function flat(s) {
    while (match(s, /\([^()]*\)/))
        s = substr(s, 1, RSTART - 1) substr(s, RSTART + RLENGTH)
    return s
}

# Without "template <...>" and attributes
function head(s,    i, depth) {
    gsub(/\[\[[^]]*\]\] ?/, "", s)
    while (s ~ /^template ?</) {
        for (i = index(s, "<"); i <= length(s); i++) {
            depth += (substr(s, i, 1) == "<") - (substr(s, i, 1) == ">")
            if (!depth)
                break
        }
        s = clean(substr(s, i + 1))
    }
    return s
}

# The name that a function declares: before its last round bracket but those of noexcept
function function_name(s,    name) {
    while (match(s, /[A-Za-z0-9_:~]+ ?\([^()]*\)/)) {
        name = substr(s, RSTART, index(substr(s, RSTART), "(") - 1)
        if (name !~ /^(noexcept|requires|decltype) ?$/)
            break
        s = substr(s, 1, RSTART - 1) substr(s, RSTART + RLENGTH)
    }
    return name
}

# A constructor's signature, without what it begins its members with
function signature(s,    i, c, depth) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        depth += (c == "(") - (c == ")")
        if (c == ":" && !depth && substr(s, i - 1, 3) ~ /[^:]:[^:]/ && substr(s, 1, i) ~ /\)/)
            return clean(substr(s, 1, i - 1))
    }
    return s
}

function is_visible(    i) {
    for (i = 1; i <= scopes; i++)
        if (!visible[i])
            return 0
    return access[scopes] == "public"
}

function enter(kind, name, shown, how) {
    scope[++scopes] = name
    kinds[scopes] = kind
    visible[scopes] = shown
    access[scopes] = how
}

function declare(s,    h, name) {
    s = signature(clean(s))
    h = head(s)
    if (!pass || s == "" || !is_visible() || h ~ /^(friend|static_assert)/ || h ~ /^using [^=]*$/ ||
        h ~ /^(class|struct|enum( class)?) [A-Za-z]+( : [a-z]+)?$/)
        return
    if (kinds[scopes] == "class") {
        put(key[scopes], "    " s)
        return
    }
    name = h
    if (sub(/^(using|concept|enum( class)?) /, "", name))
        sub(/[ {].*/, "", name)
    else
        name = function_name(h)
    if (name !~ /::/) # of a class, that has it already
        put("2" name, s)
}

function class_begins(s,    h, name, bases, i) {
    h = head(s)
    name = h
    sub(/^(class|struct|union) /, "", name)
    bases = name
    sub(/ .*/, "", name)
    while (match(bases, /public detail::[A-Za-z]+/)) {
        is_base[substr(bases, RSTART + 15, RLENGTH - 15)] = 1
        bases = substr(bases, RSTART + RLENGTH)
    }
    i = is_visible() || kinds[scopes] == "detail" && name in is_base
    enter("class", name, i, h ~ /^class/ ? "private" : "public")
    if (kinds[scopes - 1] == "detail" && i)
        visible[scopes - 1] = i # for as long as this class is open
    key[scopes] = "1" name
    if (pass && i)
        put(key[scopes], s)
}

function namespace_begins(s,    is_detail) {
    is_detail = s ~ /[ :]detail$/
    sub(/ v[0-9]+_[0-9]+$/, " of the version", s) # a release is no change of the interface
    if (pass && s ~ /^inline/ && !(s in is_base)) {
        put("0", s)
        is_base[s] = 1
    }
    enter(is_detail ? "detail" : "namespace", s, !is_detail, "public")
}

function leave() {
    if (kinds[scopes - 1] == "detail")
        visible[scopes - 1] = 0
    scopes--
}

function walk(s,    i, c, text, end) {
    enter("file", "", 1, "public")
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == ":" && clean(text) ~ /^(public|private|protected)$/) {
            access[scopes] = clean(text)
            text = ""
        } else if (c == "}") {
            leave()
            text = ""
        } else if (c == ";") {
            declare(text)
            text = ""
        } else if (c != "{") {
            text = text c
        } else if (clean(text) ~ /^(inline )?namespace /) {
            namespace_begins(clean(text))
            text = ""
        } else if (head(clean(text)) ~ /^(class|struct|union) / && flat(text) == text) {
            class_begins(clean(text))
            text = ""
        } else {
            end = closes(s, i)
            if (head(clean(text)) ~ /^(enum|concept)/ || text !~ /\)/)
                text = text substr(s, i, end - i + 1)
            else {
                declare(text)
                text = ""
            }
            i = end
        }
    }
    leave()
    if (scopes)
        fail()
}

FNR == 1 && NR > 1 {
    walk(text)
    text = ""
}

FNR == 1 && FILENAME in seen && !pass {
    pass = 1
}

{
    seen[FILENAME] = 1
    sub(/\/\/.*/, "")
    if (!/^#/)
        text = text $0 " "
}

END {
    if (!failed)
        walk(text)
    exit failed
}

# SPDX-License-Identifier: Apache-2.0
# Preprocessed C, without comments, becomes a declaration a line. What has members is followed by
# them, in their order and indented; so is what is inside of those. Each line comes with a key by
# which the whole is sorted: the kind of the declaration, its name and the line's number.

# One statement or member head is complete, or a brace has closed.
function clean(s) {
    gsub(/[ \t]+/, " ", s)
    gsub(/ *\* */, " *", s)
    gsub(/\* \*/, "**", s)
    gsub(/\( */, "(", s)
    gsub(/ *\)/, ")", s)
    gsub(/^ | $/, "", s)
    return s
}

function put(line) {
    printf "%s\t%04d\t%s\n", key, ++lines, line
}

function begin(kind, name) {
    key = kind "\t" name
    lines = 0
}

# The members of what stands in braces in s, at the given depth
function members(s, separator, indent,    i, c, depth, text) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        depth += (c == "{") - (c == "}")
        if (c == separator && !depth) {
            member(clean(text), indent)
            text = ""
        } else
            text = text c
    }
    if (clean(text) != "")
        member(clean(text), indent)
}

function member(s, indent,    open, close_) {
    open = index(s, "{")
    if (!open) {
        put(indent s)
        return
    }
    close_ = last(s)
    put(indent clean(substr(s, 1, open - 1)) " " clean(substr(s, close_ + 1)))
    members(substr(s, open + 1, close_ - open - 1), ";", indent "    ")
}

function last(s,    i) {
    for (i = length(s); i && substr(s, i, 1) != "}"; i--)
        ;
    return i
}

# The name that a declaration without braces gives: of a function, of a pointer to one, or the last word
function named(s) {
    if (match(s, /\(\*[a-z0-9_]+\)/))
        return substr(s, RSTART + 2, RLENGTH - 3)
    if (match(s, /[a-zA-Z0-9_]+ ?\(/))
        return substr(s, RSTART, RLENGTH - 1)
    match(s, /[a-zA-Z0-9_]+$/)
    return substr(s, RSTART)
}

function declaration(s,    open, close_, head, name) {
    s = clean(s)
    open = index(s, "{")
    if (!open || s ~ /^(static|extern|inline)/) {
        if (s ~ /^(struct|union|enum) [a-z0-9_]+$/)
            return
        begin(s ~ /^typedef/ ? "2type" : "3function", named(open ? substr(s, 1, open - 1) : s))
        put(s)
        return
    }
    close_ = last(s)
    head = clean(substr(s, 1, open - 1))
    sub(/^typedef /, "", head)
    name = clean(substr(s, close_ + 1))
    s = substr(s, open + 1, close_ - open - 1)
    if (head ~ /^enum/) {
        match(s, /[A-Z0-9_]+/)
        begin("1enum", name == "" ? substr(s, RSTART, RLENGTH) : name)
        put(clean(head " " name))
        members(s, ",", "    ")
        return
    }
    begin("2type", name == "" ? head : name)
    put(clean(head " " name))
    members(s, ";", "    ")
}

# What stands on a line of its own at the outermost depth ends in a semicolon, or is the body of a
# function.
{
    for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        if (c == ";" && !depth) {
            declaration(text)
            text = ""
            continue
        }
        text = text c
        if (c == "{" && !depth++)
            body = text ~ /[)] *[{]$/
        else if (c == "}" && !--depth && body) {
            declaration(text)
            text = ""
        }
    }
    text = text " "
}

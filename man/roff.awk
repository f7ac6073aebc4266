# SPDX-License-Identifier: Apache-2.0
# Functions for awk programs that read the manual: what a line of a page says once
# roff has read it. They know the few escapes and macros that the pages use.

BEGIN {
    split("aq ' dq \" ha ^ ti ~ ga ` rs \\ e \\ - -", pairs, " ")
    for (i = 1; i in pairs; i += 2)
        glyph[pairs[i]] = pairs[i + 1]
    glyph["&"] = glyph["|"] = glyph["^"] = ""
}

# Text without its escapes. Those not known are gathered in the variable unknown.
function plain(text,    out, at, name) {
    out = ""
    while (at = index(text, "\\")) {
        out = out substr(text, 1, at - 1)
        text = substr(text, at + 1)
        if (!match(text, /^(f?\(..|f?\[[^]]*\]|f.|.)/))
            RLENGTH = 0
        name = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        if (name ~ /^f./)
            continue
        if (name ~ /^[(]/)
            name = substr(name, 2)
        else if (name ~ /^\[/)
            name = substr(name, 2, length(name) - 2)
        if (name in glyph)
            out = out glyph[name]
        else
            unknown = unknown " \\" name
        if (name == "\"")
            text = ""
    }
    return out text
}

# The arguments of a macro, with gap between them.
function arguments(text, gap,    out, word) {
    out = ""
    sub(/^\.[A-Za-z]+ */, "", text)
    while (text != "") {
        if (match(text, /^"([^"]|"")*("|$)/)) {
            word = substr(text, 2, RLENGTH - 1)
            sub(/"$/, "", word)
            gsub(/""/, "\"", word)
        } else {
            match(text, /^[^ ]+/)
            word = substr(text, 1, RLENGTH)
        }
        text = substr(text, RLENGTH + 1)
        sub(/^ +/, "", text)
        out = out (out == "" ? "" : gap) plain(word)
    }
    return out
}

# What any line says; a macro that is neither a heading nor a font says nothing.
function says(line) {
    if (line ~ /^\.(BI|BR|IB|IR|RB|RI) /)
        return arguments(line, "")
    if (line ~ /^\.(B|I|SB|SM|SH|SS) /)
        return arguments(line, " ")
    return line ~ /^[.']/ ? "" : plain(line)
}

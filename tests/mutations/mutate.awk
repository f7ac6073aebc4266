# SPDX-License-Identifier: Apache-2.0
# mutate.awk MUTATION FILE...: makes the changes of the mutation in place and prints which files
# it changed. Each hunk must stand in one place of one file; otherwise nothing is changed, and the
# exit status is 1. What a mutation looks like is told in check-mutations.

function begin_hunk()
{
    hunks++
    old[hunks] = new[hunks] = ""
}

# The file that has it, which must be one, with the text in one place
function place_of(text, file, found, at)
{
    found = ""
    for (file in content) {
        at = index(content[file], text)
        if (!at)
            continue
        if (found != "" || index(substr(content[file], at + 1), text)) {
            complaint = "stands in more than one place"
            return ""
        }
        found = file
    }
    complaint = "is not to be found"
    return found
}

FILENAME == ARGV[1] {
    if (/^#/ || /^checks:/ || /^limit:/)
        next
    if (!hunks || /^@@/)
        begin_hunk()
    if (/^[ -]/)
        old[hunks] = old[hunks] substr($0, 2) "\n"
    if (/^[ +]/)
        new[hunks] = new[hunks] substr($0, 2) "\n"
    next
}

{ content[FILENAME] = content[FILENAME] $0 "\n" }

END {
    for (i = 1; i <= hunks; i++) {
        file = place_of(old[i])
        if (file == "" || old[i] == "") {
            print "does not apply: hunk " i " " complaint
            exit 1
        }
        at = index(content[file], old[i])
        content[file] = substr(content[file], 1, at - 1) new[i] \
            substr(content[file], at + length(old[i]))
        changed[file] = 1
    }
    if (!hunks) {
        print "does not apply: it has no hunk"
        exit 1
    }
    for (file in changed) {
        printf "%s", content[file] > file
        print file
    }
}

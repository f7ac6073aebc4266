# SPDX-License-Identifier: Apache-2.0
# The sources of the Rust crate, laid out by rustfmt, become their public declarations, a line each,
# without comments and bodies; members follow their type, indented, in their order. That what is
# public in a file can be reached from outside is the compiler's to see (unreachable_pub). The crate's
# macros are known here by name, and come out themselves as well. Each line comes with a key by
# which the whole is sorted.

function clean(s) {
    gsub(/[ \t]+/, " ", s)
    gsub(/^ | $/, "", s)
    gsub(/\( /, "(", s)
    gsub(/,? \)/, ")", s)
    return s
}

function put(key, line) {
    keys[++lines] = key
    text[lines] = line
    from[lines] = FILENAME
}

# The attributes that stand before an item, then none
function attributes(    s) {
    s = noted
    noted = ""
    return s
}

function member(s) {
    s = clean(s)
    sub(/,$/, "", s)
    put(type, "    " attributes() s)
}

function item(name, s) {
    put(name, attributes() clean(s))
    is_item[lines] = 1
    is_public[name] = 1
}

# A declaration without its body
function bare(s) {
    sub(/,? *(\{\}|\{|;)$/, "", s)
    return s
}

# The type that an impl is about
function about(s) {
    sub(/^(unsafe )?impl(<.*>)? (.* for )?/, "", s)
    sub(/[<: ].*/, "", s)
    return s
}

function implementation(s) {
    s = bare(s)
    type = "2" about(s)
    in_trait_impl = s ~ / for /
    if (in_trait_impl)
        member(s)
    noted = ""
}

function declaration(s,    name) {
    name = s
    sub(/^pub (unsafe |const |async )*[a-z]+ /, "", name)
    sub(/[^A-Za-z0-9_].*/, "", name)
    if (s ~ /^pub (fn|unsafe fn|const|use|mod|type)/) {
        if (s ~ /^pub mod/)
            is_module["/" name ".rs"] = name ": "
        item((s ~ /^pub (use|mod)/ ? "0" : "1") name, bare(s))
        return
    }
    type = "2" name
    is_open = s ~ /\{$/
    in_enum = s ~ /^pub enum/
    in_trait = s ~ /^pub trait/
    sub(/\(.*/, "", s) # fields that are not public
    item(type, bare(s))
}

function no_item() {
    is_open = in_enum = in_trait = in_trait_impl = 0
    macro = noted = ""
}

function mirrored(s) {
    name = s
    sub(/:.*/, "", name)
    type = "2" clean(name)
    item(type, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)] #[non_exhaustive] pub enum " name)
}

function viewed(s) {
    name = s
    sub(/\(.*/, "", name)
    type = "2" clean(name)
    item(type, "#[derive(Clone, Copy)] pub struct " name)
    member("impl fmt::Debug for " name)
}

# A line inside of a macro's call
function expand(s) {
    if (macro == "mirror" && s ~ /^    [A-Z].*\{$/)
        mirrored(s)
    else if (macro == "view" && s ~ /^    [A-Z].*\{$/)
        viewed(s)
    else if (macro == "mirror" && s ~ / = /)
        member(s)
    else if (macro == "view" && s ~ /: /)
        member("pub fn " clean(substr(s, 1, index(s, ":") - 1)) "(&self) ->" substr(s, index(s, ":") + 1))
    else if (macro == "setters" && s ~ /: /)
        setter(s)
    else if (macro == "calls" && s ~ /;$/)
        call(s)
}

function setter(s,    name) {
    name = clean(substr(s, 1, index(s, ":") - 1))
    s = substr(s, index(s, ":") + 2)
    sub(/( => .*)?,$/, "", s)
    member("#[must_use] pub fn " name "(mut self, value: " s ") -> Self")
}

function call(s) {
    type = "2Engine"
    sub(/\(/, "<F>(\\&self, ", s)
    sub(/, \)/, ")", s)
    sub(/\);$/, ", callback: F) -> Result<RequestHandle> where F: FnOnce(Result<usize>) + Send + 'static", s)
    member("pub unsafe fn " clean(s))
}

FNR == 1 {
    no_item()
    type = held = ""
}

# A declaration goes on until its line ends in one of these
held != "" {
    held = held " " clean($0)
    if (/[{;]$/ || /\{\}$/) {
        complete = held
        held = ""
        take(complete)
    }
    next
}

/^ *\/\// || /^$/ || /^#!\[/ { next }

/^macro_rules!/ { in_definition = 1; definition = $2 }
in_definition {
    put("3" definition, ($0 ~ /^macro/ ? "" : "    ") clean($0))
    if (/^}/)
        in_definition = 0
    next
}

/^pub\(crate\) trait/ { is_private[substr($3, 1, match($3 ":", /[^A-Za-z]/) - 1)] = 1 }

/^ *[a-z_]+! \{$/ {
    macro = clean($0)
    sub(/!.*/, "", macro)
    if (macro !~ /^(mirror|view|setters|calls|thread_local)$/)
        fail("does not know the macro " macro)
    ends = substr($0, 1, match($0, /[a-z]/) - 1) "}"
    next
}
macro != "" {
    if ($0 == ends)
        macro = ""
    else
        expand($0)
    next
}

/^ *#\[/ {
    if (/#\[(cfg|derive|must_use|non_exhaustive|deprecated)/)
        noted = noted clean($0) " "
    next
}

/^}/ { no_item(); next }

/^pub [a-z]/ || /^(unsafe )?impl/ || (/^    pub [a-z]/ && !in_trait_impl) || (in_trait && /^    [a-z]/) {
    if (/[{;]$/ || /\{\}$/)
        take($0)
    else
        held = $0
    next
}

in_enum && /^    [A-Z]/ { member($0); next }

{ noted = "" }

function take(s) {
    if (s ~ /^(unsafe )?impl/)
        implementation(s)
    else if (s ~ /^pub/)
        declaration(s)
    else
        member(bare(s))
}

function fail(why) {
    print FILENAME ":" FNR ": the snapshot " why >"/dev/stderr"
    exit (failed = 1)
}

# Members of what is not public go, and so do its traits; what is public of a module is told with it.
function is_told(i,    words, n) {
    if (keys[i] !~ /^2/ || is_public[keys[i]] && text[i] !~ /^    (unsafe )?impl/)
        return 1
    n = split(text[i], words, /[^A-Za-z]+/)
    told = 0
    for (; n; n--) {
        if (words[n] in is_private)
            return 0
        told += is_public["2" words[n]]
    }
    return told
}

END {
    if (failed)
        exit failed
    for (i = 1; i <= lines; i++) {
        module = from[i]
        sub(/.*\//, "/", module)
        if (is_told(i))
            printf "%s\t%05d\t%s%s\n", keys[i], i, is_item[i] ? is_module[module] : "", text[i]
    }
}

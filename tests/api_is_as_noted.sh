#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The public interfaces are those of the snapshots in api/, and whatever is changed of them is seen
# there.
# shellcheck disable=SC2016 # Rust and tables have dollars and backquotes
# shellcheck source=tests/tap.sh
. "${top_srcdir:=.}/tests/tap.sh"
set -e

: "${CC:=cc}"
export CC
snapshot=$top_srcdir/api/snapshot

is_as_noted() {
    "$snapshot" "$1" "$top_srcdir" >"$scratch/now" &&
        diff -u "$top_srcdir/api/$1.txt" "$scratch/now" && return
    echo 'CONTRIBUTING.md tells what to do for a change; "make api-snapshot" accepts this one.'
    return 1
}

# changes NAME FILE SED-COMMAND: makes the snapshot NAME of a tree with FILE so changed, which it was
changes() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/bindings/rust/auraio" "$scratch/tree/docs"
    cp -r "$top_srcdir/include" "$scratch/tree"
    cp -r "$top_srcdir/bindings/rust/Cargo.toml" "$scratch/tree/bindings/rust"
    cp -r "$top_srcdir/bindings/rust/auraio/Cargo.toml" "$top_srcdir/bindings/rust/auraio/src" \
        "$scratch/tree/bindings/rust/auraio"
    cp "$top_srcdir/docs/metrics.md" "$scratch/tree/docs"
    chmod -R u+w "$scratch/tree"
    sed "$3" "$top_srcdir/$2" >"$scratch/tree/$2"
    ! cmp -s "$top_srcdir/$2" "$scratch/tree/$2" && "$snapshot" "$1" "$scratch/tree" >"$scratch/changed"
}

# is_seen SED-COMMAND [NAME FILE]: a change of auraio.h, or of FILE, makes another snapshot
is_seen() {
    changes "${2-c}" "${3-include/auraio.h}" "$1" && ! cmp "$top_srcdir/api/${2-c}.txt" "$scratch/changed"
}

is_not_seen() {
    changes "${2-c}" "${3-include/auraio.h}" "$1" && cmp "$top_srcdir/api/${2-c}.txt" "$scratch/changed"
}

for file in "$top_srcdir"/api/*.txt; do
    name=$(basename "$file" .txt)
    ok "the interface is that of api/$name.txt" is_as_noted "$name"
done
ok 'seen: the value of a macro' is_seen 's/\(AURAIO_CHAIN_MAX\) 32/\1 33/'
ok 'seen: the value of an enumerator' is_seen 's/\(AURAIO_OPF_SHORT =\) 2/\1 4/'
ok 'seen: a new enumerator' is_seen 's/AURAIO_OPF_SHORT = 2/&, AURAIO_OPF_NEW = 4/'
ok 'seen: the type of a field' is_seen 's/uint64_t searches;/int64_t searches;/'
ok 'seen: a field inside a field' is_seen 's/uint64_t raw\[3\]/uint64_t raw[4]/'
ok 'seen: two fields that change places' is_seen '/int queued;/d
    s/int in_flight;/int queued; int in_flight;/'
ok 'seen: a parameter' is_seen 's/auraio_wait(auraio_engine_t \*engine, int/&64_t/'
ok 'seen: the name of a parameter' is_seen 's/double percentile)/double share)/'
ok 'seen: a removed function' is_seen '/^int auraio_poll(/d'
ok 'seen: a callback' is_seen 's/(\*auraio_callback_t)(/&int one, /'
ok 'seen: what an inline function does' is_seen 's/INT_MIN + index/INT_MIN + 1 + index/'
ok 'not seen: comments and layout' is_not_seen 's,int auraio_poll(,int\n    /* it */  auraio_poll( ,'

ok 'seen: a flag of libauraio-prom' is_seen 's/AURAIO_PROM_RINGS = 2,/&\n    AURAIO_PROM_NEW = 8,/' prom include/auraio_prometheus.h
ok 'seen: what libauraio-prom sends as its type' is_seen 's/version=0.0.4/version=0.0.5/' prom include/auraio_prometheus.h
ok 'seen: a parameter of libauraio-prom' is_seen 's/size_t cap, unsigned flags/size_t cap, int flags/' prom include/auraio_prometheus.h
ok 'not seen: comments of libauraio-prom' is_not_seen 's,ssize_t auraio_prom_format(,ssize_t  /* it */ auraio_prom_format( ,' prom include/auraio_prometheus.h

ok 'seen: a parameter in C++' is_seen 's/int cancel_fd(FileRef file)/int cancel_fd(int file)/' cxx include/auraio/engine.hpp
ok 'seen: a default in C++' is_seen 's/wait(Timeout timeout = Timeout::none())/wait(Timeout timeout)/' cxx include/auraio/engine.hpp
ok 'seen: a member that is not public any more' is_seen 's/^    int ring_index() const/  private:\n&/' cxx include/auraio/stats.hpp
ok 'seen: a base in C++' is_seen 's/class Error : public std::system_error/class Error/' cxx include/auraio/error.hpp
ok 'seen: a function of a base in namespace detail' is_seen 's/Request fdatasync(/Request datasync(/' cxx include/auraio/detail/engine_operations.hpp
ok 'seen: what a concept asks' is_seen 's/handler(level, message);/handler(message);/' cxx include/auraio/log.hpp
ok 'seen: an enumerator in C++' is_seen 's/round_robin = AURAIO_SELECT_ROUND_ROBIN/turns = AURAIO_SELECT_ROUND_ROBIN/' cxx include/auraio/options.hpp
ok 'not seen: a body, a comment and what is private in C++' is_not_seen 's/return fd_;/return fd_ + 0; \/\/ it/; s/    int fd_;/    long fd_;/' cxx include/auraio/buffer.hpp
ok 'seen: a type in Rust' is_seen 's/pub fn cancel_fd(&self, fd: RawFd)/pub fn cancel_fd(\&self, fd: i64)/' rust bindings/rust/auraio/src/engine.rs
ok 'seen: an option in Rust' is_seen '/^        queue_depth: i32,/d' rust bindings/rust/auraio/src/options.rs
ok 'seen: a function of a macro in Rust' is_seen 's/pub unsafe fn $name/pub fn $name/' rust bindings/rust/auraio/src/submit.rs
ok 'seen: a trait less in Rust' is_seen 's/^unsafe impl Send for Buffer/unsafe impl Sync for BufferRef/' rust bindings/rust/auraio/src/buffer.rs
ok 'seen: a variant in Rust' is_seen '/^    Cancelled,/d' rust bindings/rust/auraio/src/error.rs
ok 'seen: a feature in Rust' is_seen 's/^tokio = /tokio1 = /' rust bindings/rust/auraio/Cargo.toml
ok 'not seen: bodies and what is hidden in Rust' is_not_seen 's/len: capacity, capacity,/capacity, len: capacity,/; s/pub(crate) fn as_iovec/pub(crate) fn as_io_vec/' rust bindings/rust/auraio/src/buffer.rs
ok 'seen: a label of a metric' is_seen 's/`pid`, `name`, `errno`/`pid`, `name`, `error`/' metrics docs/metrics.md
ok 'seen: a type of a metric' is_seen 's/`auraio_queued` | gauge/`auraio_queued` | counter/' metrics docs/metrics.md
finish

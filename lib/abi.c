/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary interface, held at compile time: a change of auraio.h that moves a
 * field or a size which callers were built with does not compile. It has no code
 * and no data. Field after field is of its natural alignment, so the figures are
 * the same on 32 and 64 bits, but where pointers and size_t are laid out: there
 * P is the size of a pointer.
 */
#include <auraio.h>

#include <stddef.h>

#define P sizeof(void *)

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define OFFSET(type, field, bytes)                                                                 \
    _Static_assert(offsetof(type, field) == (bytes), #field " in " #type)

/* What is reserved at the end, in bytes; nothing follows it. */
#define RESERVED(type, field, bytes)                                                               \
    _Static_assert(sizeof(((type *)NULL)->field) == (bytes) &&                                     \
                       offsetof(type, field) + (bytes) == sizeof(type),                            \
                   #field " at the end of " #type)

/* Enumerations are passed, and stored in structures, as an int (no -fshort-enums). */
SIZE(auraio_buf_type_t, 4);
SIZE(auraio_ring_select_t, 4);
SIZE(auraio_overflow_t, 4);
SIZE(auraio_control_t, 4);
SIZE(auraio_backend_t, 4);
SIZE(auraio_op_type_t, 4);
SIZE(auraio_fsync_flags_t, 4);
SIZE(auraio_phase_t, 4);
SIZE(mode_t, 4);
SIZE(bool, 1);

/* The caller fills it, by value: a word for the type, two for the place. */
SIZE(auraio_buf_t, 3 * P);
OFFSET(auraio_buf_t, u.ptr, P);
OFFSET(auraio_buf_t, u.fixed.index, P);
OFFSET(auraio_buf_t, u.fixed.offset, 2 * P);

/* An array of these is walked by stride: 128 bytes everywhere and for good. */
SIZE(auraio_op_t, 128);
OFFSET(auraio_op_t, type, 0);
OFFSET(auraio_op_t, flags, 4);
OFFSET(auraio_op_t, fd, 8);
OFFSET(auraio_op_t, rw_flags, 12);
OFFSET(auraio_op_t, offset, 16);
OFFSET(auraio_op_t, timeout_ms, 24);
OFFSET(auraio_op_t, ioprio, 28);
OFFSET(auraio_op_t, reserved0, 30);
OFFSET(auraio_op_t, iovcnt, 32);
OFFSET(auraio_op_t, reserved1, 36);
OFFSET(auraio_op_t, args, 40);
OFFSET(auraio_op_t, iov, 64);
OFFSET(auraio_op_t, len, 64 + P);
OFFSET(auraio_op_t, buf, 64 + 2 * P);
OFFSET(auraio_op_t, callback, 64 + 5 * P);
OFFSET(auraio_op_t, user_data, 64 + 6 * P);
RESERVED(auraio_op_t, reserved2, 64 - 7 * P);

/* No member of the union outgrows raw, so that a new one cannot move what follows. */
SIZE(((auraio_op_t *)NULL)->args, sizeof(uint64_t[3]));
OFFSET(auraio_op_t, args.openat.flags, 40 + P);
OFFSET(auraio_op_t, args.openat.mode, 44 + P);
OFFSET(auraio_op_t, args.statx.out, 40 + P);
OFFSET(auraio_op_t, args.statx.flags, 40 + 2 * P);
OFFSET(auraio_op_t, args.statx.mask, 44 + 2 * P);
OFFSET(auraio_op_t, args.fallocate.mode, 48);
OFFSET(auraio_op_t, args.sync_file_range.flags, 48);
OFFSET(auraio_op_t, args.fadvise.advice, 48);
OFFSET(auraio_op_t, args.renameat.newpath, 40 + P);
OFFSET(auraio_op_t, args.renameat.newdirfd, 40 + 2 * P);
OFFSET(auraio_op_t, args.renameat.flags, 44 + 2 * P);
OFFSET(auraio_op_t, args.unlinkat.flags, 40 + P);
OFFSET(auraio_op_t, args.mkdirat.mode, 40 + P);

/*
 * The caller has the memory, auraio_options_init fills it: a field may be cut from the reserved
 * end, nothing else may move. On 32 bits a double is aligned to 4 bytes on some machines (i386) and
 * to 8 on others (arm): the whole is counted from where it stands.
 */
#define AFTER_DOUBLE (offsetof(auraio_options_t, max_p99_latency_ms) + sizeof(double))
OFFSET(auraio_options_t, struct_size, 0);
OFFSET(auraio_options_t, queue_depth, P);
OFFSET(auraio_options_t, ring_count, P + 4);
OFFSET(auraio_options_t, initial_in_flight, P + 8);
OFFSET(auraio_options_t, min_in_flight, P + 12);
_Static_assert(offsetof(auraio_options_t, max_p99_latency_ms) == 24 ||
                   (P == 4 && offsetof(auraio_options_t, max_p99_latency_ms) == 20),
               "max_p99_latency_ms in auraio_options_t");
OFFSET(auraio_options_t, buffer_alignment, AFTER_DOUBLE);
OFFSET(auraio_options_t, disable_adaptive, AFTER_DOUBLE + P);
OFFSET(auraio_options_t, enable_sqpoll, AFTER_DOUBLE + P + 1);
OFFSET(auraio_options_t, single_thread, AFTER_DOUBLE + P + 2);
OFFSET(auraio_options_t, report_short, AFTER_DOUBLE + P + 3);
OFFSET(auraio_options_t, resolve_registered_files, AFTER_DOUBLE + P + 4);
OFFSET(auraio_options_t, control, AFTER_DOUBLE + P + 8);
OFFSET(auraio_options_t, overflow, AFTER_DOUBLE + P + 12);
OFFSET(auraio_options_t, ring_select, AFTER_DOUBLE + P + 16);
OFFSET(auraio_options_t, sqpoll_idle_ms, AFTER_DOUBLE + P + 20);
OFFSET(auraio_options_t, batch_threshold, AFTER_DOUBLE + P + 24);
OFFSET(auraio_options_t, backend, AFTER_DOUBLE + P + 28);
OFFSET(auraio_options_t, backend_threads, AFTER_DOUBLE + P + 32);
OFFSET(auraio_options_t, publish_stats, AFTER_DOUBLE + P + 36);
OFFSET(auraio_options_t, name, AFTER_DOUBLE + P + 40);
_Static_assert(sizeof(auraio_options_t) == 176 || (P == 4 && sizeof(auraio_options_t) == 168),
               "size of auraio_options_t");
RESERVED(auraio_options_t, reserved, 64);

/* The library fills these: a field may be cut from the reserved end, nothing else may move. */
SIZE(auraio_stats_t, 176);
OFFSET(auraio_stats_t, current_throughput_bps, 24);
OFFSET(auraio_stats_t, current_in_flight, 40);
OFFSET(auraio_stats_t, reserved0, 60);
OFFSET(auraio_stats_t, adaptive_spills, 64);
OFFSET(auraio_stats_t, abandoned, 104);
RESERVED(auraio_stats_t, reserved, 64);

SIZE(auraio_ring_stats_t, 112);
OFFSET(auraio_ring_stats_t, pending_count, 16);
OFFSET(auraio_ring_stats_t, p99_latency_ms, 32);
OFFSET(auraio_ring_stats_t, phase, 48);
OFFSET(auraio_ring_stats_t, flags, 56);
OFFSET(auraio_ring_stats_t, reserved0, 60);
RESERVED(auraio_ring_stats_t, reserved, 48);

SIZE(auraio_target_stats_t, 128);
OFFSET(auraio_target_stats_t, limit, 8);
OFFSET(auraio_target_stats_t, phase, 20);
OFFSET(auraio_target_stats_t, reserved0, 28);
OFFSET(auraio_target_stats_t, baseline_p99_ms, 32);
OFFSET(auraio_target_stats_t, searches, 64);
OFFSET(auraio_target_stats_t, limit_changes, 72);
RESERVED(auraio_target_stats_t, reserved, 48);

SIZE(auraio_histogram_t, 4 * AURAIO_HISTOGRAM_BUCKETS + 56);
OFFSET(auraio_histogram_t, overflow, 4 * AURAIO_HISTOGRAM_BUCKETS);
OFFSET(auraio_histogram_t, total_count, 4 * AURAIO_HISTOGRAM_BUCKETS + 8);
OFFSET(auraio_histogram_t, max_tracked_us, 4 * AURAIO_HISTOGRAM_BUCKETS + 16);
RESERVED(auraio_histogram_t, reserved, 32);
_Static_assert(AURAIO_HISTOGRAM_BUCKETS == 1792, "buckets of auraio_histogram_t");

SIZE(auraio_buffer_stats_t, 64);
OFFSET(auraio_buffer_stats_t, cached_bytes, 16);
OFFSET(auraio_buffer_stats_t, shard_count, 24);
OFFSET(auraio_buffer_stats_t, reserved0, 28);
RESERVED(auraio_buffer_stats_t, reserved, 32);

SIZE(auraio_features_t, 312);
OFFSET(auraio_features_t, uring_errno, 4);
OFFSET(auraio_features_t, reason, 8);
OFFSET(auraio_features_t, kernel_release, 136);
OFFSET(auraio_features_t, liburing_built, 200);
OFFSET(auraio_features_t, liburing_running, 216);
OFFSET(auraio_features_t, available, 232);
OFFSET(auraio_features_t, used, 240);
RESERVED(auraio_features_t, reserved, 64);

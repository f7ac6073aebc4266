/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of lib/events.h: waiters that sleep in a ring or in epoll,
 * submitters that gather and send, a kernel that completes, a thread that wakes
 * everybody. Names follow the C code; a ring's lock is taken step by step, so
 * that everything outside it interleaves with everything else.
 *
 * When nothing can move any more (timeout), every operation must have been
 * delivered and the wake-up seen: a waiter that sleeps then has a right to.
 * Defining one of the NO_ names leaves out one step of the protocol; the check
 * must fail then (tests/model/check-model).
 */
#define RINGS 2
#ifndef WAITERS
#define WAITERS 2
#define SUBMIT_0 1 /* submissions to ring 0 */
#define SUBMIT_1 1
#define WAKES 0
#endif

#define AWAKE 0
#define PREPARING 1
#define EPOLL 2
#define IN_RING 3

bool lock[RINGS];
byte unsent[RINGS];   /* gathered */
byte inkernel[RINGS]; /* taken by the kernel */
byte cq[RINGS];       /* completions of operations */
bool wakecq[RINGS];   /* the armed poll's completion */
bool armed[RINGS];
byte pending[RINGS]; /* accepted, not delivered */
bool watched[RINGS]; /* by epoll */
bool busy[RINGS];  /* the bit in the engine's set */

byte sleeper = AWAKE;
bool event_fd, signalled;
bool seat_taken;
byte wake_seq;
#ifdef NO_OWN_MEMORY
byte wake_seen; /* one for all waiters: what any of them has answered */
#endif
byte to_deliver; /* operations not delivered yet */
byte woken;      /* waiters that saw the wake-up */

inline take(r) { atomic { !lock[r] -> lock[r] = true } }
inline drop(r) { lock[r] = false }

inline kick()
{
    event_fd = true;
    signalled = true;
}

/* Lock held. */
inline flush(r)
{
    d_step {
        inkernel[r] = inkernel[r] + unsent[r];
        unsent[r] = 0;
    }
}

/* Lock held. What is reaped is delivered by this thread. */
inline reap(r, got)
{
    d_step {
        got = got + cq[r];
        to_deliver = to_deliver - cq[r];
        pending[r] = pending[r] - cq[r];
        cq[r] = 0;
        if
        :: wakecq[r] ->
            wakecq[r] = false;
#ifdef NO_REARM
            armed[r] = false
#else
            armed[r] = (sleeper == IN_RING + r)
#endif
        :: else
        fi
    }
}

/* The kernel's side of an armed poll: fires when the descriptor is readable. */
proctype poller(byte r)
{
end:
    do
    :: d_step { armed[r] && !wakecq[r] && event_fd -> wakecq[r] = true }
    od
}

proctype kernel(byte r)
{
end:
    do
    :: d_step { inkernel[r] > 0 -> inkernel[r]--; cq[r]++ }
    od
}

proctype submitter(byte r)
{
    byte s;

    take(r);
    unsent[r]++;
    pending[r]++;
    if
    :: !busy[r] ->
        busy[r] = true;
        s = sleeper;
#ifndef NO_KICK_ON_ACTIVATION
        if
        :: s == PREPARING || s >= IN_RING -> kick()
#ifndef NO_KICK_UNWATCHED
        :: s == EPOLL && !watched[r] -> kick()
#endif
        :: else
        fi
#endif
    :: else
    fi;
    s = sleeper;
#ifndef NO_SEND_FOR_SLEEPER
    if
    :: s != AWAKE -> flush(r)
    :: else
    fi;
#endif
    drop(r)
}

proctype waker()
{
    wake_seq++;
    kick()
}

inline poll_rings(got)
{
    if
    :: signalled ->
        atomic { was = signalled; signalled = false };
        if
        :: was ->
            event_fd = false;
#ifndef NO_KICK_AFTER_CLEAR
            s = sleeper;
            if
            :: s != AWAKE -> kick()
            :: else
            fi
#endif
        :: else
        fi
    :: else
    fi;
    r = 0;
    do
    :: r < RINGS ->
        if
        :: busy[r] ->
            take(r);
            reap(r, got);
            drop(r)
        :: else
        fi;
        r++
    :: else -> break
    od
}

/* A ring looked at before the sleep: sent, and idle ones leave the set. */
inline visit()
{
    take(r);
    flush(r);
    if
    :: cq[r] > 0 -> ready = true
    :: else
    fi;
#ifndef NO_WATCH
    watched[r] = true;
#endif
    if
    :: pending[r] == 0 -> busy[r] = false
    :: else
    fi;
    drop(r)
}

proctype waiter()
{
    byte got, r, only, s;
    byte seen;
    bool ready, was, slept;

call:
#ifdef NO_OWN_MEMORY
    seen = wake_seen;
#endif
again:
    got = 0;
    poll_rings(got);
    if
    :: wake_seq != seen ->
        seen = wake_seq;
#ifdef NO_OWN_MEMORY
        wake_seen = seen;
#endif
        woken++
    :: else
    fi;
    if
    :: got > 0 ->
        /* between two calls: what callbacks gathered is sent before the call returns */
        goto call
    :: else
    fi;

end_follower:
    /* a follower sleeps on the condition; every leaver of the seat signals one */
    atomic { !seat_taken || wake_seq != seen -> if :: !seat_taken -> seat_taken = true; slept = true :: else -> slept = false fi };
    if
    :: !slept -> goto again
    :: else
    fi;

    sleeper = PREPARING;
#ifndef NO_LOOK_AFTER_PREPARING
    if
    :: wake_seq != seen -> goto leave
    :: else
    fi;
#endif
    only = RINGS;
    slept = false;
    was = busy[0]; /* ring by ring: in between another one may become active */
    if
    :: was && !busy[1] -> only = 0
    :: !was && busy[1] -> only = 1
    :: else
    fi;
    if
    :: only < RINGS ->
        r = only;
        take(r);
        if
        :: cq[r] > 0 -> drop(r); goto leave
        :: else
        fi;
        if
        :: pending[r] > 0 ->
#ifndef NO_WAKE_POLL
            armed[r] = true;
#endif
            sleeper = IN_RING + r;
            drop(r);
            /* io_uring_enter: sends what was gathered, then sleeps */
            flush(r);
end_in_ring:
            (cq[r] > 0 || wakecq[r]) -> slept = true
        :: else -> drop(r)
        fi
    :: else
    fi;
    if
    :: !slept ->
        ready = false;
        r = 0;
        do
        :: r < RINGS ->
            if
            :: busy[r] -> visit()
            :: else
            fi;
            r++
        :: else -> break
        od;
        if
        :: ready -> goto leave
        :: else
        fi;
        sleeper = EPOLL;
end_epoll:
        (((cq[0] > 0 || wakecq[0]) && watched[0]) ||
         ((cq[1] > 0 || wakecq[1]) && watched[1]) || event_fd) -> skip
    :: else
    fi;
leave:
    sleeper = AWAKE;
    seat_taken = false;
    goto again
}

init
{
    byte i;

    atomic {
        to_deliver = SUBMIT_0 + SUBMIT_1;
#ifndef HANG /* the device behind ring 0 never answers */
        run kernel(0);
#endif
        run kernel(1);
        run poller(0);
        run poller(1);
        i = 0;
        do
        :: i < SUBMIT_0 -> run submitter(0); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < SUBMIT_1 -> run submitter(1); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WAKES -> run waker(); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WAITERS -> run waiter(); i++
        :: else -> break
        od
    }
    timeout;
#ifdef HANG
    assert(to_deliver == SUBMIT_0);
#else
    assert(to_deliver == 0);
#endif
    assert(unsent[0] == 0 && unsent[1] == 0);
    assert(woken >= WAITERS * (WAKES > 0))
}

/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The data that library and device publish to each other through rings: send descriptors in
 * write-combining memory and receive descriptors in host memory, each with its doorbell, and
 * completions by phase. Models src/os/barrier.h, efa_send_queue_put and _ring in
 * src/queue/compose.h, store and ring_doorbell in post_recv.c, efa_sub_cq_look and efa_cq_pass in
 * consume.h, efa_cq_next_sub_cq in completion_queue.c, and the order of efa_poll_cq: entry, copy,
 * return of the request id. Only the return allows the entry's slot to be written again.
 *
 * Proven for all interleavings and store orders, over several laps of rings of two: after each
 * doorbell the device finds the complete descriptors of that doorbell; no send descriptor arrives
 * before the doorbell of an earlier batch, because the device would count it to that batch; the
 * poller takes each completion once, in order and complete.
 *
 * Each of these breaks the code, and must be found:
 * variant NO_FLUSH: no sfence between send descriptors and doorbell
 * variant FLUSH_LAST: the sfence comes after the doorbell
 * variant NO_ORDER_WITHOUT_LOCK: with a thread domain no sfence replaces the lock
 * variant NO_ORDER_IN_A_CALL: no sfence between a doorbell and the next batch of the same call
 * variant RELAXED_DOORBELL: the receive doorbell is a relaxed store
 * variant DOORBELL_FIRST: the receive doorbell rings before the descriptor is stored
 * variant EARLY_ENTRY: the load of the phase is not an acquire, and the entry is loaded before it
 * variant ONE_PHASE: the expected phase does not change with the lap
 * variant RETURN_FIRST: the request id is returned before the entry is copied
 */
#define RING 2
#ifndef MESSAGES
#define MESSAGES 5
#endif

/* A descriptor, and an entry: each has two pieces, which are stored or loaded separately. */
#define SEND(i) (2 * (i))
#define RECV(i) (2 * RING + 2 * (i))
#define ENTRY(i) (4 * RING + 2 * (i)) /* the head, with the phase; then the rest */
#define SEND_DOORBELL (6 * RING)
#define RECV_DOORBELL (6 * RING + 1)

#define LOCATIONS (RECV_DOORBELL + 1)
#define AGENTS 3
#define CAPACITY 5

/* For the send in each slot: how many had been announced when its batch began. */
byte announced[RING];

/* A descriptor of a batch comes after the doorbells of the batches before. */
#define ARRIVES(location, value)                                   \
    if                                                             \
    :: location < 2 * RING ->                                      \
        assert(memory[SEND_DOORBELL] >= announced[(location) / 2]) \
    :: else                                                        \
    fi
#include "weak_memory.pml"

/* The phase of a message's lap: first 1, because rings start as zeros. */
#define PHASE(message) ((message / RING + 1) % 2)

#define SENDER 0
#define RECEIVER 1
#define DEVICE 2

/* Returned requests, which allow others to be posted. request_table.pml models the return of
 * ids. */
byte sends_returned, recvs_returned;

#ifdef RELAXED_DOORBELL
#define DOORBELL_ORDER RELAXED
#else
#define DOORBELL_ORDER RELEASE
#endif

/*
 * Batches of one or two, into write-combining memory; a call has one or several. The locked
 * instruction of the lock orders the first batch of a call, like a flush, or a flush replaces it. A
 * flush orders each other batch.
 */
proctype sender()
{
    byte posted, count, rung;

    do
    :: posted < MESSAGES ->
        sends_returned + RING > posted;
        if
        :: skip ->
#ifndef NO_ORDER_WITHOUT_LOCK
            flush(SENDER)
#else
            skip
#endif
        :: posted > 0 ->
#ifndef NO_ORDER_IN_A_CALL
            flush(SENDER)
#else
            skip
#endif
        fi;
        count = 0;
        rung = posted;
        do
        :: posted < MESSAGES && count < 2 && posted < sends_returned + RING ->
            announced[posted % RING] = rung;
            store(SENDER, SEND(posted % RING), posted + 1, COMBINED);
            store(SENDER, SEND(posted % RING) + 1, posted + 1, COMBINED);
            posted++;
            count++
        :: count > 0 -> break
        od;
#if !defined(NO_FLUSH) && !defined(FLUSH_LAST)
        flush(SENDER);
#endif
        store(SENDER, SEND_DOORBELL, posted, RELEASE);
#ifdef FLUSH_LAST
        flush(SENDER)
#else
        skip
#endif
    :: else -> break
    od
}

/* One by one, into host memory. */
proctype receiver()
{
    byte posted;

    do
    :: posted < MESSAGES ->
        recvs_returned + RING > posted;
#ifdef DOORBELL_FIRST
        store(RECEIVER, RECV_DOORBELL, posted + 1, DOORBELL_ORDER);
#endif
        store(RECEIVER, RECV(posted % RING), posted + 1, RELAXED);
        store(RECEIVER, RECV(posted % RING) + 1, posted + 1, RELAXED);
#ifndef DOORBELL_FIRST
        store(RECEIVER, RECV_DOORBELL, posted + 1, DOORBELL_ORDER);
#endif
        posted++
    :: else -> break
    od
}

/* Fetches what the doorbells announce, and completes each send when it has a receive for it. */
proctype device()
{
    byte sends, recvs, done;

end:
    do
    :: atomic {
        memory[SEND_DOORBELL] > sends ->
            assert(memory[SEND(sends % RING)] == sends + 1);
            assert(memory[SEND(sends % RING) + 1] == sends + 1);
            sends++
    }
    :: atomic {
        memory[RECV_DOORBELL] > recvs ->
            assert(memory[RECV(recvs % RING)] == recvs + 1);
            assert(memory[RECV(recvs % RING) + 1] == recvs + 1);
            recvs++
    }
    :: done < sends && done < recvs ->
        store(DEVICE, ENTRY(done % RING) + 1, done + 1, RELAXED);
        store(DEVICE, ENTRY(done % RING), PHASE(done), RELEASE);
        done++
    od
}

proctype poller()
{
    byte polled;
    short rest;

    do
    :: polled < MESSAGES ->
#ifdef EARLY_ENTRY
        rest = memory[ENTRY(polled % RING) + 1];
#endif
        /* Polls that find nothing are not modelled: the poller waits for the expected phase. */
#ifdef ONE_PHASE
        memory[ENTRY(polled % RING)] == 1;
#else
        memory[ENTRY(polled % RING)] == PHASE(polled);
#endif
#ifdef RETURN_FIRST
        atomic { sends_returned++; recvs_returned++ };
#endif
#ifndef EARLY_ENTRY
        rest = memory[ENTRY(polled % RING) + 1];
#endif
        assert(rest == polled + 1);
#ifndef RETURN_FIRST
        atomic { sends_returned++; recvs_returned++ };
#endif
        polled++
    :: else -> break
    od
}

init
{
    atomic {
        run arrivals(SENDER);
        run arrivals(RECEIVER);
        run arrivals(DEVICE);
        run sender();
        run receiver();
        run device();
        run poller()
    }
}

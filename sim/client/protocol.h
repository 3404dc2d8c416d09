/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The messages between the service and its clients: frames over a channel that keeps their
 * boundaries (a Unix socket, a named pipe). The client sends one request at a time and the service
 * replies. Both run on one machine, so numbers are in its byte order.
 *
 * A session begins with HELLO. For an adapter, REQUEST carries the driver's requests. Rings and
 * doorbells are in segments: memory that the service creates and both sides map. If a request needs
 * a new segment, the service replies MEMORY instead, with the segment's handle beside the frame.
 * The client maps it, reports its address with MAPPED, and sends the request again. After GOODBYE
 * the service destroys what the client still owns, then closes the channel.
 *
 * The engine sleeps when no doorbell has been rung for a while. First it sets the bell of each page
 * of doorbells. A client that announced in HELLO that it rings bells checks the bell after each
 * doorbell: if it is set, the client clears it and sends BELL, which has no reply. The processor
 * may reorder the client's store of the doorbell and its load of the bell. So the engine checks the
 * doorbells once more, a millisecond after it set the bells, before it sleeps for longer.
 */
#ifndef EFASIM_CLIENT_PROTOCOL_H
#define EFASIM_CLIENT_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "../../src/os/compiler.h"

/* Increase it with every change of this file. */
#define EFASIM_PROTOCOL_VERSION 2u

/* The longest input of a request and the longest output of a reply. */
#define EFASIM_FRAME_BYTES 4096u

enum efasim_frame_kind {
    EFASIM_FRAME_HELLO = 1,
    EFASIM_FRAME_REQUEST = 2,
    EFASIM_FRAME_MAPPED = 3,
    EFASIM_FRAME_REPLY = 4,
    EFASIM_FRAME_MEMORY = 5,
    EFASIM_FRAME_GOODBYE = 6,
    EFASIM_FRAME_BELL = 7
};

enum efasim_purpose {
    EFASIM_PURPOSE_ADAPTER = 1, /* requests go to the adapter `device` */
    EFASIM_PURPOSE_CONTROL = 2  /* requests are those of fronts/control, and those below */
};

/* Requests of a control session. */
#define EFASIM_SERVICE_STATUS 0x80000001u /* none -> efasim_service_status */
#define EFASIM_SERVICE_STOP 0x80000002u   /* none -> none */
#define EFASIM_SERVICE_LINKS 0x80000003u  /* u32: the first link -> efasim_service_links */

struct efasim_service_status {
    uint32_t process;
    uint32_t device_count;
};

/* A link to an instance on another machine. Each packet counts once, however often it is sent. */
struct efasim_service_link {
    char peer[128]; /* its address */
    char since[24]; /* UTC, as 2026-01-31T23:59:59Z: when the link went up or down */
    uint32_t is_up;
    uint32_t reconnects;
    uint64_t sent;
    uint64_t received;
    uint64_t lost; /* of those sent: given up before the peer confirmed them */
};

#define EFASIM_SERVICE_LINKS_LISTED 16u
struct efasim_service_links {
    uint32_t total;
    uint32_t count; /* in the list, from the requested one on */
    struct efasim_service_link list[EFASIM_SERVICE_LINKS_LISTED];
};

/* Without it the engine checks the doorbells every millisecond while the client is connected. */
#define EFASIM_HELLO_RINGS 1u
/* The bell in a page of doorbells: a word that is 0 while the engine polls the doorbells. */
#define EFASIM_BELL_OFFSET 2048u
#define EFASIM_BELL_PAGE 4096u

/* `kind` and `protocol` keep their offsets in all versions. */
struct efasim_hello_frame {
    uint32_t kind;
    uint32_t protocol;
    uint32_t purpose;
    uint32_t device;
    uint32_t flags; /* EFASIM_HELLO_* */
    uint32_t reserved;
    /* The service reads 8 bytes there. They must equal `witness`, which proves that it reaches
     * this process. */
    uint64_t witness_address;
    uint64_t witness;
};

struct efasim_request_frame {
    uint32_t kind;
    uint32_t code;
    uint32_t input_size;  /* the caller's; at most EFASIM_FRAME_BYTES of it follow */
    uint32_t output_size; /* the caller's */
    uint8_t input[EFASIM_FRAME_BYTES];
};

/* `address` 0: the client could not map the segment. */
struct efasim_mapped_frame {
    uint32_t kind;
    uint32_t reserved;
    uint64_t address;
};

struct efasim_reply_frame {
    uint32_t kind;
    uint32_t error; /* a Win32 error code */
    uint32_t returned;
    uint32_t size; /* bytes of `output` that follow */
    uint8_t output[EFASIM_FRAME_BYTES];
};

/* `handle` is the segment's handle in the client, unless the channel carries it beside the
 * frame. */
struct efasim_memory_frame {
    uint32_t kind;
    uint32_t reserved;
    uint64_t size;
    uint64_t handle;
};

/* The output of the reply to HELLO. On failure `message` says why. */
struct efasim_welcome {
    uint32_t protocol;
    uint32_t device_count;
    char message[256];
};

/* GOODBYE and BELL. */
struct efasim_bare_frame {
    uint32_t kind;
};

union efasim_frame {
    uint32_t kind;
    struct efasim_bare_frame bare;
    struct efasim_hello_frame hello;
    struct efasim_request_frame request;
    struct efasim_mapped_frame mapped;
    struct efasim_reply_frame reply;
    struct efasim_memory_frame memory;
};

#define EFASIM_REQUEST_FRAME_HEAD ((uint32_t)offsetof(struct efasim_request_frame, input))
#define EFASIM_REPLY_FRAME_HEAD ((uint32_t)offsetof(struct efasim_reply_frame, output))

/* What a frame carries of an input or output of this size. */
EFA_INLINE uint32_t efasim_frame_part(uint32_t size)
{
    return size < EFASIM_FRAME_BYTES ? size : EFASIM_FRAME_BYTES;
}

#endif

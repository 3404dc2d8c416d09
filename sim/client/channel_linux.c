/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The channel on Linux: a Unix socket of type SOCK_SEQPACKET. */
#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../src/driver/win32_error.h"
#include "instance.h"

struct efasim_channel {
    int socket;
    int segment; /* the descriptor that came with the last frame, or -1 */
    pid_t owner;
    pthread_mutex_t lock;
};

static uint32_t fail(char *message, size_t message_size, const char *what, const char *path,
                     const char *remedy)
{
    int error = errno;

    snprintf(message, message_size, "%s '%s': %s; %s", what, path, strerror(error), remedy);
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
    case ENOTDIR:
        return EFA_WIN32_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
        return EFA_WIN32_ACCESS_DENIED;
    case EMFILE:
    case ENFILE:
        return EFA_WIN32_TOO_MANY_OPEN_FILES;
    default:
        return EFA_WIN32_GEN_FAILURE;
    }
}

static uint32_t connect_to(int fd, const char *path, char *message, size_t message_size)
{
    struct sockaddr_un address;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return EFA_WIN32_SUCCESS;
    return fail(message, message_size, "no service at", path, "start one: efasim serve");
}

/* Some kernels (Yama) let another process reach our memory only with this permission. */
static void admit(pid_t service)
{
    (void)prctl(PR_SET_PTRACER, (unsigned long)service, 0, 0, 0);
}

static uint32_t check_service(int fd, const char *path, char *message, size_t message_size)
{
    struct ucred service;
    socklen_t size = sizeof service;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &service, &size) != 0)
        return fail(message, message_size, "cannot identify the process that serves", path,
                    "report this");
    if (service.uid != geteuid()) {
        snprintf(message, message_size,
                 "the service at '%s' runs as user %ju, this process as %ju: they must be the same",
                 path, (uintmax_t)service.uid, (uintmax_t)geteuid());
        return EFA_WIN32_ACCESS_DENIED;
    }
    admit(service.pid);
    return EFA_WIN32_SUCCESS;
}

uint32_t efasim_channel_open(const char *name, struct efasim_channel **channel_out, char *message,
                             size_t message_size)
{
    struct efasim_instance instance;
    struct efasim_channel *channel;
    uint32_t error;

    if (!efasim_instance_find(name, &instance, message, message_size))
        return EFA_WIN32_INVALID_PARAMETER;
    channel = calloc(1, sizeof *channel);
    if (!channel || pthread_mutex_init(&channel->lock, NULL) != 0) {
        free(channel);
        snprintf(message, message_size, "not enough memory");
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    }
    channel->segment = -1;
    channel->owner = getpid();
    channel->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (channel->socket < 0) {
        error = fail(message, message_size, "no socket for", instance.socket, "close some files");
        goto free_channel;
    }
    error = connect_to(channel->socket, instance.socket, message, message_size);
    if (error == EFA_WIN32_SUCCESS)
        error = check_service(channel->socket, instance.socket, message, message_size);
    if (error != EFA_WIN32_SUCCESS)
        goto close_socket;
    *channel_out = channel;
    return EFA_WIN32_SUCCESS;

close_socket:
    close(channel->socket);
free_channel:
    pthread_mutex_destroy(&channel->lock);
    free(channel);
    return error;
}

static void drop_segment(struct efasim_channel *channel)
{
    if (channel->segment >= 0)
        close(channel->segment);
    channel->segment = -1;
}

void efasim_channel_close(struct efasim_channel *channel)
{
    drop_segment(channel);
    close(channel->socket);
    pthread_mutex_destroy(&channel->lock);
    free(channel);
}

/* In a forked child the lock may be held for ever: by a thread that exists only in the parent. */
static bool is_owner(const struct efasim_channel *channel)
{
    return channel->owner == getpid();
}

void efasim_channel_lock(struct efasim_channel *channel)
{
    if (is_owner(channel))
        pthread_mutex_lock(&channel->lock);
}

void efasim_channel_unlock(struct efasim_channel *channel)
{
    if (is_owner(channel))
        pthread_mutex_unlock(&channel->lock);
}

bool efasim_channel_send(struct efasim_channel *channel, const void *frame, uint32_t size)
{
    ssize_t sent;

    if (!is_owner(channel))
        return false;
    do
        sent = send(channel->socket, frame, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

bool efasim_channel_notify(struct efasim_channel *channel, const void *frame, uint32_t size)
{
    return is_owner(channel) &&
           send(channel->socket, frame, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

/* Keeps the last descriptor of a frame. The service sends at most one. */
static void take_segment(struct efasim_channel *channel, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
            c->cmsg_len != CMSG_LEN(sizeof(int)))
            continue;
        drop_segment(channel);
        memcpy(&channel->segment, CMSG_DATA(c), sizeof channel->segment);
    }
}

bool efasim_channel_receive(struct efasim_channel *channel, void *frame, uint32_t size,
                            uint32_t *received)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {frame, size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    ssize_t length;

    if (!is_owner(channel))
        return false;
    do {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        length = recvmsg(channel->socket, &message, MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length <= 0 || (message.msg_flags & MSG_TRUNC) != 0)
        return false;
    take_segment(channel, &message);
    *received = (uint32_t)length;
    return true;
}

uint64_t efasim_channel_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

bool efasim_channel_is_lost(struct efasim_channel *channel)
{
    char byte;
    ssize_t length;

    if (!is_owner(channel))
        return true;
    length = recv(channel->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
}

void *efasim_channel_map(struct efasim_channel *channel, uint64_t handle, uint64_t size)
{
    void *memory = MAP_FAILED;

    (void)handle;
    if (channel->segment >= 0)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, channel->segment, 0);
    drop_segment(channel);
    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, size, MADV_DONTFORK);
    return memory;
}

void efasim_channel_unmap(void *memory, uint64_t size)
{
    munmap(memory, size);
}

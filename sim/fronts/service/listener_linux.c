/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The listening socket of an instance: a Unix socket in a folder that only its user can enter. The
 * running instance holds the lock on a file beside it. The kernel releases the lock when the
 * instance dies, so its files are then known to be stale.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer_linux.h"
#include "system.h"

#define BACKLOG 128
#define ATTEMPTS 16 /* if another instance removes the folder or lock file meanwhile */

struct listener {
    struct efasim_instance instance;
    int lock;
    int socket;
    int stop;
};

static bool fail(char *message, size_t message_size, const char *what, const char *path)
{
    snprintf(message, message_size, "%s '%s': %s", what, path, strerror(errno));
    return false;
}

static bool make_folder(const char *path, char *message, size_t message_size)
{
    struct stat found;

    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return fail(message, message_size, "cannot make the folder", path);
    if (lstat(path, &found) != 0)
        return errno == ENOENT || fail(message, message_size, "cannot inspect the folder", path);
    if (S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
        (found.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return true;
    snprintf(
        message, message_size,
        "'%s' must be a folder that belongs to this user and that no other user can enter (mode "
        "0700); set XDG_RUNTIME_DIR to another place, or remove it",
        path);
    return false;
}

static void report_running(const struct listener *listener, int lock, char *message,
                           size_t message_size)
{
    char process[16];
    ssize_t length = pread(lock, process, sizeof process - 1, 0);

    process[length > 0 ? length : 0] = '\0';
    snprintf(message, message_size,
             "an instance already runs at '%s' (process %s): stop it with 'efasim stop --instance "
             "NAME', or choose another name with --instance",
             listener->instance.socket, length > 0 ? process : "unknown");
}

/* Checks that the name still refers to the opened file: another instance may have removed it. */
static bool is_file_at(int file, const char *path)
{
    struct stat ours, found;

    return fstat(file, &ours) == 0 && lstat(path, &found) == 0 && ours.st_dev == found.st_dev &&
           ours.st_ino == found.st_ino;
}

/* 1: ours; 0: try again; -1: no. */
static int try_lock(struct listener *listener, char *message, size_t message_size)
{
    const char *path = listener->instance.lock;
    int lock;

    if (!make_folder(listener->instance.folder, message, message_size))
        return -1;
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (lock < 0) {
        if (errno == ENOENT)
            return 0;
        fail(message, message_size, "cannot open", path);
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            report_running(listener, lock, message, message_size);
        else
            fail(message, message_size, "cannot lock", path);
        close(lock);
        return -1;
    }
    if (!is_file_at(lock, path)) {
        close(lock);
        return 0;
    }
    listener->lock = lock;
    return 1;
}

static bool take_lock(struct listener *listener, char *message, size_t message_size)
{
    char process[16];
    int length, result = 0;

    for (int i = 0; i < ATTEMPTS && result == 0; i++)
        result = try_lock(listener, message, message_size);
    if (result == 0)
        snprintf(message, message_size,
                 "cannot lock '%s': other instances keep removing it; try again",
                 listener->instance.lock);
    if (result != 1)
        return false;
    length = snprintf(process, sizeof process, "%jd", (intmax_t)getpid());
    if (ftruncate(listener->lock, 0) == 0 && pwrite(listener->lock, process, length, 0) == length)
        return true;
    fail(message, message_size, "cannot write", listener->instance.lock);
    return false;
}

static void release_lock(const struct listener *listener)
{
    if (listener->lock < 0)
        return;
    unlink(listener->instance.lock);
    close(listener->lock);
    rmdir(listener->instance.folder); /* fails while another instance uses it */
}

/*
 * This instance has the lock, so existing sockets are stale. The socket gets its name once clients
 * can connect to it.
 */
static bool bind_socket(struct listener *listener, char *message, size_t message_size)
{
    const char *path = listener->instance.socket, *lock = listener->instance.lock;
    struct sockaddr_un address;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%.*s.bound",
             (int)(strlen(lock) - strlen(".lock")), lock);
    if (unlink(address.sun_path) != 0 && errno != ENOENT)
        return fail(message, message_size, "cannot remove the stale socket", address.sun_path);
    if (bind(listener->socket, (const struct sockaddr *)&address, sizeof address) != 0)
        return fail(message, message_size, "cannot make the socket", address.sun_path);
    if (chmod(address.sun_path, S_IRUSR | S_IWUSR) == 0 && listen(listener->socket, BACKLOG) == 0 &&
        rename(address.sun_path, path) == 0)
        return true;
    fail(message, message_size, "cannot listen at", path);
    unlink(address.sun_path);
    return false;
}

bool listener_open(const struct efasim_instance *instance, struct listener **listener_out,
                   char *message, size_t message_size)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        snprintf(message, message_size, "not enough memory");
        return false;
    }
    listener->instance = *instance;
    listener->lock = -1;
    listener->stop = eventfd(0, EFD_CLOEXEC);
    listener->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener->stop < 0 || listener->socket < 0) {
        fail(message, message_size, "no file descriptor for", instance->socket);
        goto close_all;
    }
    if (!take_lock(listener, message, message_size) ||
        !bind_socket(listener, message, message_size))
        goto close_all;
    *listener_out = listener;
    return true;

close_all:
    if (listener->socket >= 0)
        close(listener->socket);
    if (listener->stop >= 0)
        close(listener->stop);
    release_lock(listener);
    free(listener);
    return false;
}

void listener_stop(struct listener *listener)
{
    system_event_set(listener->stop);
}

void listener_close(struct listener *listener)
{
    unlink(listener->instance.socket);
    close(listener->socket);
    close(listener->stop);
    release_lock(listener);
    free(listener);
}

static void read_name(struct peer *peer)
{
    char path[64];
    ssize_t length = -1;
    int file;

    snprintf(path, sizeof path, "/proc/%jd/comm", (intmax_t)peer->process);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = read(file, peer->name, sizeof peer->name - 1);
        close(file);
    }
    peer->name[length > 0 ? length : 0] = '\0';
    peer->name[strcspn(peer->name, "\n")] = '\0';
}

/* The kernel reports the process that connected; 0 if it is in another PID namespace. */
static struct peer *admit(const struct listener *listener, int fd, char *message,
                          size_t message_size)
{
    struct ucred who;
    socklen_t size = sizeof who;
    struct peer *peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        fail(message, message_size, "cannot identify the process that connects to",
             listener->instance.socket);
        return NULL;
    }
    if (who.uid != geteuid() || who.pid <= 0) {
        snprintf(
            message, message_size,
            "rejected process %jd of user %ju: clients must be processes of user %ju in this PID "
            "namespace",
            (intmax_t)who.pid, (uintmax_t)who.uid, (uintmax_t)geteuid());
        return NULL;
    }
    peer = calloc(1, sizeof *peer);
    if (!peer) {
        snprintf(message, message_size, "no memory for process %jd", (intmax_t)who.pid);
        return NULL;
    }
    peer->socket = fd;
    peer->stop = listener->stop;
    peer->process = who.pid;
    peer->process_file = pidfd_open(who.pid, 0);
    if (peer->process_file < 0) {
        snprintf(message, message_size, "cannot watch process %jd: %s", (intmax_t)who.pid,
                 strerror(errno));
        free(peer);
        return NULL;
    }
    read_name(peer);
    return peer;
}

enum listener_result listener_accept(struct listener *listener, struct peer **peer, char *message,
                                     size_t message_size)
{
    struct pollfd waited[2] = {{.fd = listener->stop, .events = POLLIN},
                               {.fd = listener->socket, .events = POLLIN}};
    int fd = -1;

    while (fd < 0) {
        if (poll(waited, 2, -1) < 0)
            continue;
        if (waited[0].revents != 0)
            return LISTENER_STOPPED;
        fd = accept4(listener->socket, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED) {
            fail(message, message_size, "cannot accept a client at", listener->instance.socket);
            return LISTENER_REJECTED;
        }
    }
    *peer = admit(listener, fd, message, message_size);
    if (*peer)
        return LISTENER_PEER;
    close(fd);
    return LISTENER_REJECTED;
}

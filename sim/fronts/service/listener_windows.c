/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Where an instance is reached: a named pipe that only its user may open, and only from this
 * machine. It goes with its process, so nothing of an instance can be left over. One end waits for
 * a client; once one has come, the next is made.
 */
#include "peer_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../client/protocol.h"
#include "../../client/user_windows.h"

#define BUFFER_SIZE 65536u
#ifndef PIPE_REJECT_REMOTE_CLIENTS /* Wine's headers lack it */
#define PIPE_REJECT_REMOTE_CLIENTS 0x8u
#endif

struct listener {
    struct efasim_instance instance;
    struct windows_user user;
    union {
        ACL list;
        unsigned char room[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE];
    } acl;
    SECURITY_DESCRIPTOR descriptor;
    HANDLE stop;
    HANDLE connected;
    HANDLE next; /* the end that waits, or INVALID_HANDLE_VALUE */
};

static bool fail(char *message, size_t message_size, const char *what,
                 const struct efasim_instance *instance)
{
    snprintf(message, message_size, "%s '%s' (%s): Win32 error %lu", what, instance->name,
             instance->pipe, GetLastError());
    return false;
}

/* A list with one entry: all others are rejected. */
static bool make_descriptor(struct listener *listener)
{
    ACL *list = &listener->acl.list;

    return windows_user_self(&listener->user) &&
           InitializeAcl(list, sizeof listener->acl, ACL_REVISION) &&
           AddAccessAllowedAce(list, ACL_REVISION, GENERIC_ALL,
                               windows_user_sid(&listener->user)) &&
           InitializeSecurityDescriptor(&listener->descriptor, SECURITY_DESCRIPTOR_REVISION) &&
           SetSecurityDescriptorDacl(&listener->descriptor, TRUE, list, FALSE);
}

static HANDLE make_end(struct listener *listener, DWORD first)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &listener->descriptor, FALSE};

    return CreateNamedPipeA(
        listener->instance.pipe, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, BUFFER_SIZE, BUFFER_SIZE, 0, &attributes);
}

/* Some versions of Wine let a second process have the name: so this looks first. */
static bool is_free(const struct efasim_instance *instance, char *message, size_t message_size)
{
    if (!WaitNamedPipeA(instance->pipe, 1) && GetLastError() == ERROR_FILE_NOT_FOUND)
        return true;
    snprintf(message, message_size,
             "an instance '%s' runs already (%s): stop it with 'efasim stop --instance %s', or "
             "choose another name with --instance",
             instance->name, instance->pipe, instance->name);
    return false;
}

static bool make_first_end(struct listener *listener, char *message, size_t message_size)
{
    const struct efasim_instance *instance = &listener->instance;

    if (!is_free(instance, message, message_size))
        return false;
    listener->next = make_end(listener, FILE_FLAG_FIRST_PIPE_INSTANCE);
    if (listener->next != INVALID_HANDLE_VALUE)
        return true;
    if (GetLastError() != ERROR_ACCESS_DENIED)
        return fail(message, message_size, "cannot make the pipe of instance", instance);
    snprintf(message, message_size,
             "another process has just taken the pipe of instance '%s' (%s): choose another name "
             "with --instance",
             instance->name, instance->pipe);
    return false;
}

static void destroy(struct listener *listener)
{
    if (listener->next != INVALID_HANDLE_VALUE)
        CloseHandle(listener->next);
    if (listener->connected)
        CloseHandle(listener->connected);
    if (listener->stop)
        CloseHandle(listener->stop);
    free(listener);
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
    listener->next = INVALID_HANDLE_VALUE;
    listener->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    listener->connected = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!listener->stop || !listener->connected || !make_descriptor(listener)) {
        fail(message, message_size, "no events or access rights for instance", instance);
    } else if (make_first_end(listener, message, message_size)) {
        *listener_out = listener;
        return true;
    }
    destroy(listener);
    return false;
}

void listener_stop(struct listener *listener)
{
    SetEvent(listener->stop);
}

void listener_close(struct listener *listener)
{
    destroy(listener);
}

static void read_name(struct peer *peer)
{
    wchar_t path[MAX_PATH];
    DWORD length = MAX_PATH;
    const wchar_t *name;

    snprintf(peer->name, sizeof peer->name, "unknown");
    if (!QueryFullProcessImageNameW(peer->process, 0, path, &length))
        return;
    name = wcsrchr(path, L'\\');
    name = name ? name + 1 : path;
    if (WideCharToMultiByte(CP_UTF8, 0, name, -1, peer->name, sizeof peer->name, NULL, NULL) == 0)
        snprintf(peer->name, sizeof peer->name, "long name");
}

static bool open_process(struct listener *listener, struct peer *peer, char *message,
                         size_t message_size)
{
    struct windows_user user;

    if (!GetNamedPipeClientProcessId(peer->pipe, &peer->process_id))
        return fail(message, message_size, "cannot identify a client of instance",
                    &listener->instance);
    peer->process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE |
                                    PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE,
                                FALSE, peer->process_id);
    if (!peer->process) {
        snprintf(message, message_size,
                 "rejected process %lu: its memory cannot be reached (Win32 error %lu); start it "
                 "as the same user, and both as administrator or neither",
                 peer->process_id, GetLastError());
        return false;
    }
    if (windows_user_of(peer->process, &user) && windows_user_is(&user, &listener->user))
        return true;
    snprintf(message, message_size,
             "rejected process %lu: clients must be processes of the user of this instance",
             peer->process_id);
    CloseHandle(peer->process);
    return false;
}

static struct peer *admit(struct listener *listener, HANDLE pipe, char *message,
                          size_t message_size)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (peer)
        peer->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!peer || !peer->done) {
        snprintf(message, message_size, "no memory or event for a client");
        goto free_peer;
    }
    peer->pipe = pipe;
    peer->stop = listener->stop;
    if (!open_process(listener, peer, message, message_size))
        goto close_event;
    read_name(peer);
    return peer;

close_event:
    CloseHandle(peer->done);
free_peer:
    free(peer);
    return NULL;
}

static bool is_stopped(const struct listener *listener)
{
    return WaitForSingleObject(listener->stop, 0) == WAIT_OBJECT_0;
}

/*
 * ERROR_SUCCESS: a client has connected. Whether the listener was stopped meanwhile is another
 * matter.
 */
static DWORD wait_for_client(struct listener *listener)
{
    OVERLAPPED operation = {.hEvent = listener->connected};
    const HANDLE waited[] = {listener->stop, listener->connected};
    DWORD error, unused;

    if (ConnectNamedPipe(listener->next, &operation))
        return ERROR_SUCCESS;
    error = GetLastError();
    if (error != ERROR_IO_PENDING)
        return error == ERROR_PIPE_CONNECTED ? ERROR_SUCCESS : error;
    if (WaitForMultipleObjects(2, waited, FALSE, INFINITE) == WAIT_OBJECT_0)
        (void)CancelIoEx(listener->next, &operation);
    return GetOverlappedResult(listener->next, &operation, &unused, TRUE) ? ERROR_SUCCESS
                                                                          : GetLastError();
}

/* Takes the next end that has a client, and makes another. Clients that have left are skipped. */
static DWORD take_end(struct listener *listener, HANDLE *pipe)
{
    DWORD error;

    if (listener->next == INVALID_HANDLE_VALUE)
        listener->next = make_end(listener, 0);
    if (listener->next == INVALID_HANDLE_VALUE)
        return GetLastError();
    error = wait_for_client(listener);
    while (!is_stopped(listener) && (error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE)) {
        DisconnectNamedPipe(listener->next);
        error = wait_for_client(listener);
    }
    if (error != ERROR_SUCCESS || is_stopped(listener))
        return error;
    *pipe = listener->next;
    listener->next = make_end(listener, 0);
    return ERROR_SUCCESS;
}

enum listener_result listener_accept(struct listener *listener, struct peer **peer, char *message,
                                     size_t message_size)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;
    DWORD error = take_end(listener, &pipe);

    if (pipe == INVALID_HANDLE_VALUE && is_stopped(listener))
        return LISTENER_STOPPED;
    if (error != ERROR_SUCCESS) {
        snprintf(message, message_size, "cannot accept a client of instance '%s': Win32 error %lu",
                 listener->instance.name, error);
        return LISTENER_REJECTED;
    }
    *peer = admit(listener, pipe, message, message_size);
    if (*peer)
        return LISTENER_PEER;
    CloseHandle(pipe);
    return LISTENER_REJECTED;
}

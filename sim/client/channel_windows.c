/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The channel on Windows: a named pipe of messages. Its handle is an overlapped one, since a look
 * at a synchronous one would wait for another thread's exchange.
 */
#include "channel.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/os/os.h"
#include "instance.h"
#include "user_windows.h"

#define BUSY_WAIT_MS 2000u /* for an instance of the pipe, while others connect */
#define BUSY_TRIES 10

struct efasim_channel {
    HANDLE pipe;
    HANDLE done; /* of the exchange; under the lock */
    struct efa_mutex lock;
};

static uint32_t fail(uint32_t error, char *message, size_t message_size, const char *what,
                     const struct efasim_instance *instance, const char *remedy)
{
    snprintf(message, message_size, "%s '%s' (%s): Win32 error %u; %s", what, instance->name,
             instance->pipe, error, remedy);
    return error;
}

static uint32_t fail_to_connect(uint32_t error, char *message, size_t message_size,
                                const struct efasim_instance *instance)
{
    if (error == ERROR_FILE_NOT_FOUND)
        snprintf(message, message_size,
                 "no instance '%s' runs (%s is not there): start one: efasim serve", instance->name,
                 instance->pipe);
    else
        fail(error, message, message_size, "cannot connect to the instance", instance,
             error == ERROR_ACCESS_DENIED ? "another user has taken its name: choose another name"
                                          : "try again");
    return error;
}

/* The service must not be able to act as this user towards others: it only identifies us. */
static HANDLE open_pipe(const char *path)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;

    for (int i = 0; i < BUSY_TRIES; i++) {
        pipe = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                           NULL);
        if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
            break;
        (void)WaitNamedPipeA(path, BUSY_WAIT_MS);
    }
    return pipe;
}

static uint32_t check_owner(HANDLE service, const struct efasim_instance *instance, char *message,
                            size_t message_size)
{
    struct windows_user user, self;

    if (!windows_user_of(service, &user) || !windows_user_self(&self))
        return fail(GetLastError(), message, message_size, "cannot identify the user of", instance,
                    "start both sides with the same rights");
    if (windows_user_is(&user, &self))
        return ERROR_SUCCESS;
    snprintf(message, message_size,
             "the instance '%s' (%s) is another user's: choose another name with --instance",
             instance->name, instance->pipe);
    return ERROR_ACCESS_DENIED;
}

static uint32_t check_service(HANDLE pipe, const struct efasim_instance *instance, char *message,
                              size_t message_size)
{
    HANDLE service;
    uint32_t error;
    ULONG process;

    if (!GetNamedPipeServerProcessId(pipe, &process))
        return fail(GetLastError(), message, message_size, "cannot identify the process of",
                    instance, "try again");
    service = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process);
    if (!service)
        return fail(GetLastError(), message, message_size, "cannot look at the process of",
                    instance, "start both sides with the same rights");
    error = check_owner(service, instance, message, message_size);
    CloseHandle(service);
    return error;
}

static uint32_t connect_to(struct efasim_channel *channel, const struct efasim_instance *instance,
                           char *message, size_t message_size)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    uint32_t error;

    channel->pipe = open_pipe(instance->pipe);
    if (channel->pipe == INVALID_HANDLE_VALUE)
        return fail_to_connect(GetLastError(), message, message_size, instance);
    if (SetNamedPipeHandleState(channel->pipe, &mode, NULL, NULL))
        error = check_service(channel->pipe, instance, message, message_size);
    else
        error =
            fail(GetLastError(), message, message_size, "no messages from", instance, "try again");
    if (error != ERROR_SUCCESS)
        CloseHandle(channel->pipe);
    return error;
}

uint32_t efasim_channel_open(const char *name, struct efasim_channel **channel_out, char *message,
                             size_t message_size)
{
    struct efasim_instance instance;
    struct efasim_channel *channel;
    uint32_t error = ERROR_NOT_ENOUGH_MEMORY;

    if (!efasim_instance_find(name, &instance, message, message_size))
        return ERROR_INVALID_PARAMETER;
    channel = calloc(1, sizeof *channel);
    if (!channel || efa_mutex_init(&channel->lock) != 0) {
        snprintf(message, message_size, "not enough memory");
        goto free_channel;
    }
    channel->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!channel->done) {
        error = fail(GetLastError(), message, message_size, "no event for", &instance,
                     "close some handles");
        goto destroy_lock;
    }
    error = connect_to(channel, &instance, message, message_size);
    if (error != ERROR_SUCCESS)
        goto close_event;
    *channel_out = channel;
    return ERROR_SUCCESS;

close_event:
    CloseHandle(channel->done);
destroy_lock:
    efa_mutex_destroy(&channel->lock);
free_channel:
    free(channel);
    return error;
}

void efasim_channel_close(struct efasim_channel *channel)
{
    CloseHandle(channel->pipe);
    CloseHandle(channel->done);
    efa_mutex_destroy(&channel->lock);
    free(channel);
}

void efasim_channel_lock(struct efasim_channel *channel)
{
    efa_mutex_lock(&channel->lock);
}

void efasim_channel_unlock(struct efasim_channel *channel)
{
    efa_mutex_unlock(&channel->lock);
}

/* `ok`: what the call that began the operation returned. */
static bool finish(HANDLE pipe, BOOL ok, OVERLAPPED *operation, DWORD *length)
{
    if (!ok && GetLastError() != ERROR_IO_PENDING)
        return false;
    return GetOverlappedResult(pipe, operation, length, TRUE) != 0;
}

bool efasim_channel_send(struct efasim_channel *channel, const void *frame, uint32_t size)
{
    OVERLAPPED operation = {.hEvent = channel->done};
    DWORD length;
    BOOL ok = WriteFile(channel->pipe, frame, size, NULL, &operation);

    return finish(channel->pipe, ok, &operation, &length) && length == size;
}

bool efasim_channel_receive(struct efasim_channel *channel, void *frame, uint32_t size,
                            uint32_t *received)
{
    OVERLAPPED operation = {.hEvent = channel->done};
    DWORD length;
    BOOL ok = ReadFile(channel->pipe, frame, size, NULL, &operation);

    if (!finish(channel->pipe, ok, &operation, &length))
        return false;
    *received = length;
    return length != 0;
}

/* Any number of threads may call it, without an event: a write that has to wait is cancelled. */
bool efasim_channel_notify(struct efasim_channel *channel, const void *frame, uint32_t size)
{
    OVERLAPPED operation = {0};
    DWORD length;
    bool sent;

    operation.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!operation.hEvent)
        return false;
    sent = WriteFile(channel->pipe, frame, size, NULL, &operation) != 0;
    if (!sent && GetLastError() == ERROR_IO_PENDING) {
        (void)CancelIoEx(channel->pipe, &operation);
        sent = GetOverlappedResult(channel->pipe, &operation, &length, TRUE) != 0;
    }
    CloseHandle(operation.hEvent);
    return sent;
}

uint64_t efasim_channel_clock(void)
{
    return GetTickCount64();
}

bool efasim_channel_is_lost(struct efasim_channel *channel)
{
    return !PeekNamedPipe(channel->pipe, NULL, 0, NULL, NULL, NULL);
}

void *efasim_channel_map(struct efasim_channel *channel, uint64_t handle, uint64_t size)
{
    HANDLE section = (HANDLE)(uintptr_t)handle;
    void *memory = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, (size_t)size);

    (void)channel;
    CloseHandle(section);
    return memory;
}

void efasim_channel_unmap(void *memory, uint64_t size)
{
    (void)size;
    UnmapViewOfFile(memory);
}

/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Who a process runs as. Both ends of a channel must be of one user. */
#ifndef EFASIM_CLIENT_USER_WINDOWS_H
#define EFASIM_CLIENT_USER_WINDOWS_H

#include <windows.h>

#include <stdbool.h>

struct windows_user {
    union {
        TOKEN_USER token;
        unsigned char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } native;
};

/* False: GetLastError() says why. */
bool windows_user_of(HANDLE process, struct windows_user *user);
/* Of this process. */
bool windows_user_self(struct windows_user *user);

PSID windows_user_sid(struct windows_user *user);
bool windows_user_is(struct windows_user *user, struct windows_user *other);

#endif

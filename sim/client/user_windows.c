/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Users of processes, by their access tokens. */
#include "user_windows.h"

bool windows_user_of(HANDLE process, struct windows_user *user)
{
    HANDLE token;
    DWORD size, error;
    BOOL ok;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return false;
    ok = GetTokenInformation(token, TokenUser, &user->native, sizeof user->native, &size);
    error = GetLastError();
    CloseHandle(token);
    SetLastError(error);
    return ok != 0;
}

bool windows_user_self(struct windows_user *user)
{
    return windows_user_of(GetCurrentProcess(), user);
}

PSID windows_user_sid(struct windows_user *user)
{
    return user->native.token.User.Sid;
}

bool windows_user_is(struct windows_user *user, struct windows_user *other)
{
    return EqualSid(windows_user_sid(user), windows_user_sid(other)) != 0;
}

/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Stands for the pthread.h that an application brings along on Windows. */
#ifndef CLIENT_PTHREAD_H
#define CLIENT_PTHREAD_H

#include <windows.h>

typedef CRITICAL_SECTION pthread_mutex_t;
typedef CONDITION_VARIABLE pthread_cond_t;
typedef HANDLE pthread_t;

#endif

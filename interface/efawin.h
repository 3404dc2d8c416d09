/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Loading efawin.dll into an application or DLL that efawin.c is compiled into. The verbs calls are
 * in infiniband/verbs.h and infiniband/efadv.h; each reaches the DLL once it is loaded and fails
 * cleanly while it is not: NULL with errno ENOSYS, or ENOSYS as the result.
 *
 * Each module that efawin.c is linked into loads for itself. A call that fails in the DLL leaves its
 * error in this module's errno, whatever C runtime either uses; after a NULL it is never 0 (EIO where
 * an older DLL does not tell).
 *
 * What goes wrong is written to the debugger and to stderr. EFAWIN_LOG_LEVEL in the environment
 * (error, warn, info, debug; warn unless set) says how much of it reaches stderr.
 */
#ifndef EFAWIN_H
#define EFAWIN_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Finds and loads efawin.dll: in the folder of the module that efawin.c is linked into, then in the
 * application's, then in System32; never in the current folder or along PATH. The first file of that
 * name decides: if it cannot be used, the search ends there, because going on would run another DLL
 * than the one somebody put in place.
 *
 * Safe to call from several threads, also while others free. Not from DllMain, as for any loading of
 * a DLL. Returns 0 or
 *   -EALREADY        it is loaded; all is well
 *   -ENOENT          it is in none of the three folders
 *   -EACCES          it may not be read, or a policy of the system forbids it
 *   -ENOEXEC         the file is no DLL, or one for another kind of processor
 *   -ENOLINK         something that the DLL itself needs is missing
 *   -ENOSYS          it lacks a call, so it is another DLL of that name
 *   -EPROTONOSUPPORT it does not speak this kit's interface version
 *   -ENOMEM          no memory
 *   -ECANCELED       the process is ending (a call from a DllMain)
 *   -EIO             anything else; the message has Windows' error number
 */
int efa_load_efawin_lib(void);

/*
 * Undoes the loading; does nothing where nothing is loaded. From here on every call fails cleanly
 * again. No call may be running in the DLL, and no object of it be in use: their memory goes with it.
 * May be called from DllMain when a process or module ends, also after the DLL itself was told.
 */
void efa_free_efawin_lib(void);

#ifdef __cplusplus
}
#endif

#endif

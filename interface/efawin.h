/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Loads efawin.dll into the application or DLL that efawin.c is compiled into. The verbs calls are
 * in infiniband/verbs.h and infiniband/efadv.h; each of them calls the DLL once it is loaded. Until
 * then it fails cleanly: it returns NULL with errno ENOSYS, or ENOSYS as the result.
 *
 * Each module that efawin.c is linked into loads the DLL on its own. A call that fails in the DLL
 * sets errno of this module, even if the module and the DLL use different C runtimes. After a NULL,
 * errno is never 0; it is EIO if an older DLL does not report its errno.
 *
 * Errors are written to the debugger and to stderr. The environment variable EFAWIN_LOG_LEVEL
 * (error, warn, info or debug; the default is warn) selects which messages reach stderr.
 */
#ifndef EFAWIN_H
#define EFAWIN_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Finds and loads efawin.dll. It looks in the folder of the module that efawin.c is linked into,
 * then in the application's folder, then in System32, and never in the current folder or along
 * PATH. The search stops at the first file of that name, even if that file cannot be used:
 * otherwise a different DLL would run than the one that was installed there.
 *
 * Safe to call from several threads, also while another thread frees the library. Do not call it
 * from DllMain, where no DLL may be loaded. Returns 0 or
 *   -EALREADY        it is already loaded; this is not a failure
 *   -ENOENT          it is not in any of the three folders
 *   -EACCES          no permission to read it, or a system policy forbids loading it
 *   -ENOEXEC         the file is not a DLL, or is built for another processor type
 *   -ENOLINK         a DLL that efawin.dll depends on is missing
 *   -ENOSYS          a required export is missing, so it is another DLL of that name
 *   -EPROTONOSUPPORT it does not support this kit's interface version
 *   -ENOMEM          no memory
 *   -ECANCELED       the process is ending (a call from a DllMain)
 *   -EIO             anything else; the message contains the Windows error number
 */
int efa_load_efawin_lib(void);

/*
 * Unloads the DLL; does nothing if it is not loaded. Afterwards every call fails cleanly again. No
 * call may be running in the DLL and none of its objects may be in use: their memory is freed with
 * the DLL. May be called from DllMain when a process or module ends, also after the DLL itself was
 * notified.
 */
void efa_free_efawin_lib(void);

#ifdef __cplusplus
}
#endif

#endif

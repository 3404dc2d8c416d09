/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * All problems that efa_doctor can find: PROBLEM(NAME, code, severity, meaning, advice). The code
 * is what users search for: docs/troubleshooting.md has each one.
 */
#ifndef EFA_DOCTOR_PROBLEMS_H
#define EFA_DOCTOR_PROBLEMS_H

#define DOCTOR_PROBLEMS(PROBLEM)                                                                   \
    PROBLEM(WINDOWS_OLD, "windows-old", WARNING,                                                   \
            "This Windows is older than Windows 10 and Server 2016, the oldest that are tested.",  \
            "Use a newer Windows.")                                                                \
    PROBLEM(PROCESSOR, "processor-other", FAILED,                                                  \
            "The library and the driver's structures are for x64 processors only.",                \
            "Use an instance with an x64 processor.")                                              \
    PROBLEM(ADAPTER_ABSENT, "adapter-absent", FAILED,                                              \
            "No EFA interface is attached to this instance.",                                      \
            "Attach an EFA interface, on an instance type that has EFA: docs/windows.md.")         \
    PROBLEM(ADAPTER_WITHOUT_DRIVER, "adapter-without-driver", FAILED,                              \
            "An EFA interface is attached, but no driver is installed for it.",                    \
            "Download AWS's EFA driver for Windows and run its install.ps1.")                      \
    PROBLEM(                                                                                       \
        ADAPTER_NOT_STARTED, "adapter-not-started", FAILED,                                        \
        "The EFA interface has a driver, which Windows did not start.",                            \
        "Enable the device in the device manager; restart the instance; reinstall the driver.")    \
    PROBLEM(ADAPTER_OTHER_DRIVER, "adapter-other-driver", FAILED,                                  \
            "The EFA interface has a driver other than efa.sys 1.0.0.4 or later.",                 \
            "Install AWS's current EFA driver, then restart the instance.")                        \
    PROBLEM(SERVICES_UNREADABLE, "services-unreadable", WARNING,                                   \
            "The service manager does not report the driver's service.",                           \
            "Run this from an account that may query services.")                                   \
    PROBLEM(SERVICE_ABSENT, "service-absent", FAILED,                                              \
            "The EFA driver is not installed: there is no service 'efa'.",                         \
            "Download AWS's EFA driver for Windows and run its install.ps1.")                      \
    PROBLEM(                                                                                       \
        SERVICE_STOPPED, "service-stopped", FAILED,                                                \
        "The EFA driver is installed but does not run.",                                           \
        "Check that the instance has an EFA interface; then, as administrator: sc.exe start efa")  \
    PROBLEM(DRIVER_FILE, "driver-file-unreadable", WARNING,                                        \
            "The version of the driver's file cannot be read.",                                    \
            "Compare the path with the vendor's instructions; reinstall the driver if in doubt.")  \
    PROBLEM(DEVICE_ABSENT, "device-absent", FAILED,                                                \
            "No driver offers \\\\.\\EFADevice: without it the device list is empty.",             \
            "Attach an EFA interface to the instance, install the driver, restart it.")            \
    PROBLEM(DEVICE_DENIED, "device-denied", FAILED,                                                \
            "Another process has the adapter open, or this account may not open it.",              \
            "Stop the other process, use an account that may, or change the access rights.")       \
    PROBLEM(DEVICE_BUSY, "device-busy", FAILED, "Another program uses the adapter.",               \
            "Stop the other program, then try again.")                                             \
    PROBLEM(                                                                                       \
        DEVICE_REMOVED, "device-removed", FAILED,                                                  \
        "The adapter was removed, or its driver unloaded, during the check.",                      \
        "Attach the EFA interface again, check that the driver's service runs, then try again.")   \
    PROBLEM(DEVICE_ERROR, "device-error", FAILED, "The driver fails.",                             \
            "See the system event log for the driver's own message.")                              \
    PROBLEM(REPLY_WRONG, "driver-reply-wrong", FAILED,                                             \
            "The driver reports invalid values for the adapter.",                                  \
            "Reinstall efa.sys. If that does not help, report this line to its vendor.")           \
    PROBLEM(VERSIONS_UNKNOWN, "driver-versions-unknown", FAILED,                                   \
            "The driver supports none of the interface versions 3, 2 and 1.",                      \
            "Install efa.sys 1.0.0.4, 1.1.0.9, 1.2.0.10, or a later one that supports them.")      \
    PROBLEM(DLL_ABSENT, "dll-absent", FAILED,                                                      \
            "efawin.dll is neither beside this program nor in System32.",                          \
            "Copy efawin.dll beside the programs that use it.")                                    \
    PROBLEM(DLL_UNUSABLE, "dll-unusable", FAILED,                                                  \
            "The first efawin.dll found cannot be used; no other one is tried.",                   \
            "Put the x64 efawin.dll of a release in its place.")                                   \
    PROBLEM(DLL_SHADOWED, "dll-shadowed", WARNING,                                                 \
            "There is another, different efawin.dll that programs elsewhere may load.",            \
            "Keep one: replace the other file by this one, or delete it.")                         \
    PROBLEM(                                                                                       \
        DLL_EXPORTS, "dll-exports", FAILED,                                                        \
        "The efawin.dll lacks calls, or has an interface version that this kit does not have.",    \
        "Put the efawin.dll of a current release in its place.")                                   \
    PROBLEM(                                                                                       \
        OPEN, "open-failed", FAILED, "The library cannot open the adapter.",                       \
        "See the library's line above; set the variable EFAWIN_LOG_LEVEL to debug to see more.")   \
    PROBLEM(LIMITS, "limits-odd", WARNING, "The adapter reports limits that no known EFA has.",    \
            "Update the driver; report it to its vendor with the output of efa_devinfo -v.")       \
    PROBLEM(OBJECTS, "objects-failed", FAILED,                                                     \
            "The adapter rejects a protection domain, memory, completion queue or queue pair.",    \
            "Stop programs that use many of the adapter's objects; see the library's line above.") \
    PROBLEM(LOOPBACK, "loopback-failed", FAILED,                                                   \
            "A message from this machine to itself did not arrive.",                               \
            "Let the security group of the instance allow all traffic from and to itself.")        \
    PROBLEM(ALTERED, "loopback-altered", FAILED,                                                   \
            "A message from this machine to itself arrived with different content.",               \
            "Do not trust data of this instance: replace it, and report this line.")               \
    PROBLEM(LIBFABRIC_UNUSABLE, "libfabric-unusable", WARNING,                                     \
            "This file cannot be loaded as libfabric by a program for x64.",                       \
            "Put the x64 libfabric of its vendor in its place, or delete the file.")               \
    PROBLEM(LIBFABRIC_WITHOUT_EFA, "libfabric-without-efa", WARNING,                               \
            "This libfabric was built without its efa provider: it never uses an EFA.",            \
            "Use a build of libfabric with the efa provider.")                                     \
    PROBLEM(                                                                                       \
        LIBFABRIC_DLL, "libfabric-dll-unusable", WARNING,                                          \
        "The first efawin.dll that this libfabric finds is unusable; it does not try another.",    \
        "Put the x64 efawin.dll of a release in the place of that file.")                          \
    PROBLEM(LIBFABRIC, "libfabric-without-dll", WARNING,                                           \
            "There is no efawin.dll where this libfabric looks for it.",                           \
            "Copy efawin.dll into the folder of libfabric and into that of the program.")

#endif

/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The sysfs files that libraries read about an adapter: the version of the kernel's interface, and
 * the adapter's PCI device and driver.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

#define PATH_SIZE 512
#define ABI_VERSION "6\n"
#define FIRST_SLOT 0x1du /* the PCI address of the first adapter of each instance */
#define OPEN_FOLDERS 8

static bool failed(const char *path)
{
    program_say("cannot make %s: %s", path, strerror(errno));
    return false;
}

/* Creates the folders of the path one by one, starting after `folder`. */
static bool make_folders(const char *folder, const char *relative)
{
    char path[PATH_SIZE];
    char *slash;

    if (snprintf(path, sizeof path, "%s/%s", folder, relative) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return failed(folder);
    }
    slash = path + strlen(folder);
    while (slash) {
        *slash = '\0';
        if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
            return failed(path);
        *slash = '/';
        slash = strchr(slash + 1, '/');
    }
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return failed(path);
    return true;
}

static bool make_file(const char *folder, const char *relative, const char *text)
{
    char path[PATH_SIZE];
    ssize_t length = (ssize_t)strlen(text);
    bool ok;
    int file;

    snprintf(path, sizeof path, "%s/%s", folder, relative);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return failed(path);
    ok = write(file, text, (size_t)length) == length;
    return close(file) == 0 && ok ? true : failed(path);
}

static bool make_link(const char *folder, const char *relative, const char *target)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s", folder, relative);
    return symlink(target, path) == 0 ? true : failed(path);
}

static bool make_adapter(const char *folder, unsigned number)
{
    char adapter[64], verbs[64], device[64], path[160], target[160];

    snprintf(adapter, sizeof adapter, "class/infiniband/efa_%u", number);
    snprintf(verbs, sizeof verbs, "class/infiniband_verbs/uverbs%u", number);
    snprintf(device, sizeof device, "devices/pci0000:00/0000:00:%02x.0", FIRST_SLOT + number);
    if (!make_folders(folder, adapter) || !make_folders(folder, verbs) ||
        !make_folders(folder, device))
        return false;
    snprintf(target, sizeof target, "../../../%s", device);
    snprintf(path, sizeof path, "%s/device", adapter);
    if (!make_link(folder, path, target))
        return false;
    snprintf(path, sizeof path, "%s/device", verbs);
    if (!make_link(folder, path, target))
        return false;
    snprintf(path, sizeof path, "%s/driver", device);
    if (!make_link(folder, path, "../../../bus/pci/drivers/efa"))
        return false;
    snprintf(path, sizeof path, "%s/ibdev", verbs);
    snprintf(target, sizeof target, "efa_%u\n", number);
    return make_file(folder, path, target);
}

bool sysfs_make(const char *folder, unsigned adapters)
{
    if (!make_folders(folder, "class/infiniband_verbs") ||
        !make_folders(folder, "class/infiniband") || !make_folders(folder, "bus/pci/drivers/efa") ||
        !make_file(folder, "class/infiniband_verbs/abi_version", ABI_VERSION))
        return false;
    for (unsigned i = 0; i < adapters; i++)
        if (!make_adapter(folder, i))
            return false;
    return true;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *position)
{
    (void)found;
    (void)kind;
    (void)position;
    return remove(path);
}

void sysfs_remove(const char *folder)
{
    if (nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        program_say("cannot remove %s: %s", folder, strerror(errno));
}

/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Writes lines to a text file, through the kernel's file calls. */
#include "driver_log.h"

#include "os/compiler.h"

enum { LONGEST_LINE = 1024 };

NTSTATUS driver_log_open(struct driver_log *log, UNICODE_STRING *path, uint32_t limit)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;

    memset(log, 0, sizeof *log);
    log->limit = limit;
    if (path->Length == 0)
        return STATUS_SUCCESS;
    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(&log->file, FILE_APPEND_DATA | SYNCHRONIZE, &attributes, &io, NULL,
                        FILE_ATTRIBUTE_NORMAL,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OVERWRITE_IF,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

void driver_log_close(struct driver_log *log)
{
    if (log->file)
        ZwClose(log->file);
    log->file = NULL;
}

static void write_text(struct driver_log *log, char *text, size_t size)
{
    IO_STATUS_BLOCK io;

    ZwWriteFile(log->file, NULL, NULL, NULL, &io, text, (ULONG)size, NULL, NULL);
}

static size_t append(char *text, size_t used, const char *part)
{
    size_t length = strlen(part);

    if (length > LONGEST_LINE - used)
        length = LONGEST_LINE - used;
    memcpy(text + used, part, length);
    return used + length;
}

void driver_log_line(struct driver_log *log, const char *level, const char *line)
{
    char text[LONGEST_LINE + 1];
    size_t used = 0;
    uint32_t number;

    if (!log->file)
        return;
    number = efa_fetch_add_u32(&log->lines, 1);
    if (log->limit != 0 && number >= log->limit) {
        if (number > log->limit)
            return;
        level = "warning";
        line = "this log is full, further lines are dropped";
    }
    if (level) {
        used = append(text, used, level);
        used = append(text, used, ": ");
    }
    used = append(text, used, line);
    text[used++] = '\n';
    write_text(log, text, used);
}

void driver_log_status(struct driver_log *log, const char *what, NTSTATUS status)
{
    static const char digits[] = "0123456789abcdef";
    char text[LONGEST_LINE];
    size_t used = append(text, 0, what);

    used = append(text, used < LONGEST_LINE - 32 ? used : LONGEST_LINE - 32, " (status 0x");
    for (int shift = 28; shift >= 0; shift -= 4)
        text[used++] = digits[((uint32_t)status >> shift) & 0xf];
    text[used++] = ')';
    text[used] = '\0';
    driver_log_line(log, "error", text);
}

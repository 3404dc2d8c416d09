/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Registry values and small files, read once at start. */
#include "parameters.h"

#include "control_protocol.h"

enum { LARGEST_FILE = 1024 * 1024 };

static NTSTATUS open_parameters(const UNICODE_STRING *service_key, HANDLE *key)
{
    static const WCHAR subkey[] = L"\\Parameters";
    WCHAR path[PARAMETER_PATH_LENGTH];
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;

    if (service_key->Length + sizeof subkey > sizeof path)
        return STATUS_NAME_TOO_LONG;
    memcpy(path, service_key->Buffer, service_key->Length);
    memcpy((char *)path + service_key->Length, subkey, sizeof subkey);
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

struct value {
    KEY_VALUE_PARTIAL_INFORMATION header;
    WCHAR data[PARAMETER_PATH_LENGTH];
};

static bool query(HANDLE key, const WCHAR *value_name, ULONG type, struct value *value)
{
    UNICODE_STRING name;
    ULONG length;

    RtlInitUnicodeString(&name, value_name);
    return NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, value, sizeof *value,
                                      &length)) &&
           value->header.Type == type;
}

static void read_path(HANDLE key, const WCHAR *value_name, struct value *value,
                      struct parameter_path *path)
{
    size_t bytes;

    if (!query(key, value_name, REG_SZ, value))
        return;
    bytes = value->header.DataLength;
    if (bytes > sizeof path->text - sizeof(WCHAR))
        return;
    memcpy(path->text, value->header.Data, bytes);
    path->text[bytes / sizeof(WCHAR)] = 0;
    RtlInitUnicodeString(&path->name, path->text);
}

static void read_u32(HANDLE key, const WCHAR *value_name, struct value *value, uint32_t *number)
{
    if (query(key, value_name, REG_DWORD, value))
        memcpy(number, value->header.Data, sizeof *number);
}

void parameters_read(struct parameters *parameters, const UNICODE_STRING *service_key)
{
    struct value *value = nt_allocate(sizeof *value);
    HANDLE key;

    memset(parameters, 0, sizeof *parameters);
    if (!value)
        return;
    if (NT_SUCCESS(open_parameters(service_key, &key))) {
        read_path(key, EFASIM_VALUE_CONFIG_FILE, value, &parameters->config_file);
        read_path(key, EFASIM_VALUE_LOG_FILE, value, &parameters->log_file);
        read_path(key, EFASIM_VALUE_TRACE_FILE, value, &parameters->trace_file);
        read_u32(key, EFASIM_VALUE_INTERFACE_VERSION, value, &parameters->interface_version);
        read_u32(key, EFASIM_VALUE_PLAIN_COPIES, value, &parameters->plain_copies);
        ZwClose(key);
    }
    nt_release(value);
}

static NTSTATUS read_open_file(HANDLE file, char **text, size_t *size)
{
    FILE_STANDARD_INFORMATION information;
    IO_STATUS_BLOCK io;
    LARGE_INTEGER start;
    NTSTATUS status;
    char *buffer;

    status = ZwQueryInformationFile(file, &io, &information, sizeof information,
                                    FileStandardInformation);
    if (!NT_SUCCESS(status))
        return status;
    if (information.EndOfFile.QuadPart > LARGEST_FILE)
        return STATUS_FILE_TOO_LARGE;
    *size = (size_t)information.EndOfFile.QuadPart;
    buffer = nt_allocate(*size + 1);
    if (!buffer)
        return STATUS_NO_MEMORY;
    start.QuadPart = 0;
    if (*size != 0)
        status = ZwReadFile(file, NULL, NULL, NULL, &io, buffer, (ULONG)*size, &start, NULL);
    if (NT_SUCCESS(status) && *size != 0 && io.Information != *size)
        status = STATUS_END_OF_FILE;
    if (!NT_SUCCESS(status))
        nt_release(buffer);
    else
        *text = buffer;
    return status;
}

NTSTATUS parameters_read_file(UNICODE_STRING *path, char **text, size_t *size)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    NTSTATUS status;
    HANDLE file;

    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status = ZwCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &io, NULL, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = read_open_file(file, text, size);
    ZwClose(file);
    return status;
}

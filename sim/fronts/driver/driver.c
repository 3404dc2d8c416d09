/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efasim.sys: the simulated EFA as a kernel driver for Wine. DriverEntry reads the configuration,
 * builds the model, starts the engine and creates the devices. Unloading does the reverse.
 */
#include "driver.h"

#include "base/format.h"
#include "control_protocol.h"
#include "parameters.h"

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *object, UNICODE_STRING *service_key);

static struct driver instance;

struct driver *driver_instance(void)
{
    return &instance;
}

struct device_name {
    const WCHAR *device;
    const WCHAR *link;
};

static const struct device_name efa_name = {L"\\Device\\EFADevice", L"\\DosDevices\\EFADevice"};
static const struct device_name control_name = {L"\\Device\\EFASimControl",
                                                L"\\DosDevices\\EFASimControl"};

static NTSTATUS create_device(DRIVER_OBJECT *object, const struct device_name *name,
                              DEVICE_OBJECT **device)
{
    UNICODE_STRING device_name, link_name;
    NTSTATUS status;

    RtlInitUnicodeString(&device_name, name->device);
    RtlInitUnicodeString(&link_name, name->link);
    status = IoCreateDevice(object, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, device);
    if (!NT_SUCCESS(status))
        return status;
    (*device)->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(*device);
        *device = NULL;
    }
    return status;
}

static void delete_device(const struct device_name *name, DEVICE_OBJECT **device)
{
    UNICODE_STRING link_name;

    if (!*device)
        return;
    RtlInitUnicodeString(&link_name, name->link);
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(*device);
    *device = NULL;
}

/*
 * Whatever its name, a measured profile lies beside the configuration as "profile": with-efa copies
 * it there.
 */
static bool read_profile(void *context, const char *path, size_t path_size, char **text,
                         size_t *size, char *reason, size_t reason_size)
{
    static const WCHAR name[] = L"profile";
    const UNICODE_STRING *config = context;
    struct parameter_path *beside = nt_allocate(sizeof *beside);
    USHORT length = config->Length / sizeof(WCHAR);
    NTSTATUS status = STATUS_NO_MEMORY;
    struct efasim_text out;
    (void)path;
    (void)path_size;

    if (beside) {
        while (length && config->Buffer[length - 1] != L'\\')
            length--;
        status = STATUS_NAME_TOO_LONG;
        if (length + sizeof name / sizeof(WCHAR) <= PARAMETER_PATH_LENGTH) {
            memcpy(beside->text, config->Buffer, length * sizeof(WCHAR));
            memcpy(beside->text + length, name, sizeof name);
            RtlInitUnicodeString(&beside->name, beside->text);
            status = parameters_read_file(&beside->name, text, size);
        }
        nt_release(beside);
    }
    efasim_text_init(&out, reason, reason_size);
    if (!NT_SUCCESS(status))
        efasim_text_add(&out, "the copy beside the configuration cannot be read (status 0x%x)",
                        (unsigned)status);
    return NT_SUCCESS(status);
}

static void release_profile(void *context, char *text)
{
    (void)context;
    nt_release(text);
}

/* The script with-efa recognises this line and prints it with the name of the user's file. */
static NTSTATUS parse_config_file(struct driver *driver, UNICODE_STRING *path,
                                  struct efasim_config *config)
{
    const struct efasim_config_files files = {path, read_profile, release_profile};
    char message[256];
    size_t size = 0;
    char *text = NULL;
    NTSTATUS status = parameters_read_file(path, &text, &size);

    if (!NT_SUCCESS(status)) {
        driver_log_status(&driver->log, "the configuration file cannot be read", status);
        return status;
    }
    if (!efasim_config_parse_with(config, text, size, &files, message, sizeof message)) {
        driver_log_line(&driver->log, "config", message);
        status = STATUS_INVALID_PARAMETER;
    }
    nt_release(text);
    return status;
}

static NTSTATUS configure(struct driver *driver, struct parameters *parameters,
                          struct efasim_config *config)
{
    uint32_t version = parameters->interface_version;
    NTSTATUS status;

    efasim_config_default(config);
    if (parameters->config_file.name.Length != 0) {
        status = parse_config_file(driver, &parameters->config_file.name, config);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (config->device_count != 1) {
        driver_log_line(&driver->log, "config",
                        "a Windows client knows one device, \\\\.\\EFADevice: "
                        "configure one, or use several with the in-process front");
        return STATUS_INVALID_PARAMETER;
    }
    if (version > EFA_INTERFACE_VERSION_NEWEST) {
        driver_log_line(&driver->log, "error", "invalid interface version: it must be 1, 2 or 3");
        return STATUS_INVALID_PARAMETER;
    }
    if (version != 0)
        config->devices[0].versions = EFASIM_VERSION_BIT(version);
    return STATUS_SUCCESS;
}

static NTSTATUS create_model(struct driver *driver, struct parameters *parameters)
{
    struct efasim_config *config = nt_allocate(sizeof *config);
    NTSTATUS status;

    if (!config)
        return STATUS_NO_MEMORY;
    status = configure(driver, parameters, config);
    if (NT_SUCCESS(status) && efasim_create(config, &driver->platform, &driver->sim) != 0)
        status = STATUS_UNSUCCESSFUL;
    nt_release(config);
    return status;
}

static void tear_down(struct driver *driver)
{
    delete_device(&efa_name, &driver->efa_device);
    delete_device(&control_name, &driver->control_device);
    engine_stop(&driver->engine);
    driver->leaving = true;
    if (driver->sim)
        efasim_destroy(driver->sim);
    driver->sim = NULL;
    client_calls_stop(&driver->client_calls);
    driver_log_close(&driver->trace);
    driver_log_close(&driver->log);
}

static NTSTATUS set_up(struct driver *driver, DRIVER_OBJECT *object, struct parameters *parameters)
{
    NTSTATUS status = ntdll_calls_find(&driver->ntdll);

    if (!NT_SUCCESS(status)) {
        driver_log_status(&driver->log, "Wine's ntdll.dll lacks a call that the driver needs",
                          status);
        return status;
    }
    driver->client_calls.ntdll = &driver->ntdll;
    driver->plain_copies = parameters->plain_copies != 0;
    driver_platform_init(driver);
    status = create_model(driver, parameters);
    if (!NT_SUCCESS(status))
        return status;
    driver->engine.sim = driver->sim;
    driver->engine.lock = &driver->lock;
    driver->engine.ntdll = &driver->ntdll;
    status = engine_start(&driver->engine);
    if (NT_SUCCESS(status))
        status = create_device(object, &control_name, &driver->control_device);
    if (NT_SUCCESS(status))
        status = create_device(object, &efa_name, &driver->efa_device);
    if (!NT_SUCCESS(status))
        driver_log_status(&driver->log, "the devices could not be created", status);
    return status;
}

static void NTAPI unload(DRIVER_OBJECT *object)
{
    (void)object;
    tear_down(&instance);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *object, UNICODE_STRING *service_key)
{
    enum { LOG_LINES = 10000, TRACE_LINES = 0 };
    struct parameters *parameters = nt_allocate(sizeof *parameters);
    NTSTATUS status;

    if (!parameters)
        return STATUS_NO_MEMORY;
    parameters_read(parameters, service_key);
    status = driver_log_open(&instance.log, &parameters->log_file.name, LOG_LINES);
    if (NT_SUCCESS(status))
        status = driver_log_open(&instance.trace, &parameters->trace_file.name, TRACE_LINES);
    if (NT_SUCCESS(status))
        status = set_up(&instance, object, parameters);
    nt_release(parameters);
    if (!NT_SUCCESS(status)) {
        tear_down(&instance);
        return status;
    }
    object->MajorFunction[IRP_MJ_CREATE] = dispatch_create;
    object->MajorFunction[IRP_MJ_CLEANUP] = dispatch_cleanup;
    object->MajorFunction[IRP_MJ_CLOSE] = dispatch_close;
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_device_control;
    object->DriverUnload = unload;
    return STATUS_SUCCESS;
}

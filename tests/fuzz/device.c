/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The platform of the simulated EFA for fuzzing. */
#define _GNU_SOURCE
#include "device.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "driver/win32_error.h"
#include "os/compiler.h"

/* Above this, memory is kept from one device to the next, and forgotten page by page instead. */
#define LARGE (256u * 1024)

enum { BUDGET = 64, MOST_STEPS = 100000 };

struct port {
    struct efa_transport transport; /* first: the transport's address is the port's */
    struct fuzz_device *device;
    unsigned index;
};

struct fuzz_device {
    struct efasim *sim;
    struct efasim_platform platform;
    struct port ports[EFASIM_MAX_DEVICES];
    uint64_t now;
    bool locked;
    bool indirect;
    unsigned allocations, mappings, violations;
};

uint8_t fuzz_memory[FUZZ_MEMORY];

static uint8_t *large; /* the one large block, in front of a page without access */
static size_t large_size;
static bool large_taken;

static void *take_large(size_t size)
{
    size_t page = 4096, rounded = (size + page - 1) / page * page;

    if (!large) {
        large = mmap(NULL, rounded + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        FUZZ_REQUIRE(large != MAP_FAILED && mprotect(large, rounded, PROT_READ | PROT_WRITE) == 0);
        large_size = rounded;
    }
    FUZZ_REQUIRE(rounded == large_size && !large_taken);
    large_taken = true;
    return large + (rounded - size) / 16 * 16;
}

static void *allocate(void *context, size_t size)
{
    struct fuzz_device *device = context;

    device->allocations++;
    return size >= LARGE ? take_large(size) : calloc(1, size);
}

static void release(void *context, void *memory)
{
    struct fuzz_device *device = context;

    FUZZ_REQUIRE(device->allocations > 0);
    device->allocations--;
    if ((uint8_t *)memory >= large && (uint8_t *)memory < large + large_size) {
        FUZZ_REQUIRE(large_taken && madvise(large, large_size, MADV_DONTNEED) == 0);
        large_taken = false;
        return;
    }
    free(memory);
}

static void lock(void *context)
{
    struct fuzz_device *device = context;

    FUZZ_REQUIRE(!device->locked);
    device->locked = true;
}

static void unlock(void *context)
{
    struct fuzz_device *device = context;

    FUZZ_REQUIRE(device->locked);
    device->locked = false;
}

static uint64_t now(void *context)
{
    return ((struct fuzz_device *)context)->now;
}

static void log_line(void *context, enum efasim_log_level level, const char *line)
{
    (void)context;
    FUZZ_REQUIRE(level <= EFASIM_LOG_DEBUG && line[0] != '\0' && !strchr(line, '\n'));
}

static void trace_line(void *context, const char *line)
{
    (void)context;
    FUZZ_REQUIRE(line[0] != '\0' && !strchr(line, '\n'));
}

static void violation(void *context, const char *line)
{
    struct fuzz_device *device = context;

    log_line(context, EFASIM_LOG_ERROR, line);
    device->violations++;
}

static uint32_t map(void *context, void *front_client, enum efasim_mapping_kind kind, size_t size,
                    struct efasim_mapping *mapping)
{
    struct fuzz_device *device = context;
    void *memory = NULL;

    (void)kind;
    FUZZ_REQUIRE(front_client == device && size == mapping->size && size != 0);
    if (posix_memalign(&memory, 4096, size) != 0)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    memset(memory, 0, size);
    mapping->model = memory;
    mapping->client = (uint64_t)(uintptr_t)memory;
    mapping->front = memory;
    device->mappings++;
    return EFA_WIN32_SUCCESS;
}

static void unmap(void *context, void *front_client, const struct efasim_mapping *mapping)
{
    struct fuzz_device *device = context;

    FUZZ_REQUIRE(front_client == device && device->mappings > 0);
    device->mappings--;
    free(mapping->front);
}

static bool is_memory(uint64_t address, uint64_t size)
{
    uint64_t start = (uint64_t)(uintptr_t)fuzz_memory;

    return address >= start && size <= FUZZ_MEMORY && address - start <= FUZZ_MEMORY - size;
}

static uint32_t validate(void *context, void *front_client, uint64_t address, uint64_t size,
                         bool writable)
{
    (void)writable;
    FUZZ_REQUIRE(front_client == context);
    return is_memory(address, size) ? EFA_WIN32_SUCCESS : EFA_WIN32_NOACCESS;
}

static void *translate(void *context, void *front_client, uint64_t address, uint64_t size)
{
    FUZZ_REQUIRE(front_client == context && is_memory(address, size));
    return ((struct fuzz_device *)context)->indirect ? NULL : (void *)(uintptr_t)address;
}

static void copy(void *context, void *front_client, enum efasim_copy_direction direction,
                 struct efasim_copy *copies, uint32_t count)
{
    FUZZ_REQUIRE(front_client == context);
    for (uint32_t i = 0; i < count; i++) {
        void *client = (void *)(uintptr_t)copies[i].client;

        FUZZ_REQUIRE(copies[i].size != 0 && is_memory(copies[i].client, copies[i].size));
        if (direction == EFASIM_COPY_FROM_CLIENT)
            memcpy(copies[i].model, client, copies[i].size);
        else
            memcpy(client, copies[i].model, copies[i].size);
        copies[i].done = true;
    }
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    const struct port *port = (const struct port *)(const void *)transport;
    struct efasim_client *client;
    uint32_t error = efasim_client_open(port->device->sim, port->index, port->device, &client);

    if (error == EFA_WIN32_SUCCESS)
        *session = client;
    return error;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    (void)transport;
    return efasim_request(session, code, input, input_size, output, output_size, returned);
}

static void close_session(const struct efa_transport *transport, void *session)
{
    (void)transport;
    efasim_client_close(session);
}

void fuzz_small_limits(struct efasim_config *config)
{
    for (uint32_t i = 0; i < config->device_count; i++) {
        struct efasim_device_config *device = &config->devices[i];

        device->max_pd = 4;
        device->max_cq = 6;
        device->max_qp = 6;
        device->max_mr = 8;
        device->max_ah = 8;
        device->max_sq_depth = 64;
        device->max_rq_depth = 64;
        device->max_cq_depth = 128;
        device->max_llq_size = 64 * 64;
    }
}

struct fuzz_device *fuzz_device_create(const struct efasim_config *config)
{
    struct fuzz_device *device = calloc(1, sizeof *device);

    if (!device)
        abort();
    device->now = 1000;
    device->platform = (struct efasim_platform){
        .context = device,
        .allocate = allocate,
        .release = release,
        .lock = lock,
        .unlock = unlock,
        .now = now,
        .log = log_line,
        .violation = violation,
        .map = map,
        .unmap = unmap,
        .validate = validate,
        .translate = translate,
        .copy = copy,
        .trace = trace_line,
    };
    FUZZ_REQUIRE(efasim_create(config, &device->platform, &device->sim) == EFA_WIN32_SUCCESS);
    for (unsigned i = 0; i < config->device_count; i++) {
        device->ports[i].transport =
            (struct efa_transport){"simulated", open_session, request, close_session};
        device->ports[i].device = device;
        device->ports[i].index = i;
    }
    return device;
}

void fuzz_device_destroy(struct fuzz_device *device)
{
    struct efasim_objects objects, none = {0};

    efasim_get_objects(device->sim, EFASIM_ALL_DEVICES, &objects);
    FUZZ_REQUIRE(memcmp(&objects, &none, sizeof none) == 0);
    FUZZ_REQUIRE(device->mappings == 0);
    efasim_destroy(device->sim);
    FUZZ_REQUIRE(device->allocations == 0 && !device->locked);
    free(device);
}

void fuzz_device_set_indirect(struct fuzz_device *device, bool indirect)
{
    device->indirect = indirect;
}

const struct efa_transport *fuzz_device_transport(struct fuzz_device *device, unsigned index)
{
    return &device->ports[index].transport;
}

struct efasim *fuzz_device_model(struct fuzz_device *device)
{
    return device->sim;
}

static struct efasim_step_result run(struct fuzz_device *device)
{
    struct efasim_step_result result;
    unsigned steps = 0;

    do {
        result = efasim_step(device->sim, BUDGET);
        FUZZ_REQUIRE(++steps < MOST_STEPS);
    } while (result.more || result.work != 0);
    return result;
}

void fuzz_device_run(struct fuzz_device *device)
{
    (void)run(device);
}

void fuzz_device_advance(struct fuzz_device *device, uint64_t nanoseconds)
{
    uint64_t end = device->now + nanoseconds;

    for (;;) {
        struct efasim_step_result result = run(device);

        if (result.next_deadline > end)
            break;
        FUZZ_REQUIRE(result.next_deadline > device->now);
        device->now = result.next_deadline;
    }
    device->now = end;
}

void fuzz_device_report_write(struct fuzz_device *device, uint64_t address)
{
    efasim_report_write(device->sim, device, address);
}

unsigned fuzz_device_violations(const struct fuzz_device *device)
{
    return device->violations;
}

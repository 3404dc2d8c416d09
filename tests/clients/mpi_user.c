/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A program for MPI, one part of it a run: mpi_user PART [TIMES]. Each part exchanges data between
 * all ranks and verifies every byte that it receives; the first that is wrong ends the job. Rank 0
 * prints "PART: ok", after all TIMES.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE (64u << 20)
#define MATRIX_SIDE 300

static int rank, ranks;

static void fail(const char *what, size_t at, long long found, long long expected)
{
    fprintf(stderr, "rank %d: %s: at %zu there is %lld, not %lld\n", rank, what, at, found,
            expected);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);

    if (!memory) {
        fprintf(stderr, "rank %d: no memory for %zu bytes\n", rank, bytes);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return memory;
}

/* Byte `at` of message `number` from that rank. */
static unsigned char byte_of(unsigned from, unsigned number, size_t at)
{
    return (unsigned char)((at >> 12) * 7 + at * 31 + from * 101 + number * 13);
}

static void fill(unsigned char *bytes, size_t size, unsigned from, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(from, number, i);
}

static void verify(const char *what, const unsigned char *bytes, size_t size, unsigned from,
                   unsigned number)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of(from, number, i))
            fail(what, i, bytes[i], byte_of(from, number, i));
}

/* To the next rank, from the one before, all at the same time: each size that is special to EFA's
 * provider, to its messages of one packet and to those that it sends otherwise. */
static void point_to_point(void)
{
    static const size_t sizes[] = {
        0,     1,     8,     32,     33,     4096,    8000,          8928,     8929,
        16384, 65535, 65536, 131072, 131073, 1 << 20, (1 << 20) + 7, 16 << 20, MAX_MESSAGE};
    unsigned char *out = allocate(MAX_MESSAGE), *in = allocate(MAX_MESSAGE);
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        MPI_Status status;
        int count;

        fill(out, sizes[i], (unsigned)rank, i);
        memset(in, 0xee, sizes[i]);
        MPI_Sendrecv(out, (int)sizes[i], MPI_BYTE, next, (int)i, in, MAX_MESSAGE, MPI_BYTE,
                     previous, (int)i, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_BYTE, &count);
        if ((size_t)count != sizes[i])
            fail("length", i, count, (long long)sizes[i]);
        verify("message", in, sizes[i], (unsigned)previous, i);
    }
    free(in);
    free(out);
}

/*
 * Many that are on their way at the same time, received in another order than they were sent, by
 * tag and by MPI_ANY_SOURCE, half of them before a receive waits for them.
 */
static void many(void)
{
    enum { COUNT = 200, SIZE = 3000 };
    unsigned char *out = allocate((size_t)COUNT * SIZE), *in = allocate((size_t)COUNT * SIZE);
    MPI_Request requests[2 * COUNT];
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;

    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < COUNT; i++)
            fill(out + (size_t)i * SIZE, SIZE, (unsigned)rank, (unsigned)i);
        for (int i = 0; i < COUNT; i++) {
            if (half == 0)
                MPI_Isend(out + (size_t)i * SIZE, SIZE, MPI_BYTE, next, i, MPI_COMM_WORLD,
                          &requests[i]);
            else
                MPI_Irecv(in + (size_t)i * SIZE, SIZE, MPI_BYTE, MPI_ANY_SOURCE, i, MPI_COMM_WORLD,
                          &requests[COUNT + i]);
        }
        MPI_Barrier(MPI_COMM_WORLD);
        for (int i = COUNT - 1; i >= 0; i--) {
            if (half == 0)
                MPI_Irecv(in + (size_t)i * SIZE, SIZE, MPI_BYTE, previous, i, MPI_COMM_WORLD,
                          &requests[COUNT + i]);
            else
                MPI_Isend(out + (size_t)i * SIZE, SIZE, MPI_BYTE, next, i, MPI_COMM_WORLD,
                          &requests[i]);
        }
        MPI_Waitall(2 * COUNT, requests, MPI_STATUSES_IGNORE);
        for (int i = 0; i < COUNT; i++)
            verify("one of many", in + (size_t)i * SIZE, SIZE, (unsigned)previous, (unsigned)i);
        MPI_Barrier(MPI_COMM_WORLD);
    }
    free(in);
    free(out);
}

static void all_to_all(void)
{
    static const size_t sizes[] = {1, 1000, 8928, 100000, 4 << 20};

    for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t size = sizes[s];
        unsigned char *out = allocate((size_t)ranks * size), *in = allocate((size_t)ranks * size);

        for (int to = 0; to < ranks; to++)
            fill(out + (size_t)to * size, size, (unsigned)rank, (unsigned)to);
        MPI_Alltoall(out, (int)size, MPI_BYTE, in, (int)size, MPI_BYTE, MPI_COMM_WORLD);
        for (int from = 0; from < ranks; from++)
            verify("all to all", in + (size_t)from * size, size, (unsigned)from, (unsigned)rank);
        MPI_Allgather(out, (int)size, MPI_BYTE, in, (int)size, MPI_BYTE, MPI_COMM_WORLD);
        for (int from = 0; from < ranks; from++)
            verify("all gather", in + (size_t)from * size, size, (unsigned)from, 0);
        free(in);
        free(out);
    }
}

static void verify_sums(const char *what, const int64_t *sums, int count, int contributors)
{
    for (int i = 0; i < count; i++) {
        int64_t expected =
            (int64_t)contributors * i * 3 + (int64_t)contributors * (contributors - 1) / 2;

        if (sums[i] != expected)
            fail(what, (size_t)i, sums[i], expected);
    }
}

static void reductions(void)
{
    enum { COUNT = 200000 };
    int64_t *own = allocate(COUNT * sizeof *own), *sums = allocate(COUNT * sizeof *sums);
    int64_t largest;

    for (int i = 0; i < COUNT; i++)
        own[i] = (int64_t)i * 3 + rank;
    for (int count = 1; count <= COUNT;
         count = count < COUNT && count * 27 > COUNT ? COUNT : count * 27) {
        MPI_Allreduce(own, sums, count, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        verify_sums("all reduce", sums, count, ranks);
        for (int root = 0; root < ranks; root++) {
            MPI_Reduce(own, sums, count, MPI_INT64_T, MPI_SUM, root, MPI_COMM_WORLD);
            if (rank == root)
                verify_sums("reduce", sums, count, ranks);
        }
        MPI_Scan(own, sums, count, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        verify_sums("scan", sums, count, rank + 1);
        if (count == COUNT)
            break;
    }
    MPI_Allreduce(&own[7], &largest, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    if (largest != 21 + ranks - 1)
        fail("maximum", 0, largest, 21 + ranks - 1);
    free(sums);
    free(own);
}

struct item {
    char kind;
    double value;
    int32_t parts[3];
};

/* Structures with gaps, which arrive as structures. */
static void structures(int next, int previous)
{
    enum { COUNT = 5000 };
    struct item *out = allocate(COUNT * sizeof *out), *in = allocate(COUNT * sizeof *in);
    const int lengths[] = {1, 1, 3};
    const MPI_Aint places[] = {offsetof(struct item, kind), offsetof(struct item, value),
                               offsetof(struct item, parts)};
    const MPI_Datatype types[] = {MPI_CHAR, MPI_DOUBLE, MPI_INT32_T};
    MPI_Datatype packed, item;

    MPI_Type_create_struct(3, lengths, places, types, &packed);
    MPI_Type_create_resized(packed, 0, sizeof(struct item), &item);
    MPI_Type_commit(&item);
    for (int i = 0; i < COUNT; i++)
        out[i] = (struct item){(char)(i + rank), i * 0.5 + rank, {i, -i, rank}};
    memset(in, 0, COUNT * sizeof *in);
    MPI_Sendrecv(out, COUNT, item, next, 0, in, COUNT, item, previous, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    for (int i = 0; i < COUNT; i++)
        if (in[i].kind != (char)(i + previous) || in[i].value != i * 0.5 + previous ||
            in[i].parts[0] != i || in[i].parts[1] != -i || in[i].parts[2] != previous)
            fail("structure", (size_t)i, in[i].parts[0], i);
    MPI_Type_free(&packed);
    MPI_Type_free(&item);
    free(in);
    free(out);
}

/* A matrix is sent by columns and arrives by rows. */
static void derived_types(void)
{
    enum { SIDE = MATRIX_SIDE };
    int(*out)[SIDE] = allocate(SIDE * sizeof *out), (*in)[SIDE] = allocate(SIDE * sizeof *in);
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
    MPI_Datatype column, columns;

    MPI_Type_vector(SIDE, 1, SIDE, MPI_INT, &column);
    MPI_Type_create_resized(column, 0, sizeof(int), &columns);
    MPI_Type_commit(&columns);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            out[i][j] = rank * 1000000 + i * 1000 + j;
    MPI_Sendrecv(out, SIDE, columns, next, 1, in, SIDE * SIDE, MPI_INT, previous, 1, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            if (in[j][i] != previous * 1000000 + i * 1000 + j)
                fail("transposed", (size_t)(i * SIDE + j), in[j][i],
                     previous * 1000000 + i * 1000 + j);
    MPI_Type_free(&column);
    MPI_Type_free(&columns);
    free(in);
    free(out);
    structures(next, previous);
}

/*
 * Between fences: puts `size` bytes into the second half of the next rank's window, and gets its
 * first half. The caller has filled `out` with seed 2 and the first half of each window with 1.
 */
static void put_and_get(MPI_Win bytes, const unsigned char *window, const unsigned char *out,
                        unsigned char *in, int size)
{
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;

    MPI_Put(out, size, MPI_BYTE, next, size, size, MPI_BYTE, bytes);
    MPI_Get(in, size, MPI_BYTE, next, 0, size, MPI_BYTE, bytes);
    MPI_Win_fence(0, bytes);
    verify("put", window + size, (size_t)size, (unsigned)previous, 2);
    verify("got", in, (size_t)size, (unsigned)next, 1);
}

/* Puts into the next rank's window, gets from it what it has, adds to a counter of rank 0. */
static void one_sided(void)
{
    enum { SIZE = 3 << 20 };
    unsigned char *window = allocate(2 * SIZE), *in = allocate(SIZE), *out = allocate(SIZE);
    int64_t *counter = allocate(sizeof *counter), seen, sum = 0;
    const int64_t one = rank + 1;
    MPI_Win bytes, counters;

    /* Of memory that MPI allocates, ranks of one host make shared memory. */
    MPI_Win_create(window, 2 * SIZE, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &bytes);
    MPI_Win_create(counter, sizeof *counter, sizeof *counter, MPI_INFO_NULL, MPI_COMM_WORLD,
                   &counters);
    MPI_Win_fence(0, bytes);
    fill(window, SIZE, (unsigned)rank, 1);
    memset(window + SIZE, 0xee, SIZE);
    fill(out, SIZE, (unsigned)rank, 2);
    *counter = 0;
    MPI_Win_fence(0, counters);
    MPI_Win_fence(0, bytes);
    put_and_get(bytes, window, out, in, SIZE);
    for (int i = 0; i < 100; i++) {
        MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, counters);
        MPI_Fetch_and_op(&one, &seen, MPI_INT64_T, 0, 0, MPI_SUM, counters);
        MPI_Win_unlock(0, counters);
        if (seen < sum)
            fail("counter went back", (size_t)i, seen, sum);
        sum = seen + one;
    }
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, counters);
        if (*counter != 100 * ranks * (ranks + 1) / 2)
            fail("counter", 0, *counter, 100 * ranks * (ranks + 1) / 2);
        MPI_Win_unlock(0, counters);
    }
    MPI_Win_free(&counters);
    MPI_Win_free(&bytes);
    free(counter);
    free(window);
    free(out);
    free(in);
}

/* A little of everything, whose calls fit into a recording (record/). */
static void little(void)
{
    enum { SIZE = 1100000, COUNT = 5000 };
    unsigned char *window = allocate(2 * SIZE), *in = allocate(SIZE), *out = allocate(SIZE);
    int64_t *own = allocate(COUNT * sizeof *own), *sums = allocate(COUNT * sizeof *sums);
    MPI_Win bytes;

    for (int i = 0; i < COUNT; i++)
        own[i] = (int64_t)i * 3 + rank;
    for (int count = 1; count <= COUNT; count *= 5000) {
        MPI_Allreduce(own, sums, count, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        verify_sums("all reduce", sums, count, ranks);
    }
    fill(window, SIZE, (unsigned)rank, 1);
    fill(out, SIZE, (unsigned)rank, 2);
    MPI_Win_create(window, 2 * SIZE, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &bytes);
    MPI_Win_fence(0, bytes);
    put_and_get(bytes, window, out, in, SIZE);
    MPI_Win_free(&bytes);
    free(sums);
    free(own);
    free(out);
    free(in);
    free(window);
}

static const struct part {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"point_to_point", point_to_point},
    {"many", many},
    {"all_to_all", all_to_all},
    {"reductions", reductions},
    {"derived_types", derived_types},
    {"one_sided", one_sided},
    {"little", little},
};

int main(int argc, char **argv)
{
    const struct part *part = NULL;
    long times = argc == 3 ? strtol(argv[2], NULL, 10) : 1;

    for (size_t i = 0; argc >= 2 && argc <= 3 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(argv[1], parts[i].name) == 0)
            part = &parts[i];
    if (!part) {
        fprintf(stderr, "usage: mpi_user PART [TIMES]; the parts are");
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            fprintf(stderr, " %s", parts[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (long i = 0; i < times; i++)
        part->run();
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0)
        printf("%s: ok, %d ranks\n", part->name, ranks);
    MPI_Finalize();
    return 0;
}

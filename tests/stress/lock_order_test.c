/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Debug builds end the process at a lock that is taken out of order: each case in a child. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "os/os.h"
#include "os/spinlock.h"

static struct efa_spinlock send_queue, recv_queue, completion_queue;
static struct efa_mutex mutex;

static int set_up(void **state)
{
    (void)state;
    efa_spinlock_init(&send_queue, EFA_RANK_SEND_QUEUE);
    efa_spinlock_init(&recv_queue, EFA_RANK_RECV_QUEUE);
    efa_spinlock_init(&completion_queue, EFA_RANK_COMPLETION_QUEUE);
    return efa_mutex_init(&mutex);
}

static int tear_down(void **state)
{
    (void)state;
    efa_mutex_destroy(&mutex);
    return 0;
}

#define ABORTED 77

/* An orderly end, so that what the child executed is counted. */
static void leave(int signal_number)
{
    (void)signal_number;
    exit(ABORTED);
}

/* Runs it in a child, whose standard error is `said`; its wait status. */
static int in_a_child(void (*run)(void), char *said, size_t size)
{
    size_t length = 0;
    ssize_t got;
    int status, ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        alarm(60);
        signal(SIGABRT, leave);
        run();
        exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], said + length, size - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void is_right(void (*run)(void))
{
    char said[1024];
    int status = in_a_child(run, said, sizeof said);

    assert_string_equal(said, "");
    assert_int_equal(status, 0);
}

static void is_caught(void (*run)(void), const char *what)
{
    char said[1024];
    int status = in_a_child(run, said, sizeof said);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ABORTED);
    assert_non_null(strstr(said, what));
    assert_non_null(strstr(said, "docs/architecture.md"));
}

static void take_all_in_order(void)
{
    for (unsigned turn = 0; turn < 3; turn++) {
        efa_mutex_lock(&mutex);
        efa_spinlock_wait_for_calls(&send_queue, EFA_HELD_BY_CALL);
        efa_spinlock_acquire(&recv_queue);
        efa_spinlock_try(&completion_queue, EFA_HELD_BY_CALL);
        /* Letting go may be in any order. */
        efa_spinlock_release(&send_queue);
        efa_spinlock_release(&completion_queue);
        efa_spinlock_release(&recv_queue);
        efa_mutex_unlock(&mutex);
    }
}

static void receive_before_send(void)
{
    efa_spinlock_acquire(&recv_queue);
    efa_spinlock_acquire(&send_queue);
}

static void mutex_within_a_poll(void)
{
    efa_spinlock_try(&completion_queue, EFA_HELD_BY_CALL);
    efa_mutex_lock(&mutex);
}

static void two_of_one_rank(void)
{
    static struct efa_spinlock other;

    efa_spinlock_init(&other, EFA_RANK_SEND_QUEUE);
    efa_spinlock_acquire(&send_queue);
    efa_spinlock_acquire(&other);
}

static void session_within_a_poll(void)
{
    efa_spinlock_acquire(&completion_queue);
    efa_spinlock_try(&send_queue, EFA_HELD_BY_SESSION);
}

static void promised_to_one_thread(void)
{
    efa_spinlock_mark(&completion_queue, EFA_HELD_BY_CALL);
    efa_spinlock_mark(&recv_queue, EFA_HELD_BY_CALL);
}

static void wait_for_a_session_with_the_mutex(void)
{
    efa_mutex_lock(&mutex);
    efa_spinlock_wait(&send_queue, EFA_HELD_BY_CALL);
}

static void without_a_rank(void)
{
    static struct efa_spinlock forgotten;

    efa_spinlock_acquire(&forgotten);
}

/* Begun by this thread and open, or ended by another: it is not in this thread's account. */
static void control_calls_during_sessions(void)
{
    efa_spinlock_try(&completion_queue, EFA_HELD_BY_SESSION);
    efa_spinlock_try(&send_queue, EFA_HELD_BY_SESSION);
    efa_mutex_lock(&mutex);
    efa_spinlock_acquire(&recv_queue);
    efa_spinlock_release(&recv_queue);
    efa_mutex_unlock(&mutex);
    efa_spinlock_release(&completion_queue);
    efa_spinlock_release(&send_queue);
    take_all_in_order();
}

static void the_right_order(void **state)
{
    (void)state;
    is_right(take_all_in_order);
    is_right(control_calls_during_sessions);
}

static void a_wrong_order(void **state)
{
    (void)state;
    is_caught(receive_before_send, "takes a lock of rank 2 (send queue) while it holds: 3");
    is_caught(mutex_within_a_poll, "takes a lock of rank 1 (qp_mutex) while it holds: 4");
    is_caught(two_of_one_rank, "takes a lock of rank 2 (send queue) while it holds: 2");
    is_caught(session_within_a_poll, "takes a lock of rank 2 (send queue) while it holds: 4");
    is_caught(promised_to_one_thread, "takes a lock of rank 3 (receive queue) while it holds: 4");
    is_caught(without_a_rank, "takes a lock of rank 0 (none)");
}

static void waiting_for_a_session_with_a_lock_in_hand(void **state)
{
    (void)state;
    is_caught(wait_for_a_session_with_the_mutex,
              "waits without limit for a lock of rank 2 (send queue) while it holds: 1 (qp_mutex)");
}

static bool is_waiting;

static void *take_when_it_is_free(void *argument)
{
    (void)argument;
    __atomic_store_n(&is_waiting, true, __ATOMIC_RELEASE);
    efa_spinlock_acquire(&recv_queue);
    efa_spinlock_release(&recv_queue);
    return NULL;
}

/* Each thread has its own account, and one waits for the other. */
static void two_threads_and_one_lock(void **state)
{
    pthread_t thread;

    (void)state;
    efa_spinlock_acquire(&recv_queue);
    assert_int_equal(pthread_create(&thread, NULL, take_when_it_is_free, NULL), 0);
    while (!__atomic_load_n(&is_waiting, __ATOMIC_ACQUIRE))
        sched_yield();
    for (unsigned i = 0; i < 50; i++)
        sched_yield(); /* it has met the lock by now, or it will find it free */
    efa_spinlock_release(&recv_queue);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(efa_spinlock_holder_of(&recv_queue), EFA_UNHELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_right_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_threads_and_one_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_for_a_session_with_a_lock_in_hand, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("lock order", tests, NULL, NULL);
}

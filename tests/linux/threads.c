/* SPDX-License-Identifier: MIT */
/* A program of many threads, by the C library's means: mutexes, condition variables, barriers, locks for readers and writers, semaphores, cancellation, signals to threads, robust mutexes, fork among threads. */
#include "waiting.h"

#include <pthread.h>
#include <semaphore.h>

#define THREADS 64
#define ROUNDS 200
#define STACK (128 << 10)

static pthread_t threads[THREADS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* Starts all threads, each with its number, in one function. */
static void threads_start(void *(*function)(void *number))
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (long i = 0; i < THREADS; i++) {
		int error = pthread_create(&threads[i], &attributes, function, (void *)i);

		if (error) {
			SHOW("a thread cannot be started", "%s", check_errno_name(error));
			exit(1);
		}
	}
	pthread_attr_destroy(&attributes);
}

/* The sum of what all threads return; those that were cancelled count 1,000,000. */
static long threads_join(void)
{
	long sum = 0;

	for (int i = 0; i < THREADS; i++) {
		void *result = NULL;

		pthread_join(threads[i], &result);
		sum += result == PTHREAD_CANCELED ? 1000000 : (long)result;
	}
	return sum;
}

static long shared;

static void *count_up(void *number)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		long seen = shared;

		if (i % 16 == 0)
			sched_yield();
		shared = seen + 1;
		pthread_mutex_unlock(&mutex);
	}
	return number;
}

/* A buffer of eight places between the even threads, which fill it, and the odd ones, which empty it. */
static struct {
	long items[8];
	int used;
	pthread_cond_t filled, emptied;
} buffer = {.filled = PTHREAD_COND_INITIALIZER, .emptied = PTHREAD_COND_INITIALIZER};

static void *produce(long number)
{
	for (long i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (buffer.used == 8)
			pthread_cond_wait(&buffer.emptied, &mutex);
		buffer.items[buffer.used++] = number * ROUNDS + i;
		pthread_cond_signal(&buffer.filled);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *consume(void)
{
	long sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (!buffer.used)
			pthread_cond_wait(&buffer.filled, &mutex);
		sum += buffer.items[--buffer.used];
		pthread_cond_signal(&buffer.emptied);
		pthread_mutex_unlock(&mutex);
	}
	return (void *)sum;
}

static void *exchange(void *number)
{
	return (long)number % 2 ? consume() : produce((long)number);
}

static pthread_barrier_t barrier;
static int arrived[50];

/* Nobody begins a round before all have ended the one before. */
static void *meet(void *number)
{
	long serials = 0, early = 0;

	(void)number;
	for (int round = 0; round < 50; round++) {
		__atomic_add_fetch(&arrived[round], 1, __ATOMIC_SEQ_CST);
		serials += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		early += __atomic_load_n(&arrived[round], __ATOMIC_SEQ_CST) != THREADS;
	}
	return (void *)(serials + 1000 * early);
}

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];

static void *read_or_write(void *number)
{
	long torn = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if ((long)number % 8 == 0) {
			pthread_rwlock_wrlock(&lock);
			pair[0]++;
			if (i % 8 == 0)
				sched_yield();
			pair[1]++;
		} else {
			pthread_rwlock_rdlock(&lock);
			torn += pair[0] != pair[1];
		}
		pthread_rwlock_unlock(&lock);
	}
	return (void *)torn;
}

static sem_t baton[THREADS];
static long carried;

/* One of them runs at a time: each hands the baton to the next. */
static void *hand_on(void *number)
{
	for (int i = 0; i < 20; i++) {
		sem_wait(&baton[(long)number]);
		carried = carried * 3 % 1000003 + (long)number;
		sem_post(&baton[((long)number + 1) % THREADS]);
	}
	return NULL;
}

static void work(void)
{
	threads_start(count_up);
	SHOW("numbers of all that have counted", "%ld", threads_join());
	SHOW("counted", "%ld", shared);
	threads_start(exchange);
	SHOW("what was produced was consumed", "%ld", threads_join());
	pthread_barrier_init(&barrier, NULL, THREADS);
	threads_start(meet);
	SHOW("one of them is told in each round that it was the last", "%ld", threads_join());
	threads_start(read_or_write);
	SHOW("readers have seen halves", "%ld", threads_join());
	SHOW("writers", "%ld %ld", pair[0], pair[1]);
	for (int i = 0; i < THREADS; i++)
		sem_init(&baton[i], 0, i == 0);
	threads_start(hand_on);
	threads_join();
	SHOW("the baton has gone round in order", "%ld", carried);
}

static int waiting, cleaned;

static void cleanup(void *unused)
{
	(void)unused;
	cleaned++; /* the mutex was taken again */
	pthread_mutex_unlock(&mutex);
}

static void *wait_for_nothing(void *number)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(cleanup, NULL);
	waiting++;
	for (;;)
		pthread_cond_wait(&changed, &mutex);
	pthread_cleanup_pop(1);
	return number;
}

/* Waits until all threads wait for the condition: each has counted itself before it gave the mutex back. */
static void waiting_await(void)
{
	for (int all = 0; !all; check_nap(1000)) {
		pthread_mutex_lock(&mutex);
		all = waiting == THREADS;
		pthread_mutex_unlock(&mutex);
	}
}

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int destroyed, initialised;
static __thread long own = 7;

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (int)(long)value != 0, __ATOMIC_SEQ_CST);
}

static void initialise(void)
{
	check_nap(2000);
	initialised++;
}

static void *have_own(void *number)
{
	pthread_once(&once, initialise);
	own += (long)number;
	pthread_setspecific(key, (void *)(own + initialised));
	sched_yield();
	return (void *)(own + (pthread_getspecific(key) == (void *)(own + 1)));
}

static void endings(void)
{
	threads_start(wait_for_nothing);
	waiting_await();
	for (int i = 0; i < THREADS; i++)
		pthread_cancel(threads[i]);
	SHOW("all were cancelled", "%ld", threads_join());
	SHOW("and have cleaned up", "%d", cleaned);
	pthread_key_create(&key, destroy);
	threads_start(have_own);
	SHOW("each has its own", "%ld", threads_join());
	SHOW("destroyed, initialised", "%d %d", destroyed, initialised);
	for (int i = 0; i < 500; i++) {
		pthread_create(&threads[0], NULL, have_own, (void *)0);
		pthread_join(threads[0], NULL);
	}
	SHOW("five hundred one after the other", "%d", destroyed);
}

static int handled[THREADS];
static __thread long self;
static sem_t ready;
static int stop;

static void count_signal(int number)
{
	(void)number;
	__atomic_add_fetch(&handled[self], 1, __ATOMIC_SEQ_CST);
}

static void *be_signalled(void *number)
{
	self = (long)number;
	sem_post(&ready);
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
		check_nap(1000);
	return NULL;
}

static void signals(void)
{
	long once_each = 0;

	signal(SIGUSR1, count_signal);
	sem_init(&ready, 0, 0);
	threads_start(be_signalled);
	for (int i = 0; i < THREADS; i++)
		while (sem_wait(&ready))
			;
	for (int i = 0; i < THREADS; i++)
		pthread_kill(threads[i], SIGUSR1);
	for (int i = 0; i < THREADS; i++) {
		while (!__atomic_load_n(&handled[i], __ATOMIC_SEQ_CST))
			check_nap(1000);
		once_each += handled[i];
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	threads_join();
	SHOW("each thread has handled its signal", "%ld", once_each);
}

static void *die_as_owner(void *robust)
{
	pthread_mutex_lock(robust);
	return NULL;
}

static void mutexes(void)
{
	struct timespec past = {0, 0};
	pthread_mutexattr_t attributes;
	pthread_mutex_t other;
	pthread_t thread;

	pthread_mutex_lock(&mutex);
	SHOW("a condition that does not come", "%s", check_errno_name(pthread_cond_timedwait(&changed, &mutex, &past)));
	pthread_mutex_unlock(&mutex);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&other, &attributes);
	pthread_create(&thread, NULL, die_as_owner, &other);
	pthread_join(thread, NULL);
	SHOW("its owner has died", "%s", check_errno_name(pthread_mutex_lock(&other)));
	SHOW("made consistent", "%d", pthread_mutex_consistent(&other));
	SHOW("given back", "%d", pthread_mutex_unlock(&other));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	SHOW("a mutex that looks who has it", "%d", pthread_mutex_init(&mutex, &attributes));
	shared = 0;
	threads_start(count_up);
	threads_join();
	SHOW("counted with a mutex that looks", "%ld", shared);
	pthread_mutex_lock(&mutex);
	SHOW("taken twice", "%s", check_errno_name(pthread_mutex_lock(&mutex)));
	pthread_mutex_unlock(&mutex);
}

struct common {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int turn;
};

/* Two processes take turns. */
static void turns(struct common *common, int mine)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&common->mutex);
		while (common->turn % 2 != mine)
			pthread_cond_wait(&common->changed, &common->mutex);
		common->turn++;
		pthread_cond_broadcast(&common->changed);
		pthread_mutex_unlock(&common->mutex);
	}
}

static void processes(void)
{
	struct common *common = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t mutex_shared;
	pthread_condattr_t condition_shared;
	pid_t child;

	pthread_mutexattr_init(&mutex_shared);
	pthread_mutexattr_setpshared(&mutex_shared, PTHREAD_PROCESS_SHARED);
	pthread_condattr_init(&condition_shared);
	pthread_condattr_setpshared(&condition_shared, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&common->mutex, &mutex_shared);
	pthread_cond_init(&common->changed, &condition_shared);
	child = fork();
	if (!child) {
		turns(common, 1);
		_exit(0);
	}
	turns(common, 0);
	check_wait("that took turns", child);
	SHOW("turns", "%d", common->turn);
	stop = 0;
	threads_start(be_signalled);
	child = fork();
	if (!child) { /* one thread, which may start others */
		pthread_create(&threads[0], NULL, have_own, (void *)0);
		pthread_join(threads[0], NULL);
		_exit(5);
	}
	check_wait("of a process with many threads", child);
	CHILD("in which one of many threads ends the process", {
		stop = 0;
		threads_start(be_signalled);
		pthread_kill(threads[THREADS / 2], SIGTERM);
		for (;;)
			pause();
	});
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	threads_join();
}

int main(void)
{
	work();
	endings();
	signals();
	mutexes();
	processes();
	return 0;
}

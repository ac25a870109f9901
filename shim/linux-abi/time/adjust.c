/* SPDX-License-Identifier: MIT */
/*
 * adjtimex(2), clock_adjtime(2): how the clock of the day is kept. It is the service `platform`'s, which sets it by the machine's own and by nothing else: what is told is the state of a clock that nobody synchronizes, and to change
 * that is EPERM, as setting the clock is (clock_settime).
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define US_PER_SECOND 1000000ull
#define ERROR_UNSYNCHRONIZED 5 /* TIME_ERROR: what the calls return */
#define ERROR_MOST 16000000    /* us: what is said of a clock of which nothing is known (NTP_PHASE_LIMIT) */
#define SINGLE 0x8000          /* ADJ_ADJTIME: the modes of adjtime(3) */
#define SINGLE_READS 0x2000    /* ADJ_OFFSET_READONLY */
#define TICK_US 10000
#define TICK_RANGE_US 1000

/* Whether what is asked for makes sense, and may be. Nothing but reading may. */
static int modes_check(const struct task *task, const struct linux_timex *timex)
{
	bool may = task_may(task, LINUX_CAP_SYS_TIME);
	int64_t fraction_end = timex->modes & LINUX_ADJ_NANO ? (int64_t)NS_PER_SECOND : (int64_t)US_PER_SECOND;

	if (timex->modes & SINGLE) {
		if (!(timex->modes & LINUX_ADJ_OFFSET))
			return -EINVAL;
		return timex->modes & SINGLE_READS ? 0 : -EPERM;
	}
	if (!timex->modes)
		return 0;
	if (may && timex->modes & LINUX_ADJ_TICK && (timex->tick < TICK_US - TICK_RANGE_US || timex->tick > TICK_US + TICK_RANGE_US))
		return -EINVAL;
	if (may && timex->modes & LINUX_ADJ_SETOFFSET && (timex->time.tv_usec < 0 || timex->time.tv_usec >= fraction_end))
		return -EINVAL;
	return -EPERM;
}

static int64_t state_tell(struct task *task, uint64_t address, const struct linux_timex *asked)
{
	const struct time_value now = time_of_ns(vdso_wall_now(), US_PER_SECOND);
	const struct linux_timex state = {
		.modes = asked->modes,
		.maxerror = ERROR_MOST,
		.esterror = ERROR_MOST,
		.status = LINUX_STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = 500 << 16, /* parts of a million, of which 16 bits are behind the point */
		.time = {.tv_sec = now.seconds, .tv_usec = now.fraction},
		.tick = TICK_US,
	};

	return user_put(task->memory, address, &state) != 0 ? -EFAULT : ERROR_UNSYNCHRONIZED;
}

static int64_t call_adjust(struct task *task, uint64_t address)
{
	struct linux_timex timex;
	int error = user_get(task->memory, &timex, address);

	if (!error)
		error = modes_check(task, &timex);
	return error ? error : state_tell(task, address, &timex);
}

int64_t linux_adjtimex(struct task *task, const uint64_t arguments[6])
{
	return call_adjust(task, arguments[0]);
}

/* Whether there is such a clock, though it cannot be adjusted. */
static bool clock_exists(int32_t clock)
{
	if (clock < 0)
		return (clock & 7) != 3; /* not one of an open file */
	return clock <= LINUX_CLOCK_TAI && clock != 10; /* CLOCK_SGI_CYCLE is gone */
}

int64_t linux_clock_adjtime(struct task *task, const uint64_t arguments[6])
{
	struct linux_timex timex;
	int32_t clock = (int32_t)arguments[0];

	if (user_get(task->memory, &timex, arguments[1]) != 0) /* before the clock is looked at */
		return -EFAULT;
	if (clock == LINUX_CLOCK_REALTIME)
		return call_adjust(task, arguments[1]);
	return clock_exists(clock) ? -EOPNOTSUPP : -EINVAL;
}

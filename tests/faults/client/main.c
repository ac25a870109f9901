/* SPDX-License-Identifier: MIT */
/*
 * The client in the systems of tests/faults: works on files while servers are killed, and compares what it was told with what is there. What it is to do stands on the kernel's command line:
 *
 *   victims=NAME,NAME  who is killed
 *   points=N           how many different instructions of each victim, for each operation
 *   hangs=N            and so many at which it hangs
 *   orphans=N          and so many at which it is stopped, and the supervisor faults before it starts it again
 *   base=/DIRECTORY    where to work
 *   operation=NAME,NAME  only these
 *   flips=N            instead: the states of the victims are damaged, so often each
 *   then=NAME          who ends while the victim recovers
 *   mount=SERVICE      mounts it at /disk first
 *   storm=N seed=N clients=N   instead: N victims end at random, while so many clients work
 *   rounds=1           instead: every client works in rounds for ever, and the host ends services (tests/faults/supervised)
 *
 * Writes TAP, and for each sweep a line `# figure: ...` that tests/faults/faults collects.
 */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "flips.h"
#include "options.h"
#include "points.h"
#include "storm.h"
#include "tests/servers/console/console.h"

static unsigned failed, results;

/* One client ends the machine, and its results are the test's. */
static bool is_leader(void)
{
	return strcmp(start_page->name, "client") == 0;
}

static bool check(bool holds, const char *id, const char *of, const char *sentence)
{
	failed += !holds;
	results++;
	log_print("%s%sok %s%s %s\n", is_leader() ? "" : "# ", holds ? "" : "not ", id, of, sentence);
	return holds;
}

static const char *end_name(const struct sweep *sweep)
{
	return sweep->hangs ? "hang" : sweep->orphans ? "kill-and-supervisor" : "kill";
}

/* VICTIM-OPERATION-HOW, the id of a result. */
static const char *sweep_name(const struct sweep *sweep)
{
	static char name[64];
	const char *parts[] = {sweep->victim, "-", sweep->operation->name, "-", end_name(sweep), sweep->then ? "-then-" : "", sweep->then ? sweep->then : ""};
	size_t at = 0;

	for (int i = 0; i < 7; i++) {
		memcpy(name + at, parts[i], strlen(parts[i]) + 1);
		at += strlen(parts[i]);
	}
	return name;
}

/* False when the client cannot go on. */
static bool sweep_report(const struct sweep *sweep)
{
	struct sweep_result result;

	sweep_run(sweep, &result);
	if (!result.broken && !result.points && !result.tries)
		return true; /* the victim has no part in it */
	log_print("# figure: %s %s %s%s%s points %u in %u ends of %u tries, own %u, step %u, pause %u to %u, lost %u, wrong %u, repeated %u\n", sweep->victim, sweep->operation->name, end_name(sweep),
		  sweep->then ? "-then-" : "", sweep->then ? sweep->then : "", result.points, result.ends, result.tries, result.own, result.step, result.median, result.most, result.verdicts[LOST], result.verdicts[WRONG], result.verdicts[REPEATED]);
	if (sweep->orphans)
		log_print("# supervisor: %u faults with %s stopped, pause %u to %u\n", result.ends, sweep->victim, result.supervisor_median, result.supervisor_most);
	check(!result.broken && (result.points >= sweep->points || (result.points && result.step <= 1)), "faults-", sweep_name(sweep), "nothing is lost, wrong or done twice, at as many instructions as asked for, or at all at which it can be interrupted");
	return !result.broken;
}

/* Whether an operation is asked for: by its name, or because it is one that all sweeps of this victim have. */
static bool is_wanted(const struct operation *operation, const char *victim)
{
	char names[64], *list = names;
	const char *name;

	if (operation->victim && strcmp(operation->victim, victim) != 0)
		return false;
	if (!*option_text("operation", "", names, sizeof(names)))
		return !operation->named || operation->victim;
	while ((name = option_word(&list)))
		if (strcmp(name, operation->name) == 0)
			return true;
	return false;
}

/* All operations of one victim that ends in one way, at so many points. */
static bool victim_sweep(const char *victim, const char *how, uint64_t otherwise)
{
	uint64_t points = option_number(how, otherwise);
	char then[16];
	const struct operation *operation;
	bool good = true;

	for (unsigned i = 0; good && points && (operation = operation_at(i)); i++) {
		struct sweep sweep = {operation, victim, points, strcmp(how, "hangs") == 0, strcmp(how, "orphans") == 0, *option_text("then", "", then, sizeof(then)) ? then : NULL};

		if (operation_possible(operation) && is_wanted(operation, victim))
			good = sweep_report(&sweep);
	}
	return good;
}

static bool victims_sweep(char *victims)
{
	const char *victim;
	bool good = true;

	while (good && (victim = option_word(&victims)))
		good = victim_sweep(victim, "points", 20) && victim_sweep(victim, "hangs", 0) && victim_sweep(victim, "orphans", 0);
	return good;
}

/* An option that is given for this service (NAME.OPTION=) or for all. */
static const char *option_own(const char *option, const char *otherwise, char *text, size_t bytes)
{
	char name[48];
	size_t length = strlen(start_page->name);

	memcpy(name, start_page->name, length); /* NOLINT(bugprone-not-null-terminated-result): a dot and the option follow */
	name[length] = '.';
	memcpy(name + length + 1, option, strlen(option) + 1);
	return option_text(name, option_text(option, otherwise, text, bytes), text, bytes);
}

/* Mounts a filesystem at /disk, if that is asked for, and makes what the client works on. */
static bool begin(void)
{
	char base[32], mounted[16];
	const char *filesystem = option_own("mount", "", mounted, sizeof(mounted));

	if (!devices_begin())
		return false;
	if (!start_session("vfs"))
		return true;
	if (file_start() != 0)
		return false;
	if (*filesystem && (path_make_directory("/disk", 0755) != 0 || path_mount("/disk", filesystem, 0) != 0))
		return false;
	return operations_begin(option_own("base", "/f", base, sizeof(base)));
}

/* The client of a storm: the leader begins it, and all tell the killer what they have found. */
static void storm_run(char *victims, uint64_t kills)
{
	uint64_t seed = option_number("seed", 1), found = failed;

	if (is_leader() && !check(storm_begin(victims, kills, seed), "faults-storm-begin", "", "all victims are there"))
		return;
	if (!found)
		found = storm_work(seed + start_page->service);
	found = storm_end(found, option_number("clients", 1));
	if (is_leader())
		check(found == 0, "faults-storm", "", "servers end at random, and no client loses anything, or finds anything wrong or done twice");
}

/* The victims get their states damaged, one after the other. */
static void flips_report(char *victims, uint64_t count)
{
	struct flips flips;
	const char *victim;

	while ((victim = option_word(&victims))) {
		flips_run(victim, count, &flips);
		log_print("# flips: %s %u flips, %u harmless, %u noticed, %u wrong, %u broken\n", victim, flips.tries, flips.harmless, flips.noticed, flips.wrong, flips.broken);
		check(flips.wanted && flips.tries == flips.wanted && !flips.wrong && !flips.broken, "faults-flips-", victim, "a bit of the state that is another is noticed or makes no difference");
	}
}

int main(void)
{
	char victims[160] = "ramfs,vfs";
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, kills = option_number("storm", 0), rounds = option_number("rounds", 0);
	struct request request;
	bool begun;

	while (!is_leader() && !kills && !rounds)
		(void)!service_receive(&request); /* has nothing to do but in a storm */
	begun = check(begin(), "faults-begin", "", "the client has what it works on");
	(void)option_text("victims", victims, victims, sizeof(victims));
	if (begun && rounds)
		failed += rounds_work(option_number("seed", 1) + start_page->service) != 0;
	else if (kills)
		storm_run(victims, kills);
	else if (begun && option_number("flips", 0))
		flips_report(victims, option_number("flips", 0));
	else if (begun)
		(void)victims_sweep(victims);
	check(begun && operations_audit() == RIGHT, "faults-audit", "", "at the end all is there as it must be");
	while (!is_leader())
		(void)!service_receive(&request);
	log_print("1..%u\n", (uint64_t)results);
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}

/* SPDX-License-Identifier: MIT */
/*
 * Reading the manifest. A line is words between blanks; `#` begins a comment; a line that begins with a blank belongs to the service above it. Each line is understood by itself; what names mean is
 * checked later (check.c).
 *
 * Sizes are numbers with K, M or G (binary), times with ms or s; numbers may be hexadecimal.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "tools/manifest/manifest.h"

#define WORDS_MAX 16
#define LINE_BYTES 1024
#define MEGABYTE (1ull << 20)
#define HEARTBEAT_DEFAULT 200000000ull /* ns */
#define SIZE_MOST (1ull << 30)

/* One line, cut up. */
struct line {
	struct manifest *manifest;
	unsigned number;
	char *word[WORDS_MAX];
	size_t words;
	size_t next; /* the first word not yet understood */
};

void mistake(struct manifest *manifest, unsigned line, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%u: ", manifest->path, line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	manifest->mistakes++;
}

static const char *word_next(struct line *line)
{
	return line->next < line->words ? line->word[line->next++] : NULL;
}

static bool word_is(struct line *line, const char *word)
{
	if (line->next == line->words || strcmp(line->word[line->next], word) != 0)
		return false;
	line->next++;
	return true;
}

/* A number with one of the suffixes, multiplied by what that stands for. Says what is wrong and gives 0 when there is none. */
static uint64_t word_scaled(struct line *line, const char *what, const char *const suffix[], const uint64_t scale[])
{
	const char *word = word_next(line);
	char *end;
	uint64_t value;

	if (!word) {
		mistake(line->manifest, line->number, "%s is missing", what);
		return 0;
	}
	errno = 0;
	value = strtoull(word, &end, 0);
	if (end == word || errno || word[0] == '-') {
		mistake(line->manifest, line->number, "'%s' is no %s", word, what);
		return 0;
	}
	for (size_t i = 0; suffix[i]; i++)
		if (strcmp(end, suffix[i]) == 0 && value <= UINT64_MAX / scale[i])
			return value * scale[i];
	mistake(line->manifest, line->number, "'%s' is no %s", word, what);
	return 0;
}

static uint64_t word_number(struct line *line, const char *what, uint64_t least, uint64_t most)
{
	unsigned before = line->manifest->mistakes;
	uint64_t value = word_scaled(line, what, (const char *const[]){"", NULL}, (const uint64_t[]){1});

	if (line->manifest->mistakes == before && (value < least || value > most))
		mistake(line->manifest, line->number, "%s is %llu, not within %llu..%llu", what, (unsigned long long)value, (unsigned long long)least,
			(unsigned long long)most);
	return value;
}

/* A size in bytes, rounded up to pages. */
static uint64_t word_size(struct line *line)
{
	unsigned before = line->manifest->mistakes;
	uint64_t value = word_scaled(line, "size", (const char *const[]){"", "K", "M", "G", NULL}, (const uint64_t[]){1, 1024, MEGABYTE, 1024 * MEGABYTE});

	if (line->manifest->mistakes == before && (value == 0 || value > SIZE_MOST))
		mistake(line->manifest, line->number, "a size is more than nothing and at most 1G");
	return (value + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t word_time(struct line *line)
{
	return word_scaled(line, "time (as 50ms or 2s)", (const char *const[]){"ms", "s", NULL}, (const uint64_t[]){1000000, 1000000000});
}

/* Letters, digits, dots, dashes. */
static bool name_is_good(const char *name)
{
	return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == strlen(name);
}

static void text_take(struct line *line, const char *word, char *to, size_t bytes, const char *what)
{
	if (!word)
		mistake(line->manifest, line->number, "%s is missing", what);
	else if (strlen(word) >= bytes)
		mistake(line->manifest, line->number, "%s '%s' is longer than %zu letters", what, word, bytes - 1);
	else
		memcpy(to, word, strlen(word) + 1);
}

static void name_take(struct line *line, const char *word, char *to, size_t bytes, const char *what)
{
	text_take(line, word, to, bytes, what);
	if (word && !name_is_good(word))
		mistake(line->manifest, line->number, "%s '%s' has other letters than a-z 0-9 . - _", what, word);
}

static bool list_has_room(struct line *line, size_t count)
{
	if (count < LIST_MAX)
		return true;
	mistake(line->manifest, line->number, "more than %d lines of this kind in one service", LIST_MAX);
	return false;
}

/* uses SERVER [buffer SIZE] [lease] [signals] [timed] [may WORD] */
static void uses_read(struct line *line, struct service *service)
{
	struct use *use = &service->use[service->uses];

	if (!list_has_room(line, service->uses))
		return;
	service->uses++;
	use->line = line->number;
	name_take(line, word_next(line), use->server, sizeof(use->server), "the server's name");
	if (word_is(line, "buffer"))
		use->buffer = word_size(line);
	use->lease = word_is(line, "lease");
	use->signals = word_is(line, "signals");
	use->timed = word_is(line, "timed");
	if (word_is(line, "may"))
		name_take(line, word_next(line), use->may, sizeof(use->may), "what the client may do");
}

/* A path from the root on, without empty components or dots. */
static bool path_is_good(const char *path)
{
	if (strcmp(path, "/") == 0)
		return true;
	while (*path == '/') {
		size_t bytes = strcspn(++path, "/");

		if (bytes == 0 || (bytes == 1 && path[0] == '.') || (bytes == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += bytes;
	}
	return *path == '\0';
}

/* read:PATH, write:PATH, mount:PATH */
static void fs_take(struct line *line, const char *name, struct need *need)
{
	static const char *const rights[] = {"read:", "write:", "mount:"};
	bool good = false;

	text_take(line, name, need->name, sizeof(need->name), "the right");
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		size_t bytes = strlen(rights[i]);

		good |= strncmp(name, rights[i], bytes) == 0 && name[bytes] == '/' && path_is_good(name + bytes);
	}
	if (!good)
		mistake(line->manifest, line->number, "'fs.%s' is not fs.read:PATH, fs.write:PATH or fs.mount:PATH with a PATH such as / or /usr/share", name);
}

/* Finds what kind of thing the word after `needs` names; its name is what follows the dot. */
static bool need_kind_find(const char *word, struct need *need, const char **name)
{
	static const struct {
		const char *word;
		enum need_kind kind;
		bool named;
	} kinds[] = {
#define NEED(id, prefix, named) {prefix, NEED_##id, named},
#include "tools/manifest/needs.def"
#undef NEED
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i].word);

		need->kind = kinds[i].kind;
		*name = NULL;
		if (!kinds[i].named && strcmp(word, kinds[i].word) == 0)
			return true;
		*name = word + length + 1;
		if (kinds[i].named && strncmp(word, kinds[i].word, length) == 0 && word[length] == '.')
			return true;
	}
	return false;
}

/* needs KIND.NAME and what belongs to the kind */
static void needs_read(struct line *line, struct service *service)
{
	struct need *need = &service->need[service->needs];
	const char *word = word_next(line), *name;

	if (!list_has_room(line, service->needs))
		return;
	if (!word || !need_kind_find(word, need, &name)) {
		mistake(line->manifest, line->number, "nothing is named '%s' (ioport.NAME irq.NAME region.NAME blob.NAME device.NAME device.all fs.read:PATH fs.write:PATH fs.mount:PATH firmware log.drain log.print untyped "
						      "boot.information cpu.halt)", word ? word : "");
		line->next = line->words;
		return;
	}
	service->needs++;
	need->line = line->number;
	if (need->kind == NEED_FS)
		fs_take(line, name, need);
	else if (name)
		name_take(line, name, need->name, sizeof(need->name), "the name");
	if (need->kind == NEED_UNTYPED)
		need->value = word_is(line, "rest") ? 0 : word_size(line);
	if (need->kind == NEED_DEVICE && word_is(line, "msi"))
		need->value = word_number(line, "number of interrupts", 1, START_IRQ_MAX);
	if (need->kind == NEED_REGION) {
		need->read = word_is(line, "read");
		need->dma = word_is(line, "dma");
		need->unmapped = word_is(line, "unmapped");
	}
}

static void after_read(struct line *line, struct service *service)
{
	if (!list_has_room(line, service->afters))
		return;
	service->after[service->afters].line = line->number;
	name_take(line, word_next(line), service->after[service->afters].name, SERVICE_NAME_BYTES, "the service's name");
	service->afters++;
}

/* How many capabilities a service can hold: the next power of two. */
static uint64_t slots_read(struct line *line)
{
	uint64_t count = word_number(line, "slots", START_SLOT_COUNT, START_SLOTS_MAX), bits = START_CNODE_BITS;

	while ((1ull << bits) < count)
		bits++;
	return bits;
}

static void restart_read(struct line *line, struct service *service)
{
	const char *word = word_next(line);

	service->once = word && strcmp(word, "never") == 0;
	if (!word || (!service->once && strcmp(word, "always") != 0))
		mistake(line->manifest, line->number, "restart is always or never");
}

/* Lines that a service has at most once. */
static bool property_is_new(struct service *service, const char *word)
{
	static const char *const once[] = {"binary", "priority", "memory", "state", "replies", "tables", "supervises", "restart", "heartbeat", "slots"};

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		if (strcmp(word, once[i]) != 0)
			continue;
		if (service->seen >> i & 1)
			return false;
		service->seen |= 1u << i;
	}
	return true;
}

/* One line of a service. */
static void property_read(struct line *line, struct service *service)
{
	const char *word = word_next(line);

	if (!property_is_new(service, word)) {
		mistake(line->manifest, line->number, "'%s' is there already", word);
		line->next = line->words;
	} else if (strcmp(word, "binary") == 0) {
		service->binary_line = line->number;
		text_take(line, word_next(line), service->binary, sizeof(service->binary), "the program's path");
	} else if (strcmp(word, "priority") == 0) {
		service->priority_line = line->number;
		service->priority = word_number(line, "priority", 1, PRIORITY_MOST);
	} else if (strcmp(word, "memory") == 0) {
		service->heap = word_size(line);
	} else if (strcmp(word, "state") == 0) {
		service->state = word_size(line);
	} else if (strcmp(word, "replies") == 0) {
		service->replies = word_number(line, "replies", 1, 64);
	} else if (strcmp(word, "tables") == 0) {
		service->tables = word_number(line, "tables", 1, 4096);
	} else if (strcmp(word, "slots") == 0) {
		service->cnode_bits = slots_read(line);
	} else if (strcmp(word, "uses") == 0) {
		uses_read(line, service);
	} else if (strcmp(word, "needs") == 0) {
		needs_read(line, service);
	} else if (strcmp(word, "after") == 0) {
		after_read(line, service);
	} else if (strcmp(word, "supervises") == 0) {
		service->supervises = true;
	} else if (strcmp(word, "restart") == 0) {
		restart_read(line, service);
	} else if (strcmp(word, "heartbeat") == 0) {
		service->heartbeat = word_is(line, "none") ? 0 : word_time(line);
	} else {
		mistake(line->manifest, line->number, "a service has no line '%s'", word);
		line->next = line->words;
	}
}

static struct service *service_read(struct line *line)
{
	struct manifest *manifest = line->manifest;
	struct service *service = &manifest->service[manifest->services];

	if (manifest->services == PLAN_SERVICES_MAX) {
		mistake(manifest, line->number, "more than %d services", PLAN_SERVICES_MAX);
		return NULL;
	}
	*service = (struct service){.line = line->number, .replies = 1, .heartbeat = HEARTBEAT_DEFAULT, .cnode_bits = START_CNODE_BITS};
	name_take(line, word_next(line), service->name, sizeof(service->name), "the service's name");
	manifest->services++;
	return service;
}

/* irq NAME LINE [level] [low] */
static void irq_read(struct line *line, struct declaration *declaration)
{
	declaration->first = word_number(line, "interrupt line", 0, 255);
	declaration->second |= word_is(line, "level") ? IRQ_LEVEL : 0;
	declaration->second |= word_is(line, "low") ? IRQ_LOW : 0;
}

static void declaration_read(struct line *line, enum declaration_kind kind)
{
	struct manifest *manifest = line->manifest;
	struct declaration *declaration = &manifest->declaration[manifest->declarations];

	if (manifest->declarations == DECLARATIONS_MAX) {
		mistake(manifest, line->number, "more than %d declarations", DECLARATIONS_MAX);
		return;
	}
	*declaration = (struct declaration){.line = line->number, .kind = kind, .object = PLAN_NONE};
	manifest->declarations++;
	name_take(line, word_next(line), declaration->name, sizeof(declaration->name), "the name");
	if (kind == DECLARED_IOPORT) {
		declaration->first = word_number(line, "first port", 0, 0xffff);
		declaration->second = word_number(line, "last port", declaration->first, 0xffff);
		declaration->shared = word_is(line, "shared");
	} else if (kind == DECLARED_IRQ) {
		irq_read(line, declaration);
	} else if (kind == DECLARED_REGION) {
		declaration->first = word_size(line);
	} else {
		text_take(line, word_next(line), declaration->file, sizeof(declaration->file), "the file");
	}
}

/* One line of the top level. Returns the service whose lines follow. */
static struct service *top_read(struct line *line)
{
	const char *word = word_next(line);

	if (strcmp(word, "service") == 0)
		return service_read(line);
	if (strcmp(word, "ioport") == 0)
		declaration_read(line, DECLARED_IOPORT);
	else if (strcmp(word, "irq") == 0)
		declaration_read(line, DECLARED_IRQ);
	else if (strcmp(word, "region") == 0)
		declaration_read(line, DECLARED_REGION);
	else if (strcmp(word, "blob") == 0)
		declaration_read(line, DECLARED_BLOB);
	else {
		mistake(line->manifest, line->number, "'%s' begins no line (service, ioport, irq, region, blob)", word);
		line->next = line->words;
	}
	return NULL;
}

static void line_split(struct line *line, char *text)
{
	char *rest = text;

	text[strcspn(text, "#\r\n")] = 0;
	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (line->words == WORDS_MAX) {
			mistake(line->manifest, line->number, "more than %d words", WORDS_MAX);
			return;
		}
		line->word[line->words++] = word;
	}
}

void manifest_read(struct manifest *manifest)
{
	FILE *stream = fopen(manifest->path, "r");
	struct service *service = NULL;
	char text[LINE_BYTES];

	if (!stream)
		fail("cannot open %s: %s", manifest->path, strerror(errno));
	for (unsigned number = 1; fgets(text, sizeof(text), stream); number++) {
		struct line line = {.manifest = manifest, .number = number};
		bool inner = text[0] == ' ' || text[0] == '\t';

		if (strlen(text) == sizeof(text) - 1)
			mistake(manifest, number, "the line is longer than %d bytes", LINE_BYTES - 2);
		line_split(&line, text);
		if (line.words == 0)
			continue;
		if (!inner)
			service = top_read(&line);
		else if (service)
			property_read(&line, service);
		else
			mistake(manifest, number, "'%s' belongs to no service", line.word[0]);
		if (line.next < line.words && (service || !inner))
			mistake(manifest, number, "'%s' is one word too many, or in the wrong place", line.word[line.next]);
	}
	if (ferror(stream))
		fail("cannot read %s: %s", manifest->path, strerror(errno));
	fclose(stream);
}

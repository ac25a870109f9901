/* SPDX-License-Identifier: MIT */
/*
 * Gives names to what the kernel prints in its panics: registers, events, and kernel addresses.
 *
 *	symbolize KERNEL.elf < log > log-with-names
 *
 * The kernel prints bare words, because it carries no names; the host has them. The words of a `panic:` line become lines of their own with names (panic_expand), the
 * stack becomes a backtrace, and each `[0xffffffff8...]` is followed by symbol, offset and source line (libelf reads the symbol table, addr2line the line
 * numbers). What is not the address of a function is left as it is, so any text may be fed through. Without addr2line, or for an image without debug information,
 * the source lines are missing and nothing else.
 */
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PANIC "panic: "
#define WORDS_MAX 2048 /* of one line: a whole stack */
#define ADDRESSES_MAX 32 /* of a backtrace */
#define ADDRESS_START "[0xffffffff8"

struct image {
	const char *path;
	Elf *elf;
	Elf_Data *symbols;
	uint64_t symbol_count;
	size_t names; /* section of the symbols' names */
};

/* Opens the image and finds its symbol table. Returns false with a message on stderr. */
static bool image_open(struct image *image, const char *path)
{
	int file = open(path, O_RDONLY);
	Elf_Scn *section = NULL;

	*image = (struct image){.path = path};
	elf_version(EV_CURRENT);
	image->elf = file < 0 ? NULL : elf_begin(file, ELF_C_READ, NULL);
	while (image->elf && (section = elf_nextscn(image->elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize)
			continue;
		image->symbols = elf_getdata(section, NULL);
		image->symbol_count = header.sh_size / header.sh_entsize;
		image->names = header.sh_link;
	}
	if (!image->symbols)
		fprintf(stderr, "symbolize: %s: no symbols: %s\n", path, file < 0 ? "cannot be opened" : elf_errmsg(-1));
	return image->symbols != NULL;
}

/* Whether section `index` holds code and `address`. */
static bool section_has_code(const struct image *image, size_t index, uint64_t address)
{
	GElf_Shdr header;

	return gelf_getshdr(elf_getscn(image->elf, index), &header) && header.sh_flags & SHF_EXECINSTR &&
	       address - header.sh_addr < header.sh_size;
}

/* The closest symbol at or below `address` that is code; NULL if there is none. Assembly labels have no size and no type. */
static const char *symbol_find(const struct image *image, uint64_t address, uint64_t *offset)
{
	const char *name = NULL;
	uint64_t best = 0;

	for (uint64_t i = 0; i < image->symbol_count; i++) {
		GElf_Sym symbol;

		if (!gelf_getsym(image->symbols, (int)i, &symbol) || !symbol.st_name)
			continue;
		if (symbol.st_value > address || symbol.st_value < best ||
		    !section_has_code(image, symbol.st_shndx, address))
			continue;
		if (symbol.st_value == best && GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		best = symbol.st_value;
		name = elf_strptr(image->elf, image->names, symbol.st_name);
	}
	*offset = address - best;
	return name;
}

/* Lets addr2line write file:line of `address` to `text`; leaves it empty when that is not known. */
static void line_find(const struct image *image, uint64_t address, char *text, size_t size)
{
	char number[32];
	int ends[2];
	pid_t child;
	ssize_t length;

	text[0] = 0;
	snprintf(number, sizeof(number), "0x%lx", address);
	if (pipe(ends))
		return;
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execlp("addr2line", "addr2line", "-e", image->path, number, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	length = read(ends[0], text, size - 1);
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	text[length > 0 ? length : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	if (strchr(text, '?'))
		text[0] = 0;
}

/* `returns`: the address is where a call returns to; the line of interest is that of the call, one byte before. */
static void address_print(const struct image *image, uint64_t address, bool returns)
{
	uint64_t offset;
	const char *symbol = symbol_find(image, address - returns, &offset);
	char line[512];

	if (!symbol)
		return;
	printf(" %s+0x%lx", symbol, offset + returns);
	line_find(image, address - returns, line, sizeof(line));
	if (line[0])
		printf(" (%s)", line);
}

static void line_print(const struct image *image, const char *line)
{
	bool returns = strstr(line, " at [0x") != NULL;
	const char *at;

	while ((at = strstr(line, ADDRESS_START))) {
		char *end;
		uint64_t address = strtoull(at + 1, &end, 16);

		end += *end == ']';
		fwrite(line, 1, (size_t)(end - line), stdout);
		if (end[-1] == ']')
			address_print(image, address, returns);
		line = end;
	}
	fputs(line, stdout);
}

/* The hexadecimal words at the end of a line; returns how many. */
static unsigned words_read(const char *text, uint64_t words[WORDS_MAX])
{
	unsigned count = 0;

	for (const char *at = strstr(text, " 0x"); at && count < WORDS_MAX; at = strstr(at + 1, " 0x"))
		words[count++] = strtoull(at, NULL, 16);
	return count;
}

/* The registers in the order in which the kernel keeps them (struct frame of kernel/thread.h). */
static const char *const register_names[] = {"rdx", "r10", "r8 ", "r9 ", "rbx", "rbp", "r13", "r14", "rax", "rdi", "rsi",
					     "r12", "r15", "r11", "rcx", "vec", "err", "rip", "cs ", "rfl", "rsp", "ss "};
enum { RBP = 5, VECTOR = 15, RSP = 20, REGISTERS = sizeof(register_names) / sizeof(register_names[0]) };

/* What a vector means (Intel SDM volume 3, table 6-1); NULL: nothing that the kernel would be told of. */
static const char *vector_name(uint64_t vector)
{
	static const char *const names[] = {
		"divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow", "bound range exceeded",
		"invalid opcode", "device not available", "double fault", NULL, "invalid TSS", "segment not present", "stack fault",
		"general protection", "page fault", NULL, "x87 error", "alignment check", "machine check", "SIMD exception",
		"virtualization exception", "control protection",
	};

	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : NULL;
}

static void registers_print(const struct image *image, const uint64_t words[REGISTERS])
{
	const char *name = vector_name(words[VECTOR]);
	char text[64];

	if (name)
		printf(PANIC "%s\n", name);
	for (unsigned i = 0; i < REGISTERS; i++) {
		snprintf(text, sizeof(text), PANIC "%s [0x%016lx]\n", register_names[i], words[i]);
		line_print(image, text);
	}
}

static void event_print(const uint64_t *words)
{
	static const char *const names[][3] = {
#define TRACE(name, a, b) {#name, a, b},
#include "kernel/trace.def"
#undef TRACE
	};

	if (words[0] >= sizeof(names) / sizeof(names[0]))
		printf(PANIC "event %lu 0x%lx 0x%lx\n", words[0], words[1], words[2]);
	else
		printf(PANIC "%s %s 0x%lx %s 0x%lx\n", names[words[0]][0], names[words[0]][1], words[1], names[words[0]][2], words[2]);
}

/* A struct trace of kernel/cpu.h: how many events there were in all, then the ring; the oldest first. */
static void events_print(const uint64_t *words, unsigned count)
{
	uint64_t total = words[0], size = (count - 1) / 3;

	for (uint64_t i = total < size ? 0 : total - size; i < total; i++)
		event_print(&words[1 + i % size * 3]);
}

/* Whether a word is an address of code. */
static bool is_code(const struct image *image, uint64_t address)
{
	uint64_t offset;

	return symbol_find(image, address, &offset) != NULL;
}

/*
 * Every word of the stack that points into the code. Those beside a saved frame pointer are return addresses; the others, of which a release build has many for want of
 * frame pointers, may be left over from earlier calls. `at`: the stack pointer, where the words lay; `frame`: the first frame pointer.
 */
static void backtrace_print(const struct image *image, uint64_t at, uint64_t frame, const uint64_t *words, unsigned count)
{
	char text[64];

	for (unsigned i = 0, found = 0; i < count && found < ADDRESSES_MAX; i++, at += 8) {
		bool chained = i > 0 && at == frame + 8;

		if (chained)
			frame = words[i - 1];
		if (!is_code(image, words[i]))
			continue;
		snprintf(text, sizeof(text), PANIC "%s [0x%016lx]\n", chained ? "at" : "perhaps at", words[i]);
		line_print(image, text);
		found++;
	}
}

/* Whether a line begins with this and has so many words at least. */
static bool line_is(const char *line, const char *what, unsigned count, unsigned least)
{
	return strncmp(line, what, strlen(what)) == 0 && count >= least;
}

/* One line of a panic with names for its words. Returns false for any other line (kernel/panic.c). */
static bool panic_expand(const struct image *image, const char *line)
{
	static uint64_t words[WORDS_MAX], registers[REGISTERS];
	unsigned count = words_read(line, words);

	if (line_is(line, PANIC "cpu 0x", count, 2)) {
		printf(PANIC "cpu %lu thread [0x%016lx]\n", words[0], words[1]);
	} else if (line_is(line, PANIC "registers 0x", count, REGISTERS)) {
		memcpy(registers, words, sizeof(registers));
		registers_print(image, registers);
	} else if (line_is(line, PANIC "events 0x", count, 4)) {
		events_print(words, count);
	} else if (line_is(line, PANIC "stack 0x", count, 1)) {
		backtrace_print(image, registers[RSP], registers[RBP], words, count);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct image image;
	char *line = NULL;
	size_t size = 0;
	bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

	if (argc != 2 || help) {
		fprintf(help ? stdout : stderr, "usage: symbolize KERNEL.elf < text\n");
		return help ? 0 : 2;
	}
	if (!image_open(&image, argv[1]))
		return 1;
	while (getline(&line, &size, stdin) >= 0)
		if (!panic_expand(&image, line))
			line_print(&image, line);
	free(line);
	elf_end(image.elf);
	return 0;
}

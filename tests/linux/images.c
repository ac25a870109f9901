/* SPDX-License-Identifier: MIT */
/*
 * Programs that are none: ELF files with headers that lie. Each is made from a small good one by a change of a few bytes, executed in a child, and must be refused, or die, as on Linux; the child's parent goes on.
 */
#include "check.h"

#include <elf.h>
#include <stddef.h>

#define BASE 0x10000000ul
#define PAGE 4096

/* One page: header, two program headers, and code that exits with 42. */
static struct image {
	Elf64_Ehdr head;
	Elf64_Phdr load[2];
	unsigned char code[64];
} good;

static const unsigned char exits_with_42[] = {0xb8, 60, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05};

static void good_make(void)
{
	memset(&good, 0, sizeof(good));
	memcpy(good.head.e_ident, ELFMAG, SELFMAG);
	good.head.e_ident[EI_CLASS] = ELFCLASS64;
	good.head.e_ident[EI_DATA] = ELFDATA2LSB;
	good.head.e_ident[EI_VERSION] = EV_CURRENT;
	good.head.e_type = ET_EXEC;
	good.head.e_machine = EM_X86_64;
	good.head.e_version = EV_CURRENT;
	good.head.e_entry = BASE + offsetof(struct image, code);
	good.head.e_phoff = offsetof(struct image, load);
	good.head.e_ehsize = sizeof(Elf64_Ehdr);
	good.head.e_phentsize = sizeof(Elf64_Phdr);
	good.head.e_phnum = 2;
	good.load[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_paddr = BASE, .p_filesz = sizeof(good), .p_memsz = sizeof(good), .p_align = PAGE};
	good.load[1] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = BASE + PAGE, .p_paddr = BASE + PAGE, .p_filesz = 0, .p_memsz = PAGE, .p_align = PAGE};
	memcpy(good.code, exits_with_42, sizeof(exits_with_42));
}

/* Executes an image of so many bytes, in a child: the error that execve gave, or how the program ended. */
static void try(const char *what, const struct image *image, size_t bytes)
{
	char *const words[] = {(char *)"image", NULL};
	int file = open("image", O_WRONLY | O_CREAT | O_TRUNC, 0755), status;
	pid_t child;

	(void)!write(file, image, bytes);
	close(file);
	child = fork();
	if (!child) {
		execve("image", words, words + 1);
		check_print("child %s: refused, %s\n", what, check_errno_name(errno));
		_exit(7);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	if (status != 7 << 8)
		check_status(what, status);
	unlink("image");
}

#define TRY(member, value)                                          \
	do {                                                        \
		struct image image = good;                          \
                                                                    \
		image.member = value;                               \
		try(#member " is " #value, &image, sizeof(image));  \
	} while (0)

/* Another second segment. */
#define SECOND(...)                                              \
	do {                                                     \
		struct image image = good;                       \
                                                                 \
		image.load[1] = (Elf64_Phdr){__VA_ARGS__};       \
		try("second is " #__VA_ARGS__, &image, sizeof(image)); \
	} while (0)

static void headers(void)
{
	try("good", &good, sizeof(good));
	try("empty", &good, 0);
	try("a few bytes", &good, 10);
	try("no program headers", &good, sizeof(Elf64_Ehdr));
	try("half a program header", &good, sizeof(Elf64_Ehdr) + 20);
	TRY(head.e_ident[0], 0);
	TRY(head.e_ident[EI_CLASS], ELFCLASS32);
	TRY(head.e_ident[EI_DATA], ELFDATA2MSB);
	TRY(head.e_ident[EI_VERSION], 9);
	TRY(head.e_ident[EI_OSABI], 99);
	TRY(head.e_type, ET_REL);
	TRY(head.e_type, ET_CORE);
	TRY(head.e_type, 0xffff);
	TRY(head.e_machine, EM_AARCH64);
	TRY(head.e_machine, EM_386);
	TRY(head.e_version, 77);
	TRY(head.e_entry, 0);
	TRY(head.e_entry, 0x8000000000001234);
	TRY(head.e_entry, 0xffff800000000000);
	TRY(head.e_phoff, 0);
	TRY(head.e_phoff, ~0ul);
	TRY(head.e_phoff, ~0ul - 100);
	TRY(head.e_phoff, 1ul << 40);
	TRY(head.e_phentsize, 0);
	TRY(head.e_phentsize, 55);
	TRY(head.e_phentsize, 0xffff);
	TRY(head.e_phnum, 0);
	TRY(head.e_phnum, 0xffff);
	TRY(head.e_phnum, 1171);
	TRY(head.e_phnum, 1170);
}

static void segments(void)
{
	TRY(load[0].p_type, PT_NULL);
	TRY(load[0].p_align, 0);
	TRY(load[0].p_align, 3);
	TRY(load[0].p_align, 1ul << 63);
	TRY(load[0].p_offset, 1);
	TRY(load[0].p_offset, ~0ul);
	TRY(load[0].p_offset, 1ul << 40);
	TRY(load[0].p_vaddr, 0);
	TRY(load[0].p_vaddr, BASE + 1);
	TRY(load[0].p_vaddr, ~0ul - PAGE + 1);
	TRY(load[0].p_vaddr, 0x7ffffffff000);
	TRY(load[0].p_vaddr, 0xffff800000000000);
	TRY(load[0].p_filesz, sizeof(good) + 1);
	TRY(load[0].p_filesz, ~0ul);
	TRY(load[0].p_memsz, 0);
	TRY(load[0].p_memsz, sizeof(good) - 1);
	TRY(load[0].p_memsz, ~0ul);
	TRY(load[0].p_memsz, 1ul << 47);
	TRY(load[0].p_flags, 0);
	TRY(load[0].p_flags, PF_R);
	TRY(load[0].p_flags, PF_R | PF_W | PF_X);
	TRY(load[1].p_vaddr, BASE);
	TRY(load[1].p_vaddr, BASE - PAGE);
	TRY(load[1].p_memsz, 0);
	TRY(load[1].p_memsz, 1ul << 46);
	TRY(load[1].p_memsz, ~0ul - BASE);
	TRY(load[1].p_vaddr, 1ul << 63);
	TRY(load[1].p_type, PT_INTERP);
	SECOND(.p_type = PT_INTERP, .p_filesz = 1);
	SECOND(.p_type = PT_INTERP, .p_filesz = 5000, .p_offset = 0);
	SECOND(.p_type = PT_INTERP, .p_filesz = 20, .p_offset = ~0ul);
	SECOND(.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X);
	SECOND(.p_type = PT_TLS, .p_filesz = ~0ul, .p_memsz = ~0ul);
	SECOND(.p_type = 0x6ffffff9, .p_offset = ~0ul);
}

static void scripts(void)
{
	static const struct {
		const char *what, *text;
	} lines[] = {{"no interpreter", "#!\n"}, {"blanks", "#!   \n"}, {"a directory", "#!/\n"}, {"itself", "#!image\n"}, {"not there", "#!/absent/x y\n"}, {"no end of line", "#!/bin/true"}, {"a zero in it", "#!/bin/true\0x"}, {"only the mark", "#!"}};
	static char long_line[5000];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		try(lines[i].what, (const struct image *)lines[i].text, strlen(lines[i].text));
	memset(long_line, 'a', sizeof(long_line));
	memcpy(long_line, "#!/bin/", 7);
	try("a long line", (const struct image *)long_line, sizeof(long_line));
	long_line[300] = '\n';
	try("a long interpreter", (const struct image *)long_line, sizeof(long_line));
}

int main(void)
{
	good_make();
	headers();
	segments();
	scripts();
	return 0;
}

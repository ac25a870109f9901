# SPDX-License-Identifier: MIT
#
# How one source file becomes one object.
#
# Objects lie below a directory for each set of flags, under the path of their source with .o added, and beside each lies a .d file with
# what it was made from. The directory remembers its flags in a file that every object depends on: changing them rebuilds what they
# touch, and nothing else.

# $(call say,WORD,WHAT): the one short line that a rule prints; with V=1 the command itself is printed instead, with -s nothing.
Q := $(if $(V),,@)
silent := $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
say = $(if $(V)$(silent),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# $(call remembered,FILE,VARIABLE): a file that holds the value of a variable and changes only when the value does.
define remembered
ifneq ($$(strip $$(file <$(1))),$$(strip $$($(2))))
$(1): FORCE
endif
$(1):
	@$$(shell mkdir -p $$(@D))$$(file >$$@,$$($(2)))
endef

# $(call objects,DIR,SOURCES): the objects of some sources.
objects = $(patsubst %,$(1)/%.o,$(2))

# $(call object_dir,DIR,COMPILER,VARIABLE): the rules for objects below DIR; the variable holds the compiler's flags.
define object_dir
command_of_$(1) := $(2) $$($(3)) | $(NASM) $(nasm_flags)
$(call remembered,$(1)/flags,command_of_$(1))
$(1)/%.c.o: %.c $(1)/flags
	$$(call say,$(2),$$<)
	@mkdir -p $$(@D)
	$$(Q)$(2) $$($(3)) -MMD -MP -MF $$(@:.o=.d) -c -o $$@ $$<
$(1)/%.asm.o: %.asm $(1)/flags
	$$(call say,nasm,$$<)
	@mkdir -p $$(@D)
	$$(Q)$(NASM) $(nasm_flags) -MD $$(@:.o=.d) -MP -MT $$@ -o $$@ $$<
endef

# No -g for nasm: its debug information holds the absolute path of the source, which differs from machine to machine. Labels are in the
# symbol table all the same.
nasm_flags := -f elf64 -I. -Werror

# What all C of this tree is compiled with. `user` and `kernel` code is freestanding and touches no vector register.
warnings := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
same_everywhere := -ffile-prefix-map=$(CURDIR)=. -fno-common -g -I.
freestanding := -std=c17 -ffreestanding -fno-pic -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing

# $(call linked,FILE,SCRIPT,OBJECTS,FLAGS): a static ELF file from a linker script. The list of objects is remembered, so that a source file
# that went away is noticed.
define linked
inputs_of_$(1) := $(LD) $(4) $(3)
$(call remembered,$(1).inputs,inputs_of_$(1))
$(1): $(2) $(3) $(1).inputs
	$$(call say,link,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(LD) $(4) -static -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none -T $(2) -o $$@ $(3)
endef

# $(call archived,FILE,OBJECTS): a static library, made anew whenever anything changed.
define archived
inputs_of_$(1) := $(2)
$(call remembered,$(1).inputs,inputs_of_$(1))
$(1): $(2) $(1).inputs
	$$(call say,archive,$$@)
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $(AR) rcsD $$@ $(2)
endef

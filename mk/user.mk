# SPDX-License-Identifier: MIT
#
# What runs on the kernel.
#
#   lib/                       -> $(BUILD)/user/libkozo.a, the user runtime
#   tests/kernel/harness/      -> $(BUILD)/user/libharness.a, what the test programs share
#   tests/kernel/PROGRAM/      -> $(BUILD)/user/tests/kernel/PROGRAM.elf and, packed by tools/mkboot, PROGRAM.boot
#   bench/PROGRAM/ with main.c -> the same below $(BUILD)/user/bench
#   tests/linux/NAME.c         -> $(BUILD)/linux/NAME.musl and NAME.glibc, static Linux programs
#
# A file blobs.mk in a program's directory may set BLOBS_PROGRAM to a list of NAME=FILE: more contents for its boot package.

user_dir := $(BUILD)/user
user_flags := $(freestanding) -mcmodel=small -O2 -fno-omit-frame-pointer $(warnings) $(same_everywhere)
user_script := lib/user.ld
mkboot := $(BUILD)/host/mkboot

lib_sources := $(sort $(wildcard lib/*.c lib/*.asm))
harness_sources := $(sort $(wildcard tests/kernel/harness/*.c tests/kernel/harness/*.asm))
program_dirs := $(sort $(filter-out tests/kernel/harness,$(patsubst %/,%,$(dir \
	$(wildcard tests/kernel/*/main.c tests/kernel/*/*.c bench/*/main.c)))))

$(eval $(call object_dir,$(user_dir)/obj,$(CC),user_flags))

user_libraries := $(user_dir)/libharness.a $(user_dir)/libkozo.a
$(eval $(call archived,$(user_dir)/libharness.a,$(call objects,$(user_dir)/obj,$(harness_sources))))
$(eval $(call archived,$(user_dir)/libkozo.a,$(call objects,$(user_dir)/obj,$(lib_sources))))
-include $(patsubst %,$(user_dir)/obj/%.d,$(lib_sources) $(harness_sources))

program_sources = $(sort $(wildcard $(1)/*.c $(1)/*.asm))

# $(call user_program,DIR): the program of one directory, and its boot package.
define user_program
BLOBS_$(notdir $(1)) :=
-include $(1)/blobs.mk
blobs_of_$(1) := $$(BLOBS_$(notdir $(1)))
$(call linked,$(user_dir)/$(1).elf,$(user_script),$(call objects,$(user_dir)/obj,$(call program_sources,$(1))) $(user_libraries))
$(call remembered,$(user_dir)/$(1).blobs,blobs_of_$(1))
$(user_dir)/$(1).boot: $(user_dir)/$(1).elf $(user_dir)/$(1).blobs $(mkboot) $$(foreach b,$$(blobs_of_$(1)),$$(lastword $$(subst =, ,$$(b))))
	$$(call say,mkboot,$$@)
	$$(Q)$(mkboot) -o $$@ $$< $$(blobs_of_$(1))
-include $(patsubst %,$(user_dir)/obj/%.d,$(call program_sources,$(1)))
endef

user_programs := $(user_dir)/libkozo.a
ifneq ($(and $(wildcard $(user_script)),$(wildcard tools/mkboot/*.c)),)
$(foreach d,$(program_dirs),$(eval $(call user_program,$(d))))
user_programs += $(patsubst %,$(user_dir)/%.boot,$(program_dirs))
endif
bench_targets := $(patsubst bench/%,bench-%,$(filter bench/%,$(program_dirs)))

# Static Linux programs: what they print on a real Linux is what they must print on Kozo.
linux_flags := -std=gnu17 -O2 -static -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=.
linux_sources := $(sort $(wildcard tests/linux/*.c))
linux_programs := $(foreach s,$(linux_sources),$(BUILD)/linux/$(basename $(notdir $(s))).musl $(BUILD)/linux/$(basename $(notdir $(s))).glibc)

$(eval $(call remembered,$(BUILD)/linux/flags,linux_flags))
$(BUILD)/linux/%.musl: tests/linux/%.c $(BUILD)/linux/flags
	$(call say,$(MUSL_CC),$<)
	$(Q)$(MUSL_CC) $(linux_flags) -MMD -MP -MF $@.d -o $@ $<
$(BUILD)/linux/%.glibc: tests/linux/%.c $(BUILD)/linux/flags
	$(call say,gcc,$<)
	$(Q)gcc $(linux_flags) -MMD -MP -MF $@.d -o $@ $<
-include $(addsuffix .d,$(linux_programs))

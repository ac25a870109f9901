# SPDX-License-Identifier: MIT
#
# The kernel and its loader, in variants that differ by flags alone; each has its own directory $(BUILD)/kernel-VARIANT with
#
#   kernel.elf   the kernel, with its symbols
#   boot.elf     what is booted: the loader (boot/), linked against those symbols, with the kernel's bytes (kernel.bin) in it
#
# The variants are
#
#   release    what is shipped and measured
#   debug      assertions, one sentence for each refused call
#   tiny       debug with a commit ring so small that it is full all the time
#   nocommit   release with bench/no_commits.c for kernel/core/commit.c: only to measure what commit records cost

kernel_sources := $(sort $(wildcard kernel/*.c kernel/core/*.c kernel/arch/x86_64/*.c kernel/arch/x86_64/*.asm))
kernel_c := $(filter %.c,$(kernel_sources))
kernel_script := kernel/arch/x86_64/kernel.ld
boot_sources := $(sort $(wildcard boot/*.c boot/*.asm))
boot_script := boot/boot.ld
kernel_variants := release debug tiny nocommit
kernel_c_of = $(if $(filter nocommit,$(1)),$(patsubst kernel/core/commit.c,bench/no_commits.c,$(kernel_c)),$(kernel_c))

kernel_flags := $(freestanding) -Ikernel/core/live -mcmodel=kernel $(warnings) $(same_everywhere)
kernel_flags_release := $(kernel_flags) -O3 -fomit-frame-pointer
kernel_flags_debug := $(kernel_flags) -O1 -fno-omit-frame-pointer -DDEBUG
kernel_flags_tiny := $(kernel_flags_debug) -DCOMMIT_RING_RECORDS=64
kernel_flags_nocommit := $(kernel_flags_release)

# All C of a variant that is measured is compiled as one unit: the compiler sees through the calls between files. The others are compiled file by file, so that a file which
# lacks an include is noticed, and what one file defines twice.
kernel_in_one := release nocommit
kernel_objects = $(if $(filter $(1),$(kernel_in_one)),$(BUILD)/kernel-$(1)/kernel.o,$(call objects,$(BUILD)/kernel-$(1),$(kernel_c))) \
	$(call objects,$(BUILD)/kernel-$(1),$(filter %.asm,$(kernel_sources)))

define kernel_variant
$(call object_dir,$(BUILD)/kernel-$(1),$(CC),kernel_flags_$(1))
$(call linked,$(BUILD)/kernel-$(1)/kernel.elf,$(kernel_script),$(call kernel_objects,$(1)),-n)
$(BUILD)/kernel-$(1)/kernel.o: $(BUILD)/kernel-$(1)/flags $(BUILD)/kernel-$(1)/kernel.elf.inputs
	$$(call say,$(CC),kernel/)
	$$(Q)printf '#include "%s"\n' $(call kernel_c_of,$(1)) | $(CC) $$(kernel_flags_$(1)) -MMD -MP -MF $$(@:.o=.d) -MT $$@ -x c -c -o $$@ -
$(BUILD)/kernel-$(1)/kernel.bin: $(BUILD)/kernel-$(1)/kernel.elf
	$$(call say,$(OBJCOPY),$$@)
	$$(Q)$(OBJCOPY) -O binary $$< $$@
$(BUILD)/kernel-$(1)/boot/kernel_image.asm.o: boot/kernel_image.asm $(BUILD)/kernel-$(1)/kernel.bin $(BUILD)/kernel-$(1)/flags
	$$(call say,nasm,$$<)
	@mkdir -p $$(@D)
	$$(Q)$(NASM) $(nasm_flags) -i $(BUILD)/kernel-$(1)/ -MD $$(@:.o=.d) -MP -MT $$@ -o $$@ $$<
$(call linked,$(BUILD)/kernel-$(1)/boot.elf,$(boot_script),$(call objects,$(BUILD)/kernel-$(1),$(boot_sources)),-n --just-symbols=$(BUILD)/kernel-$(1)/kernel.elf)
$(BUILD)/kernel-$(1)/boot.elf: $(BUILD)/kernel-$(1)/kernel.elf
-include $(patsubst %,$(BUILD)/kernel-$(1)/%.d,$(kernel_sources) $(boot_sources)) $(BUILD)/kernel-$(1)/kernel.d
endef

kernels :=
ifneq ($(wildcard $(kernel_script)),)
$(foreach v,$(kernel_variants),$(eval $(call kernel_variant,$(v))))
kernels := $(patsubst %,$(BUILD)/kernel-%/boot.elf,$(kernel_variants))
endif

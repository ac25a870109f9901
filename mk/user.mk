# SPDX-License-Identifier: MIT
#
# What runs on the kernel.
#
#   lib/                       -> $(BUILD)/user/libkozo.a, the user runtime
#   tests/kernel/harness/      -> $(BUILD)/user/libharness.a, what the test programs share
#   tests/kernel/PROGRAM/      -> $(BUILD)/user/tests/kernel/PROGRAM.elf and, packed by tools/mkboot, PROGRAM.boot
#   bench/PROGRAM/ with main.c -> the same below $(BUILD)/user/bench
#   servers/init/              -> $(BUILD)/user/servers/init.elf
#   DIR with main.c below servers, drivers, drivers/virtio, tests/servers, tests/drivers, tests/faults: a service
#                              -> $(BUILD)/user/DIR.elf; drivers/virtio/*.c and drivers/virtio/core/*.c are linked into each of drivers/virtio/*
#   shim/linux-abi/            -> $(BUILD)/user/shim/linux-abi.elf, a service as well
#   rootfs/NAME.manifest, tests/servers/NAME.manifest, tests/drivers/NAME.manifest, tests/faults/NAME.manifest: a system
#                              -> $(BUILD)/user/rootfs/NAME.boot ...: init with plan and image, made by tools/manifest and tools/mkboot
#   tests/servers/NAME.services, tests/faults/NAME.services
#                              -> a system as well: rootfs/system.manifest with these services added ($(BUILD)/user/tests/servers/NAME.manifest); SYSTEM_EDIT_NAME, set in NAME.mk, is a script
#                                 of sed that changes it: another program for a service; SYSTEM_BASE_NAME is another manifest to begin with
#   rootfs/files.list          -> $(BUILD)/rootfs.img, the image of the distribution
#   tests/linux/NAME.c         -> $(BUILD)/linux/NAME.musl and NAME.glibc, static Linux programs
#   tests/ltp/NAME.c           -> $(BUILD)/ltp/NAME, static Linux programs of tools/kozo-ltp and its test
#
# A file blobs.mk in a program's directory may set BLOBS_PROGRAM to a list of NAME=FILE: more contents for its boot package.

user_dir := $(BUILD)/user
user_flags := $(freestanding) -mcmodel=small -O3 -fno-omit-frame-pointer $(warnings) $(same_everywhere)
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

# Services and the systems that are made of them. A file config.mk in a service's directory may set SERVICE_SOURCES_NAME to more sources; a file NAME.mk beside a manifest may set SYSTEM_FILES_NAME to
# the files below $(BUILD) that its blobs are made from.
manifest_tool := $(BUILD)/host/manifest
service_dirs := $(sort $(filter-out servers/init drivers/virtio/core,$(patsubst %/main.c,%,$(wildcard \
	servers/*/main.c drivers/*/main.c drivers/virtio/*/main.c tests/servers/*/main.c tests/drivers/*/main.c tests/faults/*/main.c))))
virtio_sources := $(sort $(wildcard drivers/virtio/*.c drivers/virtio/core/*.c))
$(foreach d,$(service_dirs),$(eval -include $(d)/config.mk))
service_sources = $(sort $(call program_sources,$(1)) $(SERVICE_SOURCES_$(notdir $(1))) $(if $(filter drivers/virtio/%,$(1)),$(virtio_sources)))

# The Linux personality has folders, and includes its own headers by their place in it.
shim_flags := $(user_flags) -Ishim/linux-abi
shim_sources := $(sort $(wildcard shim/linux-abi/*.c shim/linux-abi/*/*.c))
shim_objects := $(call objects,$(user_dir)/obj-shim,$(shim_sources)) $(user_dir)/obj-shim/shim/linux-abi/vdso/image.asm.o

# The vDSO runs in Linux programs: position-independent, and the copy of its file in the shim is data.
vdso_dir := $(user_dir)/vdso
vdso_script := shim/linux-abi/vdso/program/vdso.ld
vdso_flags := -std=c17 -O2 $(warnings) $(same_everywhere) -Ishim/linux-abi -ffreestanding -fpic -fvisibility=hidden -mgeneral-regs-only -fno-stack-protector -fasynchronous-unwind-tables
$(eval $(call object_dir,$(vdso_dir),$(CC),vdso_flags))
vdso_objects := $(call objects,$(vdso_dir),shim/linux-abi/vdso/program/clock.c)
-include $(vdso_objects:.o=.d)
$(vdso_dir)/vdso.so: $(vdso_objects) $(vdso_script)
	$(call say,link,$@)
	$(Q)$(LD) -shared -Bsymbolic -soname=linux-vdso.so.1 --hash-style=both --eh-frame-hdr --build-id=none --strip-debug --no-undefined -z max-page-size=4096 -z noexecstack -T $(vdso_script) -o $@ $(vdso_objects)
$(user_dir)/obj-shim/shim/linux-abi/vdso/image.asm.o: shim/linux-abi/vdso/image.asm $(vdso_dir)/vdso.so
	$(call say,nasm,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(nasm_flags) -i $(vdso_dir)/ -MD $(@:.o=.d) -MP -MT $@ -o $@ $<
$(eval $(call object_dir,$(user_dir)/obj-shim,$(CC),shim_flags))
$(eval $(call linked,$(user_dir)/shim/linux-abi.elf,$(user_script),$(shim_objects) $(user_dir)/libkozo.a,-e _service_start))
-include $(shim_objects:.o=.d)

# $(call service_program,DIR,ENTRY)
define service_program
$(call linked,$(user_dir)/$(1).elf,$(user_script),$(call objects,$(user_dir)/obj,$(call service_sources,$(1))) $(user_dir)/libkozo.a,$(if $(2),-e $(2)))
-include $(patsubst %,$(user_dir)/obj/%.d,$(call service_sources,$(1)))
endef
$(foreach d,$(service_dirs),$(eval $(call service_program,$(d),_service_start)))
$(if $(wildcard servers/init/main.c),$(eval $(call service_program,servers/init)))
service_programs := $(patsubst %,$(user_dir)/%.elf,$(service_dirs)) $(user_dir)/shim/linux-abi.elf

system_manifests := $(sort $(wildcard rootfs/*.manifest tests/servers/*.manifest tests/drivers/*.manifest tests/faults/*.manifest))
$(foreach m,$(system_manifests),$(eval -include $(m:.manifest=.mk)))

# $(call system_package,MANIFEST without its suffix,directory of the manifest when that is made)
define system_package
$(user_dir)/$(1).plan: $(2)$(1).manifest $(manifest_tool) $(service_programs) $(SYSTEM_FILES_$(notdir $(1)))
	$$(call say,manifest,$(2)$(1).manifest)
	@mkdir -p $$(@D)
	$$(Q)$(manifest_tool) --build $(BUILD) --plan $$@ --image $(user_dir)/$(1).image --depends $$@.d $$<
$(user_dir)/$(1).image: $(user_dir)/$(1).plan
$(user_dir)/$(1).boot: $(user_dir)/servers/init.elf $(user_dir)/$(1).plan $(user_dir)/$(1).image $(mkboot)
	$$(call say,mkboot,$$@)
	$$(Q)$(mkboot) -o $$@ $$< plan=$(user_dir)/$(1).plan image=$(user_dir)/$(1).image
-include $(user_dir)/$(1).plan.d
endef
$(foreach m,$(system_manifests),$(eval $(call system_package,$(m:.manifest=))))
user_programs += $(patsubst %.manifest,$(user_dir)/%.boot,$(system_manifests))

# The system itself, with test services added.
system_additions := $(patsubst %.services,%,$(sort $(wildcard tests/servers/*.services tests/faults/*.services)))
$(foreach s,$(system_additions),$(eval -include $(s).mk))
$(foreach s,$(system_additions),$(eval $(call system_package,$(s),$(user_dir)/)))

# $(call system_addition,SERVICES without its suffix)
define system_addition
$(user_dir)/$(1).manifest: $(or $(SYSTEM_BASE_$(notdir $(1))),rootfs/system.manifest) $(1).services $(wildcard $(1).mk)
	@mkdir -p $$(@D)
	$$(Q)cat $$(filter-out %.mk,$$^) | sed '$$(SYSTEM_EDIT_$(notdir $(1)))' >$$@
endef
$(foreach s,$(system_additions),$(eval $(call system_addition,$(s))))
user_programs += $(patsubst %,$(user_dir)/%.boot,$(system_additions))

# Static Linux programs: what they print on a real Linux is what they must print on Kozo.
linux_flags := -std=gnu17 -O2 -static -I. -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=.
linux_sources := $(sort $(wildcard tests/linux/*.c))
linux_programs := $(foreach s,$(linux_sources),$(BUILD)/linux/$(basename $(notdir $(s))).musl $(BUILD)/linux/$(basename $(notdir $(s))).glibc)

$(eval $(call remembered,$(BUILD)/linux/flags,linux_flags))
$(BUILD)/linux/%.musl: tests/linux/%.c $(BUILD)/linux/flags
	$(call say,$(MUSL_CC),$<)
	$(Q)$(MUSL_CC) $(linux_flags) -MMD -MP -MF $@.d -o $@ $<
$(BUILD)/linux/%.glibc: tests/linux/%.c $(BUILD)/linux/flags
	$(call say,gcc,$<)
	$(Q)gcc $(linux_flags) -MMD -MP -MF $@.d -o $@ $<
ltp_programs := $(patsubst tests/ltp/%.c,$(BUILD)/ltp/%,$(sort $(wildcard tests/ltp/*.c)))
$(BUILD)/ltp/%: tests/ltp/%.c $(BUILD)/linux/flags
	$(call say,gcc,$<)
	@mkdir -p $(@D)
	$(Q)gcc $(linux_flags) -MMD -MP -MF $@.d -o $@ $<
linux_programs += $(ltp_programs)
-include $(addsuffix .d,$(linux_programs))

# What syscalls.def calls FULL is held against the tests' answers.
$(BUILD)/linux/errnos: tests/linux/errnos tests/linux/errnos.tsv tests/linux/differences.tsv shim/linux-abi/syscalls.def $(wildcard tests/linux/answers/*)
	$(call say,check,tests/linux/errnos.tsv)
	$(Q)tests/linux/errnos >$@.log || { cat $@.log; exit 1; }
	@touch $@

# The image of the distribution: Debian's busybox, and what lies in rootfs/files.
$(BUILD)/rootfs.img: rootfs/files.list $(shell find rootfs/files -type f) tools/mkrootfs tools/ext2_image.py /bin/busybox
	$(call say,mkrootfs,$@)
	@mkdir -p $(@D)
	$(Q)tools/mkrootfs $@

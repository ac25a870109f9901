# SPDX-License-Identifier: MIT
#
# What runs on the build machine.
#
#   tools/NAME/*.c        -> $(BUILD)/host/NAME; with a file tools/NAME/use-core it is linked with kernel/core, as kernel/core/host wants it
#   tests/host/NAME/*.c   -> $(BUILD)/host-tests/NAME, linked with kernel/core (unless HOST_NO_CORE_NAME=1) and cmocka, under ASan and UBSan
#
# tests/host/harness is no test: it holds what several of them share, and a test names the files it wants in HOST_SOURCES_NAME.
# A file config.mk in the directory may set (NAME is that of the directory):
#   TOOL_SOURCES_NAME, HOST_SOURCES_NAME   more sources, by their path from the top, for example lib/elf.c
#   TOOL_CFLAGS_NAME, HOST_CFLAGS_NAME     more flags, for kernel/core too
#   TOOL_LDLIBS_NAME, HOST_LDLIBS_NAME     more libraries
#   HOST_NO_CORE_NAME=1                    a test that has nothing to do with kernel/core
#   HOST_NO_SANITIZE_NAME=1                -O2 and no sanitizer: for checks that are long
#   HOST_SERVICE_NAME=1                    with HOST_FUZZ: HOST_SOURCES has the main.c of a service, which runs in the world of tests/host/harness/service_world.h
#   HOST_FUZZ_NAME=1                       a libFuzzer target: built by FUZZ_CC, run by `make fuzz` and by tests of kind fuzz
# Objects that two programs would compile alike are compiled once: they are kept by their flags, not by their program.

core_sources := $(sort $(wildcard kernel/core/*.c))
host_common := -std=gnu17 -g -Ikernel/core/host -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	$(same_everywhere)
host_flags_tool := $(host_common) -O2
host_flags_plain := $(host_common) -O2
host_flags_checked := $(host_common) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
host_flags_fuzz := $(host_common) -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
host_flags_service := $(host_flags_fuzz) -iquote tests/host/harness/service -include tests/host/harness/service/instance.h -Dmain=service_main
service_world := tests/host/harness/service_world.c tests/host/harness/service_kernel.c tests/host/harness/requests.c tests/host/double-fetch/hostile.c $(addprefix lib/,service.c grants.c log.c health.c format.c)

# $(call host_program,FILE,DIR,COMPILER,FLAGS VARIABLE,OBJECT DIR,SOURCES,LIBRARIES)
define host_program
inputs_of_$(1) := $(3) $(call objects,$(5),$(6)) $(7)
$(call remembered,$(1).inputs,inputs_of_$(1))
$(1): $(call objects,$(5),$(6)) $(1).inputs
	$$(call say,link,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$($(4)) -o $$@ $(call objects,$(5),$(6)) $(7)
-include $(patsubst %,$(5)/%.d,$(6))
endef

# Tools.
tool_names := $(sort $(patsubst tools/%/,%,$(dir $(wildcard tools/*/*.c))))
$(foreach n,$(tool_names),$(eval -include tools/$(n)/config.mk))

tool_sources = $(sort $(wildcard tools/$(1)/*.c) $(TOOL_SOURCES_$(1)) $(if $(wildcard tools/$(1)/use-core),$(core_sources)))

define host_tool
tool_flags_$(1) := $$(host_flags_tool) $(TOOL_CFLAGS_$(1))
tool_dir_$(1) := $(BUILD)/host/obj$(if $(TOOL_CFLAGS_$(1)),-$(1))
$(if $(TOOL_CFLAGS_$(1)),$(call object_dir,$(BUILD)/host/obj-$(1),$(CC),tool_flags_$(1)))
$(call host_program,$(BUILD)/host/$(1),tools/$(1),$(CC),tool_flags_$(1),$(BUILD)/host/obj$(if $(TOOL_CFLAGS_$(1)),-$(1)),$(call tool_sources,$(1)),-lelf -lz $(TOOL_LDLIBS_$(1)))
endef

$(eval $(call object_dir,$(BUILD)/host/obj,$(CC),host_flags_tool))
$(foreach n,$(tool_names),$(eval $(call host_tool,$(n))))
host_tools := $(addprefix $(BUILD)/host/,$(tool_names))

# Tests and fuzzers.
host_test_names := $(filter-out harness,$(sort $(patsubst tests/host/%/,%,$(dir $(wildcard tests/host/*/*.c)))))
$(foreach n,$(host_test_names),$(eval -include tests/host/$(n)/config.mk))

host_test_sources = $(sort $(wildcard tests/host/$(1)/*.c) $(HOST_SOURCES_$(1)) $(if $(HOST_SERVICE_$(1)),$(service_world),$(if $(HOST_NO_CORE_$(1)),,$(core_sources))))
host_test_kind = $(if $(HOST_SERVICE_$(1)),service,$(if $(HOST_FUZZ_$(1)),fuzz,$(if $(HOST_NO_SANITIZE_$(1)),plain,checked)))
host_test_compiler = $(if $(HOST_FUZZ_$(1)),$(FUZZ_CC),$(CC))
host_test_objects = $(BUILD)/host-tests/obj-$(if $(HOST_CFLAGS_$(1)),of-$(1),$(host_test_kind))

# libFuzzer has a main() of its own: objects are compiled with -fsanitize=fuzzer too, which only instruments them.
define host_test
test_flags_$(1) := $$(host_flags_$(call host_test_kind,$(1))) $(HOST_CFLAGS_$(1))
$(if $(HOST_CFLAGS_$(1)),$(call object_dir,$(call host_test_objects,$(1)),$(call host_test_compiler,$(1)),test_flags_$(1)))
$(call host_program,$(BUILD)/host-tests/$(1),tests/host/$(1),$(call host_test_compiler,$(1)),test_flags_$(1),$(call host_test_objects,$(1)),$(call host_test_sources,$(1)),$(HOST_LDLIBS_$(1)) $(if $(HOST_FUZZ_$(1)),,-lcmocka))
endef

$(eval $(call object_dir,$(BUILD)/host-tests/obj-plain,$(CC),host_flags_plain))
$(eval $(call object_dir,$(BUILD)/host-tests/obj-checked,$(CC),host_flags_checked))
$(eval $(call object_dir,$(BUILD)/host-tests/obj-fuzz,$(FUZZ_CC),host_flags_fuzz))
$(eval $(call object_dir,$(BUILD)/host-tests/obj-service,$(FUZZ_CC),host_flags_service))
$(foreach n,$(host_test_names),$(eval $(call host_test,$(n))))

fuzz_names := $(foreach n,$(host_test_names),$(if $(HOST_FUZZ_$(n)),$(n)))
fuzz_programs := $(addprefix $(BUILD)/host-tests/,$(fuzz_names))
host_tests := $(addprefix $(BUILD)/host-tests/,$(filter-out $(fuzz_names),$(host_test_names)))

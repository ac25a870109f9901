# SPDX-License-Identifier: MIT
#
# The front door. `make help` lists the targets; mk/ holds the rules behind them, by what they build:
#
#   mk/rules.mk    how one source file becomes an object, and how a directory of objects remembers its flags
#   mk/kernel.mk   the kernel in its variants
#   mk/user.mk     lib, the programs that run on the kernel, their boot packages, the Linux sample programs
#   mk/host.mk     what runs on the build machine: tools, tests, fuzzers
#
# Sources are found by wildcard: a new file in a known directory needs no line here. Everything is written below $(BUILD). Nothing is
# recursive except the targets that must install packages before the first rule may run.

BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin LD),default)
LD := ld.bfd
endif
ifeq ($(origin AR),default)
AR := ar
endif
NASM ?= nasm
OBJCOPY ?= objcopy
MUSL_CC ?= musl-gcc
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60
COVERAGE_SECONDS ?= 0
JOBS ?= $(shell nproc)
PROGRAM ?=
SYSTEM ?= rootfs/system
BOOT ?= $(BUILD)/user/$(if $(PROGRAM),tests/kernel/$(PROGRAM),$(SYSTEM)).boot
VARIANT ?= release

# The same input builds the same bytes: nothing of the clock, the place or the locale gets into a file.
export SOURCE_DATE_EPOCH ?= 1767225600
export LC_ALL := C

MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(JOBS)
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: FORCE all help run graph test test-faults test-full gdb iso loc lint bench fuzz fuzz-shim coverage test-busybox test-diff clean abi-docs test-programs programs kernels

include mk/rules.mk
include mk/kernel.mk
include mk/user.mk
include mk/host.mk

all: programs $(host_tools) $(host_tests) ## build everything (the default)
	@:

# What runs on the machine that Kozo is for.
programs: kernels $(user_programs) $(linux_programs) $(BUILD)/linux/errnos $(BUILD)/rootfs.img
	@:

kernels: $(kernels)
	@:

# Everything that the tests start, the fuzzers included.
test-programs: all $(fuzz_programs)
	@:

help: ## print this list
	@echo 'usage: make [TARGET] [V=1] [BUILD=build] [CC=gcc|clang] [LD=ld.bfd|ld.lld]'
	@echo
	@awk -F ' ## ' '/^[a-z%-]+:.* ## / { sub(/:.*/, "", $$1); printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, boot the system, or PROGRAM=test program, or BOOT=package, in QEMU; DISK=: its disk, made on first use (else a fresh copy of the distribution); LOG=: an image for its log; CONTROL=: the socket of its supervisor
	@tools/install-packages
	+@$(MAKE) --no-print-directory all
	@[ -n "$(DISK)" ] || rm -f $(BUILD)/disk.img
	@[ -e "$(or $(DISK),$(BUILD)/disk.img)" ] || cp --reflink=auto --sparse=always $(BUILD)/rootfs.img "$(or $(DISK),$(BUILD)/disk.img)"
	tools/run-qemu --interactive --timeout 0 --variant $(VARIANT) --control $(or $(CONTROL),$(BUILD)/control) --disk $(or $(DISK),$(BUILD)/disk.img) --disk $(or $(LOG),64) --boot $(BOOT)

graph: $(manifest_tool) ## draw who may talk to whom in the system: $(BUILD)/system.svg (SYSTEM=rootfs/system: another manifest)
	$(manifest_tool) --graph $(SYSTEM).manifest | dot -Tsvg -o $(BUILD)/$(notdir $(SYSTEM)).svg
	@echo $(BUILD)/$(notdir $(SYSTEM)).svg

test: ## install what is missing, build, run all tests (T=regex: those whose id matches; CI=1: and CI's own checks)
	@tools/install-packages
	+@$(MAKE) --no-print-directory test-programs
	@BUILD=$(BUILD) tests/run --jobs $(JOBS) $(if $(T),--filter '$(T)') $(if $(CI),,--without ci)

test-full: ## all that `make test CI=1` runs, and the tests that take long: larger state spaces, mutations, Linux's answers asked for anew (KIND=deep: these alone; T=regex)
	@tools/install-packages
	+@$(MAKE) --no-print-directory test-programs
	@BUILD=$(BUILD) tests/run --jobs $(JOBS) $(addprefix --kind ,$(or $(KIND),host qemu boot model fuzz ci deep)) $(if $(T),--filter '$(T)')

test-faults: ## end servers at hundreds of their own instructions, under each operation, and at random, and cut the power, and write the tables of it to bench/RESULTS.md; takes long
	@tools/install-packages
	+@$(MAKE) --no-print-directory programs
	@BUILD=$(BUILD) tests/faults/faults all
	@BUILD=$(BUILD) RECORD=1 tests/faults/power release 1000

test-busybox: ## run busybox's own tests, which its Debian source package has, in the guest (G='sed tar ash-vars': these groups only)
	@tools/install-packages
	+@$(MAKE) --no-print-directory programs
	@BUILD=$(BUILD) tests/busybox/run $(G)

test-diff: ## compare the system calls of programs on Kozo with those on Linux, call by call (C='files.musl': these cases only)
	@tools/install-packages
	+@$(MAKE) --no-print-directory programs $(BUILD)/host/abi-record
	@BUILD=$(BUILD) tests/diff/run $(C)

gdb: $(kernels) $(user_programs) ## start QEMU stopped at reset, and gdb on it (PROGRAM=, VARIANT=debug)
	tools/run-qemu --gdb --timeout 0 --variant $(if $(filter command environment,$(origin VARIANT)),$(VARIANT),debug) --boot $(BOOT)

iso: kernels $(user_programs) ## write $(BUILD)/kozo.iso: boots under BIOS and UEFI, as CD and as USB stick
	tools/mkiso $(BUILD)/kernel-$(VARIANT)/boot.elf $(BOOT) $(BUILD)/kozo.iso

loc: $(BUILD)/kernel-release/boot.elf ## count the lines of code of the kernel (fail when there are too many) and of its loader
	@ci/count-lines $(BUILD)/kernel-release

lint: ## clang-tidy and cppcheck over kernel, lib and tools
	@LINT_KERNEL_FLAGS='$(kernel_flags_debug)' LINT_USER_FLAGS='$(user_flags)' LINT_HOST_FLAGS='$(host_common)' ci/lint

bench: export RECORD := 1
bench: $(bench_targets) bench-sequential bench-linux ## run every benchmark and write bench/RESULTS.md anew

bench-sequential: all
	BUILD=$(BUILD) bench/sequential/run

bench-linux: programs
	BUILD=$(BUILD) bench/linux/run

bench-%: $(kernels) $(BUILD)/user/bench/%.boot ## run one benchmark of bench/, for example bench-ipc
	@if [ -x bench/$*/run ]; then BUILD=$(BUILD) bench/$*/run; \
	else tools/run-qemu --icount --variant release --boot $(BUILD)/user/bench/$*.boot; fi

fuzz: $(fuzz_programs) ## run each fuzzer for FUZZ_SECONDS=60 and keep what it found in tests/fuzz/corpus
	@for name in $(fuzz_names); do BUILD=$(BUILD) ci/run-fuzzer --keep $$name $(FUZZ_SECONDS) || exit 1; done

fuzz-shim: $(BUILD)/host-tests/linux-shim programs ## random Linux calls to the personality, on the host (keeping what it found) and in QEMU, FUZZ_SECONDS=60 each
	@BUILD=$(BUILD) ci/run-fuzzer --keep linux-shim $(FUZZ_SECONDS)
	@BUILD=$(BUILD) tests/fuzz/guest/run --seconds $(FUZZ_SECONDS) --seed $$(date +%s)

coverage: ## which lines of the Linux personality its fuzzer reaches: HTML and a total (COVERAGE_SECONDS=0 of fuzzing after its corpus)
	@BUILD=$(BUILD) tests/host/linux-shim/coverage --seconds $(COVERAGE_SECONDS)

abi-docs: ## write the tables of docs/kernel.md and docs/linux-abi.md anew from abi/ and shim/linux-abi/syscalls.def
	tools/abi-docs docs/kernel.md
	tools/abi-docs docs/linux-abi.md

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

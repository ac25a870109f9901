# SPDX-License-Identifier: MIT
# A static program for the guest of Debian's kernel: the lines of the personality's own tracer, and a probe, which clang compiles for the kernel's BPF machine and which lies in the program as a whole file.
TOOL_SOURCES_abi-record := $(wildcard shim/linux-abi/trace/*.c)
TOOL_CFLAGS_abi-record := -Ishim/linux-abi -DPROBE='"$(BUILD)/host/abi-record.probe.o"'
TOOL_LDLIBS_abi-record := -static -lbpf -lelf -lz

$(BUILD)/host/abi-record.probe.o: tools/abi-record/probe/probe.c tools/abi-record/record.h tools/abi-record/config.mk
	$(call say,clang,$<)
	@mkdir -p $(@D)
	$(Q)clang -target bpf -mcpu=v3 -O2 -g -ffile-prefix-map=$(CURDIR)=. -ffreestanding -Wall -Wextra -Werror -Wno-unknown-attributes -I. -I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<

$(BUILD)/host/obj-abi-record/tools/abi-record/main.c.o: $(BUILD)/host/abi-record.probe.o

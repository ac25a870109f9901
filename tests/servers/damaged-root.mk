# SPDX-License-Identifier: MIT
# The root archive of damaged-root.manifest, which its test writes.
SYSTEM_FILES_damaged-root := $(BUILD)/tests/servers/damaged-root.cpio
$(BUILD)/tests/servers/damaged-root.cpio: tests/servers/damaged-root
	$(call say,archive,$@)
	@mkdir -p $(@D)
	$(Q)tests/servers/damaged-root --archive $@

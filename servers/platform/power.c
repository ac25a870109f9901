/* SPDX-License-Identifier: MIT */
/*
 * Switching off and resetting (power.h).
 *
 * Soft off goes: into ACPI mode, if the firmware still has the registers (SMI_CMD); SLP_TYP written to both control registers without SLP_EN, then with it (4.8.3.2.1, 16.1.7). The other bits of the registers are
 * kept. A machine of the hardware-reduced kind has one sleep control register instead.
 */
#include "servers/platform/power.h"

/* FADT, 5.2.9. */
#define FADT_SMI_CMD 48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_CNT 64
#define FADT_PM1B_CNT 68
#define FADT_CENTURY 108
#define FADT_BOOT_ARCH 109
#define FADT_FLAGS 112
#define FADT_RESET_REGISTER 116
#define FADT_RESET_VALUE 128
#define FADT_X_PM1A_CNT 172
#define FADT_X_PM1B_CNT 184
#define FADT_SLEEP_CONTROL 244
#define FLAG_RESET_SUPPORTED (1u << 10)
#define FLAG_HARDWARE_REDUCED (1u << 20)
#define BOOT_ARCH_NO_CLOCK (1u << 5)

/* PM1 control, 4.8.3.2.1. */
#define PM1_SCI_ENABLED 0x0001u
#define PM1_TYPE_SHIFT 10
#define PM1_TYPE_MASK (7u << PM1_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE (1u << 13)

/* Sleep control, 4.8.3.7.1. */
#define SLEEP_TYPE_SHIFT 2
#define SLEEP_ENABLE (1u << 5)

/* The keyboard controller, whose output line 0 is the processor's reset (8042 data sheet; IBM PC/AT technical reference). */
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_INPUT_FULL 0x02
#define KEYBOARD_PULSE_RESET 0xfe

#define MILLISECOND 1000000ull
#define EFFECT_TIME (50 * MILLISECOND) /* what a machine is given to switch off or reset */
#define ENABLE_WAITS 300               /* of 10 ms: Linux gives firmware three seconds, too */
#define KEYBOARD_WAITS 100             /* of 1 ms */

const char *power_failure_sentence(enum power_failure failure)
{
	switch (failure) {
	case POWER_NO_REGISTER:
		return "ACPI names no register for it that is reached through ports";
	case POWER_NO_PORT:
		return "the manifest does not give the port of its register";
	case POWER_NO_TYPE:
		return "the firmware's \\_S5_ is missing or not a plain package";
	case POWER_NO_EFFECT:
		return "the registers were written, and nothing happened";
	}
	return "a failure that the list does not have";
}

static struct power_register register_read(const struct acpi_table *fadt, uint64_t offset)
{
	return (struct power_register){(uint8_t)acpi_field(fadt, offset, 1), (uint8_t)acpi_field(fadt, offset + 1, 1), acpi_field(fadt, offset + 4, 8)};
}

/* The newer field, of 12 bytes, has precedence over the older one, which is a port. */
static struct power_register register_choose(const struct acpi_table *fadt, uint64_t offset, uint64_t old_offset)
{
	struct power_register chosen = register_read(fadt, offset);

	if (!chosen.address)
		chosen = (struct power_register){SPACE_PORT, 16, acpi_field(fadt, old_offset, 4)};
	return chosen;
}

void power_read(struct power *power, const struct acpi *acpi)
{
	const struct acpi_table *fadt = acpi_find(acpi, "FACP", 0);
	uint32_t flags;

	*power = (struct power){.told = fadt != NULL};
	if (!fadt)
		return;
	flags = (uint32_t)acpi_field(fadt, FADT_FLAGS, 4);
	power->reduced = flags & FLAG_HARDWARE_REDUCED;
	power->sleep = sleep_type_find(acpi, power->type);
	power->century = (uint8_t)acpi_field(fadt, FADT_CENTURY, 1);
	power->no_clock = acpi_field(fadt, FADT_BOOT_ARCH, 2) & BOOT_ARCH_NO_CLOCK;
	if (flags & FLAG_RESET_SUPPORTED)
		power->reset = register_read(fadt, FADT_RESET_REGISTER);
	power->reset_value = (uint8_t)acpi_field(fadt, FADT_RESET_VALUE, 1);
	if (power->reduced) {
		power->control[0] = register_read(fadt, FADT_SLEEP_CONTROL);
		return;
	}
	power->control[0] = register_choose(fadt, FADT_X_PM1A_CNT, FADT_PM1A_CNT);
	power->control[1] = register_choose(fadt, FADT_X_PM1B_CNT, FADT_PM1B_CNT);
	power->command_port = (uint16_t)acpi_field(fadt, FADT_SMI_CMD, 4);
	power->enable = (uint8_t)acpi_field(fadt, FADT_ACPI_ENABLE, 1);
}

static bool register_is_port(const struct power_register *of)
{
	return of->space == SPACE_PORT && of->address != 0 && of->address <= 0xffff;
}

/* Until the firmware has handed the registers over. Firmware that never does is no reason not to try. */
static void mode_enable(const struct power *power, const struct port_access *ports)
{
	uint16_t control = (uint16_t)power->control[0].address;
	uint32_t value = 0;

	if (!power->command_port || !power->enable || !ports->read(ports->context, control, 2, &value) || value & PM1_SCI_ENABLED)
		return;
	if (!ports->write(ports->context, power->command_port, 1, power->enable))
		return;
	for (int i = 0; i < ENABLE_WAITS && !(value & PM1_SCI_ENABLED); i++) {
		ports->wait(ports->context, 10 * MILLISECOND);
		if (!ports->read(ports->context, control, 2, &value))
			return;
	}
}

/* Writes SLP_TYP to the control registers, with SLP_EN when `go`. False: a port is not ours. */
static bool sleep_write(const struct power *power, const struct port_access *ports, bool go)
{
	for (int i = 0; i < 2; i++) {
		uint16_t port = (uint16_t)power->control[i].address;
		uint32_t value;

		if (!power->control[i].address)
			continue;
		if (!ports->read(ports->context, port, 2, &value))
			return false;
		value &= ~(PM1_TYPE_MASK | PM1_SLEEP_ENABLE);
		value |= (uint32_t)power->type[i] << PM1_TYPE_SHIFT | (go ? PM1_SLEEP_ENABLE : 0);
		if (!ports->write(ports->context, port, 2, value))
			return false;
	}
	return true;
}

static enum power_failure off_by_acpi(const struct power *power, const struct port_access *ports)
{
	if (!register_is_port(&power->control[0]) || (power->control[1].address && !register_is_port(&power->control[1])))
		return POWER_NO_REGISTER;
	if (power->sleep != SLEEP_FOUND)
		return POWER_NO_TYPE;
	if (power->reduced) {
		if (!ports->write(ports->context, (uint16_t)power->control[0].address, 1, (uint32_t)power->type[0] << SLEEP_TYPE_SHIFT | SLEEP_ENABLE))
			return POWER_NO_PORT;
	} else {
		mode_enable(power, ports);
		if (!sleep_write(power, ports, false) || !sleep_write(power, ports, true))
			return POWER_NO_PORT;
	}
	ports->wait(ports->context, EFFECT_TIME);
	return POWER_NO_EFFECT;
}

/* Machines without ACPI that can be switched off all the same. Each port is without a meaning on the others. */
static enum power_failure off_by_guess(const struct port_access *ports)
{
	static const struct {
		uint16_t port, value;
	} guesses[] = {
		{0x604, 0x2000},  /* QEMU: PM1a control of q35, and of pc since 2.0 */
		{0xb004, 0x2000}, /* Bochs, and QEMU before */
		{0x4004, 0x3400}, /* VirtualBox */
	};
	enum power_failure failure = POWER_NO_REGISTER;

	for (unsigned i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		if (!ports->write(ports->context, guesses[i].port, 2, guesses[i].value))
			continue;
		ports->wait(ports->context, EFFECT_TIME);
		failure = POWER_NO_EFFECT;
	}
	return failure;
}

enum power_failure power_off(const struct power *power, const struct port_access *ports)
{
	return power->told ? off_by_acpi(power, ports) : off_by_guess(ports);
}

/* 4.8.3.6: one byte, written to a port, memory or configuration space. */
static enum power_failure reset_by_acpi(const struct power *power, const struct port_access *ports)
{
	if (!register_is_port(&power->reset))
		return POWER_NO_REGISTER;
	if (!ports->write(ports->context, (uint16_t)power->reset.address, 1, power->reset_value))
		return POWER_NO_PORT;
	ports->wait(ports->context, EFFECT_TIME);
	return POWER_NO_EFFECT;
}

static enum power_failure reset_by_keyboard(const struct port_access *ports)
{
	uint32_t status = KEYBOARD_INPUT_FULL;

	for (int i = 0; i < KEYBOARD_WAITS && status & KEYBOARD_INPUT_FULL; i++) {
		if (!ports->read(ports->context, KEYBOARD_STATUS, 1, &status))
			return POWER_NO_PORT;
		if (status & KEYBOARD_INPUT_FULL)
			ports->wait(ports->context, MILLISECOND);
	}
	if (!ports->write(ports->context, KEYBOARD_STATUS, 1, KEYBOARD_PULSE_RESET))
		return POWER_NO_PORT;
	ports->wait(ports->context, EFFECT_TIME);
	return POWER_NO_EFFECT;
}

enum power_failure power_reset(const struct power *power, const struct port_access *ports)
{
	enum power_failure first = reset_by_acpi(power, ports), second = reset_by_keyboard(ports);

	return second == POWER_NO_EFFECT ? second : first;
}

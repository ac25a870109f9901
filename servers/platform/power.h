/* SPDX-License-Identifier: MIT */
/*
 * Switching off and resetting: what the FADT says about it, and doing it. Pure but for the ports, which the caller lends. Sections are those of ACPI 6.4.
 *
 * Both functions return only when the machine still runs. They change nothing but the registers that they name; no ACPI method is run (_PTS, _GTS), since there is no interpreter: firmware that does real work there is not served well.
 */
#pragma once

#include "servers/platform/sleep.h"

/* A generic address, 5.2.3.2. */
enum register_space { SPACE_MEMORY = 0, SPACE_PORT = 1, SPACE_PCI = 2 };
struct power_register {
	uint8_t space; /* enum register_space and others */
	uint8_t bits;
	uint64_t address; /* 0: there is no such register */
};

/* What the tables say. */
struct power {
	bool told;    /* there is a FADT */
	bool reduced; /* hardware-reduced: control[0] is the sleep control register, 4.8.3.7 */
	enum sleep_answer sleep;
	uint8_t type[2];
	struct power_register control[2]; /* PM1a_CNT, PM1b_CNT */
	uint16_t command_port;            /* SMI_CMD; 0: ACPI mode is on from the start */
	uint8_t enable;                   /* what to write there */
	struct power_register reset;      /* address 0: not supported */
	uint8_t reset_value;
	uint8_t century;                  /* register of the clock that holds the century; 0: none */
	bool no_clock;                    /* there is no CMOS clock */
};

/* Ports, of 1, 2 or 4 bytes. False: the caller has no right to that port. */
struct port_access {
	bool (*read)(void *context, uint16_t port, unsigned bytes, uint32_t *value);
	bool (*write)(void *context, uint16_t port, unsigned bytes, uint32_t value);
	void (*wait)(void *context, uint64_t ns);
	void *context;
};

/* Why the machine still runs after the last step that could be tried. */
enum power_failure {
	POWER_NO_REGISTER,  /* ACPI names none, or one that is not reached through ports */
	POWER_NO_PORT,      /* a register lies at a port to which there is no right */
	POWER_NO_TYPE,      /* \_S5_ was not found, or not understood */
	POWER_NO_EFFECT,    /* all was written, nothing happened */
};
const char *power_failure_sentence(enum power_failure failure);

/* Reads FADT and \_S5_. */
void power_read(struct power *power, const struct acpi *acpi);

/* Soft off. When there is no FADT at all: the ports of well-known emulators. */
enum power_failure power_off(const struct power *power, const struct port_access *ports);

/* The FADT's reset register, then the keyboard controller's reset line. A program cannot make the processor triple-fault, so there is no third way. */
enum power_failure power_reset(const struct power *power, const struct port_access *ports);

/* SPDX-License-Identifier: MIT */
/* What the console of test systems offers its clients, the test programs. Their text is printed as it is, so that it can be TAP; that of others with their names before it. */
#pragma once

enum console_request {
	CONSOLE_END = 1, /* ends the machine: word 0 is 0 when all tests have passed */
};

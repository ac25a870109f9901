/* SPDX-License-Identifier: MIT */
/*
 * Tests of servers/platform on the host, under ASan and UBSan.
 *
 * usage: platform                 the unit tests
 *        platform --image FILE    what the tables in an image of physical memory say, for tests/host/platform/machines
 */
#include <string.h>

#include "tests.h"

int main(int count, char **words)
{
	if (count == 3 && strcmp(words[1], "--image") == 0)
		return image_print(words[2]);
	return tables_test() + power_test() + calendar_test() > 0;
}

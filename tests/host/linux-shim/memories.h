/* SPDX-License-Identifier: MIT */
/* What the personality believes of the pages of its processes, and what is so. */
#pragma once

/* While the service waits for a message. Ends the test when a process sees a page that it is not to see, or not so; or when a frame is mapped more often than it has users. */
void memories_check(void);

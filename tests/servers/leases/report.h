/* SPDX-License-Identifier: MIT */
/* What the reader reports to the tester of leases by a call: words of the message. The answer's word 0 is 1 at the end. */
#pragma once

#define REPORT_FILE "/both"
#define REPORT_READS 20 /* to a report */

enum report { REPORT_TORN = 0 /* reads that saw bytes of two rounds */, REPORT_LEASED = 1 /* reads of a page that was leased */, REPORT_VALUE = 2 /* what the last read saw */, REPORT_WORDS = 3 };

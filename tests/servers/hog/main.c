/* SPDX-License-Identifier: MIT */
/* Computes for ever, to see that nobody else is taken for hung because of it. The manifest says `heartbeat none`: it may. */
int main(void)
{
	for (;;)
		__asm__ volatile("pause");
}

/* SPDX-License-Identifier: MIT */
/*
 * The methods that the machine implements. They commit nothing, so no record leads here; they exist because the method table of kernel/core
 * names them.
 */
#include "kernel/core/core.h"

#define METHOD_OF_MACHINE(function)            \
	enum error function(struct call *call) \
	{                                      \
		(void)call;                    \
		return ERR_METHOD;             \
	}

METHOD_OF_MACHINE(thread_exchange)
METHOD_OF_MACHINE(thread_suspend)
METHOD_OF_MACHINE(thread_resume)
METHOD_OF_MACHINE(thread_inform)
METHOD_OF_MACHINE(vspace_inform)
METHOD_OF_MACHINE(mapping_batch)
METHOD_OF_MACHINE(irq_acknowledge)
METHOD_OF_MACHINE(ioports_access)
METHOD_OF_MACHINE(cpu_halt)

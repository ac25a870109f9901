/* SPDX-License-Identifier: MIT */
/*
 * Included first in every source of a service on the host: what the service's sources define without `const` lies in two sections of its own, which service_world.c puts back before each instance. service_world.h ends that for the sources which
 * include it: theirs outlives instances.
 */
#pragma once

#pragma clang section data = "instance_data" bss = "instance_bss"

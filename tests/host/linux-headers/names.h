/* SPDX-License-Identifier: MIT */
/*
 * All that the headers of Linux and of the C library say of the constants of abi/linux, in an order in which they tolerate each other; and what they leave out, with the file of Linux 6.1 that has it.
 */
#pragma once

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/securebits.h>
#include <linux/netlink.h>
#include <linux/aio_abi.h>
#include <linux/mount.h>
#include <mqueue.h>
#include <sys/select.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <utime.h>

/* Structures that both have: those of Linux get other names. */
#define flock kernel_flock
#define flock64 kernel_flock64
#define f_owner_ex kernel_f_owner_ex
#define sched_param kernel_sched_param
#include <asm/prctl.h>
#include <asm/termbits.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/kd.h>
#include <linux/keyctl.h>
#include <linux/limits.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/net_tstamp.h>
#include <linux/openat2.h>
#include <linux/pidfd.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/userfaultfd.h>
#include <linux/vt.h>
#undef flock
#undef flock64
#undef f_owner_ex
#undef sched_param

/* The C library hides what these are for the kernel: arch/x86/include/uapi/asm/fcntl.h, include/uapi/asm-generic/fcntl.h. */
#undef O_LARGEFILE
#define O_LARGEFILE 00100000
#undef __O_TMPFILE
#define __O_TMPFILE 020000000

/* Other names of the same. */
#define SCHED_OTHER SCHED_NORMAL
#define PTRACE_PEEKUSER PTRACE_PEEKUSR
#define PTRACE_POKEUSER PTRACE_POKEUSR
#define EPOLLNVAL POLLNVAL
#define __O_SYNC (O_SYNC & ~O_DSYNC)

/* What these headers do not have, or hide from each other: not compared. The file of Linux 6.1 that has it stands above. */

/* arch/x86/include/uapi/asm/signal.h */
#define SA_EXPOSE_TAGBITS LINUX_SA_EXPOSE_TAGBITS
#define SA_RESTORER LINUX_SA_RESTORER
#define SA_UNSUPPORTED LINUX_SA_UNSUPPORTED

/* include/linux/kern_levels.h */
#define LOGLEVEL_ALERT LINUX_LOGLEVEL_ALERT
#define LOGLEVEL_CRIT LINUX_LOGLEVEL_CRIT
#define LOGLEVEL_DEBUG LINUX_LOGLEVEL_DEBUG
#define LOGLEVEL_EMERG LINUX_LOGLEVEL_EMERG
#define LOGLEVEL_ERR LINUX_LOGLEVEL_ERR
#define LOGLEVEL_INFO LINUX_LOGLEVEL_INFO
#define LOGLEVEL_NOTICE LINUX_LOGLEVEL_NOTICE
#define LOGLEVEL_WARNING LINUX_LOGLEVEL_WARNING

/* include/linux/sched/coredump.h */
#define SUID_DUMP_DISABLE LINUX_SUID_DUMP_DISABLE
#define SUID_DUMP_ROOT LINUX_SUID_DUMP_ROOT
#define SUID_DUMP_USER LINUX_SUID_DUMP_USER

/* include/linux/socket.h */
#define MSG_CMSG_COMPAT LINUX_MSG_CMSG_COMPAT
#define MSG_NO_SHARED_FRAGS LINUX_MSG_NO_SHARED_FRAGS
#define MSG_PROBE LINUX_MSG_PROBE
#define MSG_SENDPAGE_NOTLAST LINUX_MSG_SENDPAGE_NOTLAST
#define SCM_SECURITY LINUX_SCM_SECURITY
#define SOL_ATALK LINUX_SOL_ATALK
#define SOL_AX25 LINUX_SOL_AX25
#define SOL_CAN_BASE LINUX_SOL_CAN_BASE
#define SOL_CAN_RAW LINUX_SOL_CAN_RAW
#define SOL_IPX LINUX_SOL_IPX
#define SOL_NETROM LINUX_SOL_NETROM
#define SOL_ROSE LINUX_SOL_ROSE
#define SOL_SCTP LINUX_SOL_SCTP
#define SOL_TCP LINUX_SOL_TCP
#define SOL_UDP LINUX_SOL_UDP
#define SOL_UDPLITE LINUX_SOL_UDPLITE

/* include/linux/statfs.h */
#define ST_NOSYMFOLLOW LINUX_ST_NOSYMFOLLOW
#define ST_VALID LINUX_ST_VALID

/* include/linux/swap.h */
#define SWAP_FLAG_DISCARD_ONCE LINUX_SWAP_FLAG_DISCARD_ONCE
#define SWAP_FLAG_DISCARD_PAGES LINUX_SWAP_FLAG_DISCARD_PAGES

/* include/linux/syslog.h */
#define SYSLOG_ACTION_CLEAR LINUX_SYSLOG_ACTION_CLEAR
#define SYSLOG_ACTION_CLOSE LINUX_SYSLOG_ACTION_CLOSE
#define SYSLOG_ACTION_CONSOLE_LEVEL LINUX_SYSLOG_ACTION_CONSOLE_LEVEL
#define SYSLOG_ACTION_CONSOLE_OFF LINUX_SYSLOG_ACTION_CONSOLE_OFF
#define SYSLOG_ACTION_CONSOLE_ON LINUX_SYSLOG_ACTION_CONSOLE_ON
#define SYSLOG_ACTION_OPEN LINUX_SYSLOG_ACTION_OPEN
#define SYSLOG_ACTION_READ LINUX_SYSLOG_ACTION_READ
#define SYSLOG_ACTION_READ_ALL LINUX_SYSLOG_ACTION_READ_ALL
#define SYSLOG_ACTION_READ_CLEAR LINUX_SYSLOG_ACTION_READ_CLEAR
#define SYSLOG_ACTION_SIZE_BUFFER LINUX_SYSLOG_ACTION_SIZE_BUFFER
#define SYSLOG_ACTION_SIZE_UNREAD LINUX_SYSLOG_ACTION_SIZE_UNREAD

/* include/uapi/asm-generic/mman-common.h */
#define MADV_COLLAPSE LINUX_MADV_COLLAPSE
#define MADV_SOFT_OFFLINE LINUX_MADV_SOFT_OFFLINE
#define MAP_UNINITIALIZED LINUX_MAP_UNINITIALIZED
#define PROT_SEM LINUX_PROT_SEM

/* include/uapi/asm-generic/siginfo.h */
#define SYS_SECCOMP LINUX_SYS_SECCOMP
#define SYS_USER_DISPATCH LINUX_SYS_USER_DISPATCH
#define TRAP_PERF LINUX_TRAP_PERF

/* include/uapi/linux/l2tp.h */
#define IPPROTO_L2TP LINUX_IPPROTO_L2TP

/* include/uapi/linux/resource.h */
#define RUSAGE_BOTH LINUX_RUSAGE_BOTH

/* include/uapi/linux/sched.h */
#define SCHED_ISO LINUX_SCHED_ISO

/* include/uapi/linux/signal.h */
#define SS_AUTODISARM LINUX_SS_AUTODISARM

/* include/uapi/linux/time.h */
#define CLOCK_SGI_CYCLE LINUX_CLOCK_SGI_CYCLE

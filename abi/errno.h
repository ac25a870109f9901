/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the server protocols: those of Linux (include/uapi/asm-generic/errno-base.h and errno.h), so that a personality can pass them on as they are. An answer's word 0 holds one as a negative
 * number. Each line has the same tokens as the C library's <errno.h>, so that host tests may include both.
 */
#pragma once

#define EPERM 1            /* the operation is not permitted to the caller */
#define ENOENT 2           /* no such file or name */
#define ESRCH 3            /* no such process */
#define EINTR 4            /* interrupted by a signal */
#define EIO 5              /* the device or its medium failed */
#define ENXIO 6            /* no such device or address */
#define E2BIG 7            /* too many arguments */
#define ENOEXEC 8          /* not an executable format */
#define EBADF 9            /* not an open file */
#define ECHILD 10          /* no child process */
#define EAGAIN 11          /* try again */
#define ENOMEM 12          /* not enough memory */
#define EACCES 13          /* the permissions forbid it */
#define EFAULT 14          /* not an address of the caller */
#define ENOTBLK 15         /* not a block device */
#define EBUSY 16           /* in use */
#define EEXIST 17          /* it exists already */
#define EXDEV 18           /* on another filesystem */
#define ENODEV 19          /* the device is gone, or cannot do this */
#define ENOTDIR 20         /* not a directory */
#define EISDIR 21          /* a directory */
#define EINVAL 22          /* an argument is outside its range */
#define ENFILE 23          /* too many open files in the system */
#define EMFILE 24          /* too many open files */
#define ENOTTY 25          /* not a terminal, or no such control */
#define ETXTBSY 26         /* the program is being executed */
#define EFBIG 27           /* the file would be too large */
#define ENOSPC 28          /* no space is left */
#define ESPIPE 29          /* it cannot be sought in */
#define EROFS 30           /* it can only be read */
#define EMLINK 31          /* too many links */
#define EPIPE 32           /* nobody reads */
#define EDOM 33            /* outside the domain of the function */
#define ERANGE 34          /* the result does not fit */
#define EDEADLK 35         /* it would wait for itself */
#define ENAMETOOLONG 36    /* the name is too long */
#define ENOLCK 37          /* no lock is left */
#define ENOSYS 38          /* no such call */
#define ENOTEMPTY 39       /* the directory is not empty */
#define ELOOP 40           /* too many symbolic links */
#define ENODATA 61         /* no data */
#define ETIME 62           /* the timer expired */
#define EPROTO 71          /* the peer broke the protocol */
#define EOVERFLOW 75       /* the value does not fit its type */
#define EUCLEAN 117        /* the structure on the disk is damaged */
#define EOPNOTSUPP 95      /* the operation is not supported */
#define ETIMEDOUT 110      /* it took too long */
#define ESTALE 116         /* the file is gone from under its handle */

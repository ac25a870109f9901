/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the server protocols: those of Linux (include/uapi/asm-generic/errno-base.h and errno.h), so that a personality can pass them on as they are. An answer's word 0 holds one as a negative
 * number. Each line has the same tokens as the C library's <errno.h>, so that host tests may include both.
 */
#pragma once

#define EPERM 1             /* the operation is not permitted to the caller */
#define ENOENT 2            /* no such file or name */
#define ESRCH 3             /* no such process */
#define EINTR 4             /* interrupted by a signal */
#define EIO 5               /* the device or its medium failed */
#define ENXIO 6             /* no such device or address */
#define E2BIG 7             /* too many arguments */
#define ENOEXEC 8           /* not an executable format */
#define EBADF 9             /* not an open file */
#define ECHILD 10           /* no child process */
#define EAGAIN 11           /* try again */
#define EWOULDBLOCK EAGAIN  /* the same, said of files that do not wait */
#define ENOMEM 12           /* not enough memory */
#define EACCES 13           /* the permissions forbid it */
#define EFAULT 14           /* not an address of the caller */
#define ENOTBLK 15          /* not a block device */
#define EBUSY 16            /* in use */
#define EEXIST 17           /* it exists already */
#define EXDEV 18            /* on another filesystem */
#define ENODEV 19           /* the device is gone, or cannot do this */
#define ENOTDIR 20          /* not a directory */
#define EISDIR 21           /* a directory */
#define EINVAL 22           /* an argument is outside its range */
#define ENFILE 23           /* too many open files in the system */
#define EMFILE 24           /* too many open files */
#define ENOTTY 25           /* not a terminal, or no such control */
#define ETXTBSY 26          /* the program is being executed */
#define EFBIG 27            /* the file would be too large */
#define ENOSPC 28           /* no space is left */
#define ESPIPE 29           /* it cannot be sought in */
#define EROFS 30            /* it can only be read */
#define EMLINK 31           /* too many links */
#define EPIPE 32            /* nobody reads */
#define EDOM 33             /* outside the domain of the function */
#define ERANGE 34           /* the result does not fit */
#define EDEADLK 35          /* it would wait for itself */
#define EDEADLOCK EDEADLK   /* the same */
#define ENAMETOOLONG 36     /* the name is too long */
#define ENOLCK 37           /* no lock is left */
#define ENOSYS 38           /* no such call */
#define ENOTEMPTY 39        /* the directory is not empty */
#define ELOOP 40            /* too many symbolic links */
#define ENOMSG 42           /* no such message */
#define EIDRM 43            /* the object was removed */
#define ECHRNG 44           /* channel number out of range */
#define EL2NSYNC 45         /* level 2 not synchronized */
#define EL3HLT 46           /* level 3 halted */
#define EL3RST 47           /* level 3 reset */
#define ELNRNG 48           /* link number out of range */
#define EUNATCH 49          /* protocol driver not attached */
#define ENOCSI 50           /* no CSI structure available */
#define EL2HLT 51           /* level 2 halted */
#define EBADE 52            /* invalid exchange */
#define EBADR 53            /* invalid request descriptor */
#define EXFULL 54           /* exchange full */
#define ENOANO 55           /* no anode */
#define EBADRQC 56          /* invalid request code */
#define EBADSLT 57          /* invalid slot */
#define EBFONT 59           /* bad font file format */
#define ENOSTR 60           /* device not a stream */
#define ENODATA 61          /* no data */
#define ETIME 62            /* the timer expired */
#define ENOSR 63            /* out of streams resources */
#define ENONET 64           /* machine is not on the network */
#define ENOPKG 65           /* package not installed */
#define EREMOTE 66          /* object is remote */
#define ENOLINK 67          /* link has been severed */
#define EADV 68             /* advertise error */
#define ESRMNT 69           /* srmount error */
#define ECOMM 70            /* communication error on send */
#define EPROTO 71           /* the peer broke the protocol */
#define EMULTIHOP 72        /* multihop attempted */
#define EDOTDOT 73          /* specific to RFS */
#define EBADMSG 74          /* not such a message */
#define EOVERFLOW 75        /* the value does not fit its type */
#define ENOTUNIQ 76         /* name not unique on network */
#define EBADFD 77           /* file descriptor in bad state */
#define EREMCHG 78          /* remote address changed */
#define ELIBACC 79          /* can not access a needed shared library */
#define ELIBBAD 80          /* accessing a corrupted shared library */
#define ELIBSCN 81          /* .lib section in a.out corrupted */
#define ELIBMAX 82          /* attempting to link in too many shared libraries */
#define ELIBEXEC 83         /* cannot exec a shared library directly */
#define EILSEQ 84           /* not a character of this encoding */
#define ERESTART 85         /* the call is to be made again */
#define ESTRPIPE 86         /* streams pipe error */
#define EUSERS 87           /* too many users */
#define ENOTSOCK 88         /* not a socket */
#define EDESTADDRREQ 89     /* it needs an address to send to */
#define EMSGSIZE 90         /* the message is too long */
#define EPROTOTYPE 91       /* the protocol is of another type of socket */
#define ENOPROTOOPT 92      /* no such option */
#define EPROTONOSUPPORT 93  /* no such protocol */
#define ESOCKTNOSUPPORT 94  /* no such type of socket */
#define EOPNOTSUPP 95       /* the operation is not supported */
#define EPFNOSUPPORT 96     /* protocol family not supported */
#define EAFNOSUPPORT 97     /* no such address family */
#define EADDRINUSE 98       /* the address is in use */
#define EADDRNOTAVAIL 99    /* the address is not of this machine */
#define ENETDOWN 100        /* network is down */
#define ENETUNREACH 101     /* network is unreachable */
#define ENETRESET 102       /* network dropped connection on reset */
#define ECONNABORTED 103    /* the connection was given up */
#define ECONNRESET 104      /* the peer closed the connection */
#define ENOBUFS 105         /* no buffer is left */
#define EISCONN 106         /* it is connected already */
#define ENOTCONN 107        /* it is not connected */
#define ESHUTDOWN 108       /* the connection was shut down */
#define ETOOMANYREFS 109    /* too many references: cannot splice */
#define ETIMEDOUT 110       /* it took too long */
#define ECONNREFUSED 111    /* nobody listens there */
#define EHOSTDOWN 112       /* host is down */
#define EHOSTUNREACH 113    /* no route to host */
#define EALREADY 114        /* it is under way already */
#define EINPROGRESS 115     /* it is under way */
#define ESTALE 116          /* the file is gone from under its handle */
#define EUCLEAN 117         /* the structure on the disk is damaged */
#define ENOTNAM 118         /* not a XENIX named type file */
#define ENAVAIL 119         /* no XENIX semaphores available */
#define EISNAM 120          /* is a named type file */
#define EREMOTEIO 121       /* remote I/O error */
#define EDQUOT 122          /* the quota is exceeded */
#define ENOMEDIUM 123       /* no medium found */
#define EMEDIUMTYPE 124     /* wrong medium type */
#define ECANCELED 125       /* it was cancelled */
#define ENOKEY 126          /* required key not available */
#define EKEYEXPIRED 127     /* key has expired */
#define EKEYREVOKED 128     /* key has been revoked */
#define EKEYREJECTED 129    /* key was rejected by service */
#define EOWNERDEAD 130      /* the owner of the lock died */
#define ENOTRECOVERABLE 131 /* the state cannot be recovered */
#define ERFKILL 132         /* operation not possible due to RF-kill */
#define EHWPOISON 133       /* memory page has hardware error */

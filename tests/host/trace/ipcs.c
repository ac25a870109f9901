/* SPDX-License-Identifier: MIT */
/* Samples of calls on System V IPC and on message queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "calls.h"

void ipc_samples(void)
{
	struct shmid_ds segment = {.shm_perm = {.mode = 0600, .uid = 5}, .shm_segsz = 4096, .shm_nattch = 2};
	struct semid_ds set = {.sem_perm = {.mode = 0640}, .sem_nsems = 3};
	struct msqid_ds queue = {.msg_perm = {.mode = 0666}, .msg_qnum = 1, .msg_qbytes = 16384};
	struct seminfo limits = {.semmni = 32000, .semmsl = 32000};
	struct sembuf operations[2] = {{0, -1, SEM_UNDO}, {1, 2, IPC_NOWAIT | SEM_UNDO}};
	struct {
		long type;
		char text[8];
	} message = {1, "message"};
	struct timespec second = {1, 0};
	struct mq_attr attributes = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 10, .mq_msgsize = 8192};

	CALL(0, shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	CALL(-EEXIST, shmget, 0x1234, 4096, IPC_CREAT | IPC_EXCL | SHM_NORESERVE | SHM_HUGETLB | 21 << 26);
	CALL(0x7f0000000000, shmat, 5, NULL, 0);
	CALL(0x7f0000000000, shmat, 5, 0x10000, SHM_RDONLY | SHM_RND);
	CALL(0, shmdt, 0x10000);
	CALL(0, shmctl, 5, IPC_STAT, &segment);
	CALL(0, shmctl, 5, IPC_SET, &segment);
	CALL(0, shmctl, 5, IPC_RMID, NULL);
	CALL(-EINVAL, shmctl, 5, IPC_STAT, &segment);
	CALL(0, shmctl, 0, IPC_INFO, &segment);
	CALL(0, shmctl, 0, SHM_INFO, &segment);
	CALL(0, semget, 7, 3, IPC_CREAT | 0640);
	CALL(0, semop, 1, operations, 2);
	CALL(-EAGAIN, semtimedop, 1, operations, 1, &second);
	CALL(0, semctl, 1, 0, SETVAL, 5);
	CALL(0, semctl, 1, 0, IPC_STAT, &set);
	CALL(0, semctl, 1, 0, IPC_SET, &set);
	CALL(0, semctl, 1, 0, IPC_INFO, &limits);
	CALL(0, semctl, 1, 0, 0x100 | GETALL, NULL);
	CALL(0, msgget, IPC_PRIVATE, 0);
	CALL(0, msgsnd, 1, &message, 7, IPC_NOWAIT);
	CALL(-EFAULT, msgsnd, 1, NOWHERE, 7, 0);
	CALL(7, msgrcv, 1, &message, 7, -5, MSG_NOERROR);
	CALL(-ENOMSG, msgrcv, 1, &message, 7, 0, IPC_NOWAIT | MSG_EXCEPT);
	CALL(0, msgctl, 1, IPC_STAT, &queue);
	CALL(0, msgctl, 1, IPC_SET, &queue);
	CALL(0, msgctl, 1, IPC_INFO, &limits);
	CALL(0, msgctl, 1, 99, NULL);
	CALL(3, mq_open, "queue", O_RDWR | O_CREAT, 0600, &attributes);
	CALL(3, mq_open, "queue", O_RDWR, 0, NULL);
	CALL(0, mq_unlink, "queue");
	CALL(0, mq_timedsend, 3, "text", 4, 1, &second);
	CALL(4, mq_timedreceive, 3, "text", 8192, &second, NULL);
	CALL(0, mq_getsetattr, 3, NULL, &attributes);
	CALL(0, mq_notify, 3, NULL);
}

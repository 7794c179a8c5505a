/* Lars for C, C99 and later: which host to call next, and how the call went.
 *
 *   lars_t* lars = lars_open(NULL);
 *   lars_call_t call = LARS_CALL_INIT;
 *   if (lars_pick(lars, 1, 1, NULL, &call) == LARS_OK) {
 *     if (work_with(call.ip, call.port)) lars_succeed(lars, &call); else lars_fail(lars, &call, 1);
 *   }
 *   lars_close(lars);
 *
 * One lars_t serves the whole process: it starts no thread, any thread may use it, and after fork() both sides go on
 * with it. The agent of this machine is asked through its shared memory where it offers that, else over UDP; which of
 * them it is changes while the program runs, and nothing here shows it. Nothing waits longer than its deadline.
 *
 * Each struct begins with its size, which the initialiser beside it sets: fields that a program was compiled without
 * have their default, and are not written. A size that no version of the struct has had is refused. */
#ifndef LARS_LARS_H
#define LARS_LARS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LARS_API __attribute__((visibility("default")))
#else
#define LARS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return, the codes of the protocol. */
enum {
  LARS_OK = 0,
  LARS_OVERLOAD = 1,       /* every host of the module is shielded and it is no probe's turn: do without the call */
  LARS_SYSTEM_ERROR = 2,   /* the agent cannot be asked or did not answer in time; with errno EINVAL: an argument is not
                              allowed */
  LARS_NO_SUCH_MODULE = 3, /* the module has no hosts, or its route did not arrive in time */
};

/* One client of the agent of this machine. */
typedef struct lars_handle lars_t;

/* How to find the agent. What is left NULL or 0 comes from the environment, else it is the default. */
typedef struct lars_options {
  size_t size;
  const char* dir; /* where the agent's agent.sock is; "" = no shared memory, UDP alone. Environment LARS_CLIENT_DIR;
                      default /run/lars, but $XDG_RUNTIME_DIR/lars for a user other than root where no
                      /run/lars/agent.sock is */
  const char* udp; /* "a.b.c.d:port", the first of the agent's three UDP ports, 1 .. 65533. Environment LARS_CLIENT_UDP;
                      default 127.0.0.1:8888 */
  uint32_t deadline_ms; /* of a pick that has to wait, 1 .. 60000; default 1000 */
} lars_options;
#define LARS_OPTIONS_INIT \
  { sizeof(lars_options), NULL, NULL, 0 }

/* Where a host listens. In an array each element says its size; the first one's is the distance of all. */
typedef struct lars_host_t {
  size_t size;
  uint32_t ip;   /* IPv4, host byte order: 127.0.0.1 is 0x7f000001 */
  uint32_t port; /* host byte order */
} lars_host_t;
#define LARS_HOST_INIT \
  { sizeof(lars_host_t), 0, 0 }

/* As many hosts may be excluded from a pick. */
#define LARS_EXCLUDE_MAX 64

/* What a pick may be asked for besides its module. All of it is used during the pick alone. */
typedef struct lars_pick_options {
  size_t size;
  const void* key;            /* for policies that hash one; any bytes */
  size_t key_size;            /* of key, 0 = none */
  const lars_host_t* exclude; /* hosts that are not picked unless there is no other: those that were just tried */
  size_t exclude_count;       /* of them, up to LARS_EXCLUDE_MAX */
  uint32_t cost;              /* of the call in the caller's own unit; 0 counts as 1 */
  uint32_t deadline_ms;       /* for this pick instead of the client's, 1 .. 60000; 0 = the client's */
} lars_pick_options;
#define LARS_PICK_OPTIONS_INIT \
  { sizeof(lars_pick_options), NULL, 0, NULL, 0, 0, 0 }

/* One call, from its pick to its end. A plain value: it may be copied, kept in arrays and ended by another thread, but
 * ended once, in one of its copies. A call that is never ended counts as under way until the agent gives it up. */
typedef struct lars_call_t {
  size_t size;
  uint32_t ip;   /* the host to call: IPv4, host byte order */
  uint32_t port; /* host byte order */
  int32_t modid; /* the module it was picked for */
  int32_t cmdid;
  uint64_t opaque[11]; /* what its end needs; not to be read or changed */
} lars_call_t;
#define LARS_CALL_INIT                                                \
  {                                                                   \
    sizeof(lars_call_t), 0, 0, 0, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } \
  }

/* A client, to be closed with lars_close; NULL options are the defaults. Asks nobody yet, so it works before the agent
 * does. NULL with errno EINVAL (a size, an address or a deadline that is not allowed, in options or environment) or
 * ENOMEM. Reads the environment, which must not be changed meanwhile; a set-user-ID program does not read it. */
LARS_API lars_t* lars_open(const lars_options* options);

/* The host to call next for module (modid, cmdid), into `call`, which is LARS_CALL_INIT or any call that has ended.
 * LARS_OK, or why there is none; `call` is unchanged then. NULL options are the defaults. Any thread; waits at most for
 * the deadline, and only where the agent has to be asked or the module's route is not here yet. */
LARS_API int lars_pick(lars_t* lars, int modid, int cmdid, const lars_pick_options* options, lars_call_t* call);

/* The call ended, well; badly, with a code of the caller's own other than 0 (0 counts as 1); or nobody knows how, or it
 * was not made: it is not under way any more and judged by nobody. How long it took is the time since its pick.
 * LARS_OK, unless an argument is not allowed. A call that has ended, or was never picked,
 * or was picked by this process's parent before fork() is left alone. Any thread, never waits. */
LARS_API int lars_succeed(lars_t* lars, lars_call_t* call);
LARS_API int lars_fail(lars_t* lars, lars_call_t* call, int retcode);
LARS_API int lars_abandon(lars_t* lars, lars_call_t* call);

/* All hosts of a module that take calls, each once, into the first `room` elements of `hosts`, and how many there are
 * into `total` (more than room: ask again with more). hosts[0].size has to be set; `hosts` may be NULL where room is 0,
 * `total` may be NULL. Returns and waits as lars_pick; total is 0 where it fails. Any thread. */
LARS_API int lars_route(lars_t* lars, int modid, int cmdid, lars_host_t* hosts, size_t room, size_t* total);

/* How a call went whose lars_call_t was not kept: retcode 0 = well. latency_us = how long it took in microseconds, 0 =
 * not known. LARS_OK, unless an argument is not allowed. Any thread, never waits. */
LARS_API int lars_report(lars_t* lars, int modid, int cmdid, const lars_host_t* host, int retcode, uint32_t latency_us);

/* The client's end. No thread uses it any more; calls under way are taken back by the agent. NULL is left alone. */
LARS_API void lars_close(lars_t* lars);

/* The sentence for a result of these functions; for other numbers one that says so. Static, never NULL. */
LARS_API const char* lars_strerror(int result);

/* Version of the library that runs, "major.minor.patch". Static. */
LARS_API const char* lars_version(void);

#ifdef __cplusplus
}
#endif

#endif

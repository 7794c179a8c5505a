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
  LARS_SYSTEM_ERROR = 2,   /* the agent cannot be asked or did not answer in time; at once where no agent is there and
                              none was, as the machine refuses its port. With errno EINVAL: an argument is not allowed */
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

/* How a call ended, and what its host said of itself with its answer. Numbers of the load that cannot be (negative, not
 * a number) are unknown; the load is of use only with a utilization. */
typedef struct lars_finish_options {
  size_t size;
  int32_t retcode;    /* 0 = well, any other code = badly */
  uint32_t cost;      /* of the call in the caller's own unit; 0 = what its pick said */
  double utilization; /* of the host, 1 = full; 0 = unknown */
  double qps;         /* calls a second that it serves; 0 = unknown */
  double eps;         /* of those, failures a second */
} lars_finish_options;
#define LARS_FINISH_OPTIONS_INIT \
  { sizeof(lars_finish_options), 0, 0, 0, 0, 0 }

/* What a host says of its load, all of it over one and the same time. */
typedef struct lars_load_t {
  size_t size;
  double utilization; /* 1 = full, and it may be more; 0 = unknown */
  double qps;         /* calls a second that it serves; 0 = unknown */
  double eps;         /* of those, failures a second */
  uint64_t in_flight; /* calls under way there; 0 = none, or unknown */
} lars_load_t;
#define LARS_LOAD_INIT \
  { sizeof(lars_load_t), 0, 0, 0, 0 }

/* A client, to be closed with lars_close; NULL options are the defaults. Asks nobody yet, so it works before the agent
 * does. NULL with errno EINVAL (a size, an address or a deadline that is not allowed, in options or environment) or
 * ENOMEM. Reads the environment, which must not be changed meanwhile; a set-user-ID program does not read it. */
LARS_API lars_t* lars_open(const lars_options* options);

/* The host to call next for module (modid, cmdid), into `call`, which is LARS_CALL_INIT or any call that has ended.
 * LARS_OK, or why there is none; `call` is unchanged then. NULL options are the defaults. Any thread; waits at most for
 * the deadline, and only where the agent has to be asked, is restarting, or the module's route is not here yet. */
LARS_API int lars_pick(lars_t* lars, int modid, int cmdid, const lars_pick_options* options, lars_call_t* call);

/* The call ended, well; badly, with a code of the caller's own other than 0 (0 counts as 1); or nobody knows how, or it
 * was not made: it is not under way any more and judged by nobody. How long it took is the time since its pick.
 * LARS_OK, unless an argument is not allowed. A call that has ended, or was never picked,
 * or was picked by this process's parent before fork() is left alone. Any thread, never waits. */
LARS_API int lars_succeed(lars_t* lars, lars_call_t* call);
LARS_API int lars_fail(lars_t* lars, lars_call_t* call, int retcode);
LARS_API int lars_abandon(lars_t* lars, lars_call_t* call);

/* The same with what else is known: lars_succeed and lars_fail are its short forms. NULL options are the defaults: it
 * went well. */
LARS_API int lars_finish(lars_t* lars, lars_call_t* call, const lars_finish_options* options);

/* What a host said of its load in its answer: the value of the header endpoint-load-metrics (the ORCA of xDS), which
 * begins with TEXT or JSON, `size` bytes that need no end. The utilization is application_utilization where that is
 * above 0, else cpu_utilization; qps is rps_fractional, in_flight the named metric of that name. LARS_OK;
 * LARS_SYSTEM_ERROR with errno EINVAL for what is no such value, and `out` is unchanged then. No allocation, never
 * waits. */
LARS_API int lars_load_parse(const char* text, size_t size, lars_load_t* out);

/* All hosts of a module that take calls, each once, into the first `room` elements of `hosts`, and how many there are
 * into `total` (more than room: ask again with more). Where the module's settings name a subset size, those are the
 * hosts that this machine's agent uses. hosts[0].size has to be set; `hosts` may be NULL where room is 0, `total` may
 * be NULL. Returns and waits as lars_pick; total is 0 where it fails. Any thread. */
LARS_API int lars_route(lars_t* lars, int modid, int cmdid, lars_host_t* hosts, size_t room, size_t* total);

/* How a call went whose lars_call_t was not kept: retcode 0 = well. latency_us = how long it took in microseconds, 0 =
 * not known. LARS_OK, unless an argument is not allowed. Any thread, never waits. */
LARS_API int lars_report(lars_t* lars, int modid, int cmdid, const lars_host_t* host, int retcode, uint32_t latency_us);

/* The client's end. No thread uses it any more; calls under way are taken back by the agent. NULL is left alone. */
LARS_API void lars_close(lars_t* lars);

/* For a program that is called: how loaded its host is, to be told to callers. One a process, opened after fork(). */
typedef struct lars_load_meter lars_load_meter_t;

typedef struct lars_load_meter_options {
  size_t size;
  uint32_t window_ms; /* what the load is measured over, sliding by tenths, 100 .. 60000; 0 = 1000 */
  uint32_t reserved;  /* 0 */
} lars_load_meter_options;
#define LARS_LOAD_METER_OPTIONS_INIT \
  { sizeof(lars_load_meter_options), 0, 0 }

/* How lars_load_render writes the header's value, and the room it needs. */
enum {
  LARS_LOAD_TEXT = 0,
  LARS_LOAD_JSON = 1,
};
#define LARS_LOAD_ROOM 256

/* A meter, to be closed with lars_load_meter_close when no thread uses it any more; NULL options are the defaults, a
 * NULL meter is left alone. NULL with errno EINVAL or ENOMEM. It starts no thread: the window turns when the meter is
 * used. The utilization is that of this process's control group where its processor time is limited, else that of the
 * whole machine. */
LARS_API lars_load_meter_t* lars_load_meter_open(const lars_load_meter_options* options);
LARS_API void lars_load_meter_close(lars_load_meter_t* meter);

/* A call to this program begins; it ends, `failed` other than 0 = badly. Each once, on any thread; never waits. */
LARS_API void lars_load_begin(lars_load_meter_t* meter);
LARS_API void lars_load_end(lars_load_meter_t* meter, int failed);

/* The load over the last window, unknown until a tenth of the first is over. LARS_OK, unless an argument is not
 * allowed. Any thread. */
LARS_API int lars_load_read(lars_load_meter_t* meter, lars_load_t* load);

/* The same as the value of the header endpoint-load-metrics, with a NUL after it. Returns its length; 0 with errno
 * EINVAL where an argument is not allowed, or `room` is less than LARS_LOAD_ROOM. */
LARS_API size_t lars_load_render(lars_load_meter_t* meter, char* out, size_t room, int format);

/* The sentence for a result of these functions; for other numbers one that says so. Static, never NULL. */
LARS_API const char* lars_strerror(int result);

/* Version of the library that runs, "major.minor.patch". Static. */
LARS_API const char* lars_version(void);

#ifdef __cplusplus
}
#endif

#endif

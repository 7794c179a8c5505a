/* Lars for C, C99 and later: which host to call next, and how the call went.
 *
 *   lars_t* lars = lars_open(NULL);
 *   lars_call_t call = LARS_CALL_INIT;
 *   if (lars_pick(lars, 1, 1, NULL, &call) == LARS_OK) {
 *     if (work_with(call.ip, call.port)) lars_succeed(lars, &call); else lars_fail(lars, &call, 1);
 *   }
 *   lars_close(lars);
 *
 * One lars_t serves the whole process: it starts no thread, any thread may use it, and after fork() parent and child go
 * on with it. It uses the shared memory of this machine's agent where the agent offers it, else UDP, and changes
 * between them while the program runs. No function waits longer than its deadline.
 *
 * Each struct begins with its size, which its initialiser sets. Fields that a program was compiled without have their
 * default and are not written. A size that no version of the struct can have is refused. */
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
  LARS_OVERLOAD = 1,       /* every host of the module is ejected and no trial is due: go without the call */
  LARS_SYSTEM_ERROR = 2,   /* the agent did not answer in time; returned at once where its port is closed and no agent
                              was ever heard. With errno EINVAL: an argument is invalid */
  LARS_NO_SUCH_MODULE = 3, /* the module has no hosts, or its route did not arrive in time */
};

/* One client of the agent of this machine. */
typedef struct lars_handle lars_t;

/* How to find the agent. For a field that is NULL or 0 the environment decides, else the default. */
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

/* Where a host listens. The size of an array's first element is the distance between its elements. */
typedef struct lars_host_t {
  size_t size;
  uint32_t ip;   /* IPv4, host byte order: 127.0.0.1 is 0x7f000001 */
  uint32_t port; /* host byte order */
} lars_host_t;
#define LARS_HOST_INIT \
  { sizeof(lars_host_t), 0, 0 }

/* How many hosts may be excluded from a pick. */
#define LARS_EXCLUDE_MAX 64

/* Options of a pick. Read during lars_pick alone. */
typedef struct lars_pick_options {
  size_t size;
  const void* key;            /* for policies that hash it; any bytes */
  size_t key_size;            /* of key, 0 = none */
  const lars_host_t* exclude; /* picked only where there is no other host: those that were just tried */
  size_t exclude_count;       /* how many, up to LARS_EXCLUDE_MAX */
  uint32_t cost;              /* of the call in the caller's own unit; 0 counts as 1 */
  uint32_t deadline_ms;       /* for this pick instead of the client's, 1 .. 60000; 0 = the client's */
} lars_pick_options;
#define LARS_PICK_OPTIONS_INIT \
  { sizeof(lars_pick_options), NULL, 0, NULL, 0, 0, 0 }

/* One call, from its pick to its end. A plain value: it may be copied, kept in arrays and ended by another thread, but
 * only one copy of it may be ended. A call that is never ended counts as in flight until the agent gives it up. */
typedef struct lars_call_t {
  size_t size;
  uint32_t ip;   /* the host to call: IPv4, host byte order */
  uint32_t port; /* host byte order */
  int32_t modid; /* the module it was picked for */
  int32_t cmdid;
  uint64_t opaque[11]; /* for the library; neither read nor change it */
} lars_call_t;
#define LARS_CALL_INIT                                                \
  {                                                                   \
    sizeof(lars_call_t), 0, 0, 0, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } \
  }

/* How a call ended, and the load that its host reported with its answer. Impossible numbers (negative, NaN) count as
 * unknown; a load without utilization is ignored. */
typedef struct lars_finish_options {
  size_t size;
  int32_t retcode;    /* 0 = success, any other code = failure */
  uint32_t cost;      /* the actual cost, in the caller's own unit; 0 = as given to the pick */
  double utilization; /* of the host, 1 = full; 0 = unknown */
  double qps;         /* calls a second that it serves; 0 = unknown */
  double eps;         /* of those, failures a second */
} lars_finish_options;
#define LARS_FINISH_OPTIONS_INIT \
  { sizeof(lars_finish_options), 0, 0, 0, 0, 0 }

/* The load of a host; all figures are over the same time. */
typedef struct lars_load_t {
  size_t size;
  double utilization; /* 1 = full, and it may be more; 0 = unknown */
  double qps;         /* calls a second that it serves; 0 = unknown */
  double eps;         /* of those, failures a second */
  uint64_t in_flight; /* calls in flight there; 0 = none, or unknown */
} lars_load_t;
#define LARS_LOAD_INIT \
  { sizeof(lars_load_t), 0, 0, 0, 0 }

/* Opens a client; close it with lars_close. NULL options are the defaults. Does not contact the agent, so it works
 * before the agent has started. NULL with errno EINVAL (a size, an address or a deadline in options or environment is
 * invalid) or ENOMEM. Reads the environment, which must not change meanwhile; a set-user-ID program ignores it. */
LARS_API lars_t* lars_open(const lars_options* options);

/* Picks the host to call next for module (modid, cmdid) into `call`, which is LARS_CALL_INIT or a call that has ended.
 * LARS_OK, or the reason why there is no host; `call` is unchanged then. NULL options are the defaults. Any thread;
 * waits at most for the deadline, and only where the agent has to be asked, is restarting, or lacks the module's route.
 */
LARS_API int lars_pick(lars_t* lars, int modid, int cmdid, const lars_pick_options* options, lars_call_t* call);

/* End a call: it succeeded; it failed, with the caller's own code (0 counts as 1); or it was not made or its outcome is
 * unknown, so that it counts neither way. Its latency is the time since its pick. LARS_OK, unless an argument is
 * invalid. A call that has ended, was never picked, or was picked by the parent before fork() is ignored. Any thread;
 * never waits. */
LARS_API int lars_succeed(lars_t* lars, lars_call_t* call);
LARS_API int lars_fail(lars_t* lars, lars_call_t* call, int retcode);
LARS_API int lars_abandon(lars_t* lars, lars_call_t* call);

/* Likewise with more details: lars_succeed and lars_fail are its short forms. NULL options are the defaults: success.
 */
LARS_API int lars_finish(lars_t* lars, lars_call_t* call, const lars_finish_options* options);

/* Parses the load that a host reported with its answer: the value of the header endpoint-load-metrics (ORCA of xDS),
 * which begins with TEXT or JSON; `size` bytes, without a NUL. The utilization is application_utilization where that is
 * above 0, else cpu_utilization; qps is rps_fractional, in_flight the named metric of that name. LARS_OK;
 * LARS_SYSTEM_ERROR with errno EINVAL for a malformed value, and `out` is unchanged then. Allocates nothing, never
 * waits. */
LARS_API int lars_load_parse(const char* text, size_t size, lars_load_t* out);

/* Writes every host of a module that takes calls into the first `room` elements of `hosts`, and their number into
 * `total` (above room: call again with more room). Where the module's settings name a subset size, these are the hosts
 * that this machine's agent uses. hosts[0].size must be set; `hosts` may be NULL where room is 0, `total` may be NULL.
 * Returns and waits as lars_pick; total is 0 where it fails. Any thread. */
LARS_API int lars_route(lars_t* lars, int modid, int cmdid, lars_host_t* hosts, size_t room, size_t* total);

/* Reports a call whose lars_call_t was not kept: retcode 0 = success; latency_us = its latency in microseconds, 0 =
 * unknown. LARS_OK, unless an argument is invalid. Any thread; never waits. */
LARS_API int lars_report(lars_t* lars, int modid, int cmdid, const lars_host_t* host, int retcode, uint32_t latency_us);

/* How this thread's next pick reaches the agent. */
enum {
  LARS_TRANSPORT_SHARED_MEMORY = 16,
  LARS_TRANSPORT_UDP = 17,
  LARS_TRANSPORT_UDP_LAYOUT = 18, /* UDP, because this library cannot read the agent's layout of shared memory: the two
                                     are of releases that are too far apart */
};

/* One of LARS_TRANSPORT_*, or LARS_SYSTEM_ERROR with errno EINVAL for NULL. For diagnostics. Any thread; tries to
 * attach to the agent where a pick would, and waits no longer than 10 ms for that. */
LARS_API int lars_transport(lars_t* lars);

/* Closes the client, which no thread uses any more; the agent gives back its calls in flight. NULL is ignored. */
LARS_API void lars_close(lars_t* lars);

/* For servers: measures the load of this process, to be reported to its callers. One a process, opened after fork(). */
typedef struct lars_load_meter lars_load_meter_t;

typedef struct lars_load_meter_options {
  size_t size;
  uint32_t window_ms; /* the window of measurement, which slides by tenths, 100 .. 60000; 0 = 1000 */
  uint32_t reserved;  /* 0 */
} lars_load_meter_options;
#define LARS_LOAD_METER_OPTIONS_INIT \
  { sizeof(lars_load_meter_options), 0, 0 }

/* Formats of lars_load_render, and the room that it needs. */
enum {
  LARS_LOAD_TEXT = 0,
  LARS_LOAD_JSON = 1,
};
#define LARS_LOAD_ROOM 256

/* Opens a meter; close it with lars_load_meter_close when no thread uses it (NULL is ignored). NULL options are the
 * defaults. NULL with errno EINVAL or ENOMEM. Starts no thread: the window advances when the meter is used. The
 * utilization is that of this process's control group where its processor time is limited, else that of the machine. */
LARS_API lars_load_meter_t* lars_load_meter_open(const lars_load_meter_options* options);
LARS_API void lars_load_meter_close(lars_load_meter_t* meter);

/* A call to this server begins; it ends, `failed` other than 0 = failure. Once each, on any thread; never waits. */
LARS_API void lars_load_begin(lars_load_meter_t* meter);
LARS_API void lars_load_end(lars_load_meter_t* meter, int failed);

/* Reads the load over the last window; unknown until a tenth of the first window is over. LARS_OK, unless an argument
 * is invalid. Any thread. */
LARS_API int lars_load_read(lars_load_meter_t* meter, lars_load_t* load);

/* Writes the load as the value of the header endpoint-load-metrics, with a NUL after it. Returns its length; 0 with
 * errno EINVAL where an argument is invalid or `room` is less than LARS_LOAD_ROOM. */
LARS_API size_t lars_load_render(lars_load_meter_t* meter, char* out, size_t room, int format);

/* A sentence for a result of these functions, or for an unknown number. Static, never NULL. */
LARS_API const char* lars_strerror(int result);

/* Version of the library that runs, "major.minor.patch". Static. */
LARS_API const char* lars_version(void);

#ifdef __cplusplus
}
#endif

#endif

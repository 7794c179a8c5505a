// Preloaded into a program, gives it a wall clock that is CLOCK_SHIFT_S seconds ahead (or behind, where that is
// negative), as a machine has whose clock was never set.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void) {
  const char* text = getenv("CLOCK_SHIFT_S");
  return text ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t which, struct timespec* now) {
  const long failed = syscall(SYS_clock_gettime, which, now);
  if (failed == 0 && which == CLOCK_REALTIME) now->tv_sec += shift();
  return (int)failed;
}

time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

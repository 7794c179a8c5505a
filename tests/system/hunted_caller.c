/* A caller that is hunted: what it does is its first argument. It prints one line of figures, "name value ..." in
 * pairs, once the work is done or its input has ended. Everything goes through the C interface. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <lars/lars.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_threads = 256, most_modules = 8, most_hosts = 256 };

/* Shared with forked children. */
struct figures {
  atomic_long made;
  atomic_long bad; /* of those, calls that ended badly */
  atomic_long failed;
  atomic_long worst_us;
  atomic_long worst_waited_us; /* without what the thread waited for a processor */
  atomic_long children_failed;
  atomic_long ready;
};

static struct figures* all;
static lars_t* lars;
static int first_module = 1;
static int modules = 1;
static int pause_us = 0;
static long bad_every = 0;      /* 0 = each call ends well */
static long calls_a_thread = 0; /* 0 = until stopped */
static atomic_int stopped;
/* Calls by module and the last byte of the host's address, since they were printed. */
static atomic_long by_host[most_modules][most_hosts];

static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static long memory_kb(const char* what) {
  char line[256];
  long found = -1;
  FILE* file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, what, strlen(what)) == 0) found = atol(line + strlen(what));
  if (file != NULL) fclose(file);
  return found;
}

static void print_figures(void) {
  printf("made %ld bad %ld failed %ld worst_us %ld worst_waited_us %ld children_failed %ld rss_kb %ld size_kb %ld\n",
         atomic_load(&all->made), atomic_load(&all->bad), atomic_load(&all->failed), atomic_load(&all->worst_us),
         atomic_load(&all->worst_waited_us), atomic_load(&all->children_failed), memory_kb("VmRSS:"),
         memory_kb("VmSize:"));
  fflush(stdout);
}

static void wait_for_end_of_input(void) {
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}

/* How long a thread has waited for a processor, which is no fault of a pick's: threads that are measured have it open.
 */
static _Thread_local int waits = -1;

static long waited_us(void) {
  char text[64] = "";
  long ran = 0;
  long waited = 0;
  if (waits < 0 || pread(waits, text, sizeof text - 1, 0) <= 0) return 0;
  return sscanf(text, "%ld %ld", &ran, &waited) == 2 ? waited / 1000 : 0;
}

static void measure_waits(void) { waits = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC); }

static void end_measuring(void) {
  if (waits >= 0) close(waits);
  waits = -1;
}

static void raise_to(atomic_long* worst, long took) {
  if (took > atomic_load(worst)) atomic_store(worst, took);
}

static void note_time(long start, long waited_before) {
  const long took = now_us() - start;
  raise_to(&all->worst_us, took);
  if (took > atomic_load(&all->worst_waited_us)) raise_to(&all->worst_waited_us, took - (waited_us() - waited_before));
}

static int module_of(long number) { return first_module + (int)(number % modules); }

static int pick(int modid, lars_call_t* one) {
  const long waited = waited_us();
  const long start = now_us();
  const int result = lars_pick(lars, modid, 1, NULL, one);
  note_time(start, waited);
  if (result != LARS_OK) {
    atomic_fetch_add(&all->failed, 1);
    return 0;
  }
  atomic_fetch_add(&by_host[(unsigned)modid % most_modules][one->ip % most_hosts], 1);
  return 1;
}

static void end(lars_call_t* one) {
  const long number = atomic_fetch_add(&all->made, 1);
  if (bad_every == 0 || number % bad_every != bad_every - 1) {
    lars_succeed(lars, one);
    return;
  }
  atomic_fetch_add(&all->bad, 1);
  lars_fail(lars, one, 1);
}

static int call(int modid) {
  lars_call_t one = LARS_CALL_INIT;
  if (!pick(modid, &one)) return 0;
  if (pause_us > 0) usleep((useconds_t)pause_us);
  end(&one);
  return 1;
}

static void* run_calls(void* first) {
  measure_waits();
  for (long i = 0; calls_a_thread == 0 ? !atomic_load(&stopped) : i < calls_a_thread; ++i)
    call(module_of((long)first + i));
  end_measuring();
  return NULL;
}

static void run_threads(int count, void (*meanwhile)(void)) {
  pthread_t threads[most_threads];
  for (int i = 0; i < count; ++i) pthread_create(&threads[i], NULL, run_calls, (void*)(long)i);
  if (meanwhile != NULL) meanwhile();
  atomic_store(&stopped, 1);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
}

/* Children come into the world while threads pick; each picks on with two threads of its own. */
static void fork_often(void) {
  for (int n = 0; n < 60; ++n) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60); /* one that hangs is told by its signal */
      calls_a_thread = 50;
      if (n % 3 != 0) {
        run_threads(n % 3, NULL);
        run_calls((void*)(long)n);
      }
      if (n % 2 == 0) lars_close(lars);
      exit(0); /* with all that a program does at its end */
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) atomic_fetch_add(&all->children_failed, 1);
  }
}

static void churn(int count) {
  calls_a_thread = 1;
  for (int i = 0; i < count; i += 8) {
    pthread_t threads[8];
    for (int n = 0; n < 8; ++n) pthread_create(&threads[n], NULL, run_calls, (void*)(long)(i + n));
    for (int n = 0; n < 8; ++n) pthread_join(threads[n], NULL);
  }
}

static void reopen(int count) {
  call(1);
  const long before = memory_kb("VmSize:");
  for (int i = 0; i < count; ++i) {
    lars_close(lars);
    lars = lars_open(NULL);
    call(1);
  }
  printf("grown_kb %ld ", memory_kb("VmSize:") - before);
}

/* Many processes, all attached at once. A pick that fails, as one in a stampede may, is tried again. */
static void crowd(int count) {
  int hold[2];
  if (pipe(hold) != 0) exit(3);
  lars_close(lars);
  lars = NULL;
  for (int i = 0; i < count; ++i)
    if (fork() == 0) {
      char byte;
      close(hold[1]);
      lars = lars_open(NULL);
      for (int n = 0; n < 10; ++n)
        for (int attempt = 0; attempt < 60 && !call(1 + n % modules); ++attempt) continue;
      atomic_fetch_add(&all->ready, 1);
      (void)!read(hold[0], &byte, 1);
      _exit(0);
    }
  close(hold[0]);
  while (atomic_load(&all->ready) < count) usleep(1000);
  print_figures();
  wait_for_end_of_input();
  close(hold[1]);
  while (wait(NULL) > 0) continue;
}

/* Calls that are begun and never ended; a child may hold on to all that its parent had open. */
static void hold(int count, int with_child) {
  for (int i = 0; i < count; ++i) {
    lars_call_t one = LARS_CALL_INIT;
    if (lars_pick(lars, 1, 1, NULL, &one) == LARS_OK) atomic_fetch_add(&all->made, 1);
  }
  const pid_t child = with_child ? fork() : -1;
  if (child == 0) {
    wait_for_end_of_input();
    _exit(0);
  }
  print_figures();
  for (;;) pause();
}

/* Calls one after the other, before and after a line of input; those to the host whose address ends in `slow` take ten
 * times as long after it. Prints how many of the later calls each host got. */
static void shares(int count, int slow) {
  long calls[256] = {0};
  unsigned seed = 1;
  char byte = 0;
  for (int i = 0; i < 2 * count; ++i) {
    if (i == count && read(0, &byte, 1) != 1) exit(3);
    lars_call_t one = LARS_CALL_INIT;
    if (lars_pick(lars, 1, 1, NULL, &one) != LARS_OK) {
      atomic_fetch_add(&all->failed, 1);
      continue;
    }
    const int host = (int)(one.ip & 255);
    const int took_us = 100 + rand_r(&seed) % 400;
    usleep((useconds_t)(i >= count && host == slow ? 10 * took_us : took_us));
    lars_succeed(lars, &one);
    if (i >= count) ++calls[host];
    atomic_fetch_add(&all->made, 1);
    if (i == count - 1) print_figures();
  }
  for (int host = 0; host < 256; ++host)
    if (calls[host] > 0) printf("host_%d %ld ", host, calls[host]);
}

enum { most_begun = 4096 };

static lars_call_t begun[most_begun];
static int begun_count = 0;

static void begin_calls(int number) {
  for (int i = 0; i < number && begun_count < most_begun; ++i) {
    begun[begun_count] = (lars_call_t)LARS_CALL_INIT;
    if (pick(module_of(i), &begun[begun_count])) ++begun_count;
  }
}

static void end_calls(void) {
  while (begun_count > 0) end(&begun[--begun_count]);
}

static pthread_t background[most_threads];
static int background_count = 0;
static atomic_int resting;

static void* run_background(void* first) {
  measure_waits();
  for (long i = (long)first; !atomic_load(&resting); ++i) call(module_of(i));
  end_measuring();
  return NULL;
}

static void run(int count) {
  atomic_store(&resting, 0);
  for (; background_count < count && background_count < most_threads; ++background_count)
    pthread_create(&background[background_count], NULL, run_background, (void*)(long)background_count);
}

static void rest(void) {
  atomic_store(&resting, 1);
  while (background_count > 0) pthread_join(background[--background_count], NULL);
}

static void print_hosts(void) {
  for (int i = 0; i < modules && i < most_modules; ++i)
    for (int host = 0; host < most_hosts; ++host) {
      const int module = module_of(i);
      const long calls = atomic_exchange(&by_host[(unsigned)module % most_modules][host], 0);
      if (calls > 0) printf("host_%d_%d %ld ", module, host, calls);
    }
}

/* Does what each line of its input says, and prints figures after each:
 *   calls N       one after the other
 *   threads N M   of N new threads M calls each
 *   begin N       calls that `end` ends
 *   run N         so many threads call from now on, until `rest`
 *   figures       nothing; the slowest pick is forgotten once it is printed
 * With the figures stand the calls by host since the line before. */
static void steps(void) {
  char line[64];
  setvbuf(stdin, NULL, _IONBF, 0);
  measure_waits();
  while (fgets(line, sizeof line, stdin) != NULL) {
    int number = 0;
    long each = 0;
    if (sscanf(line, "calls %d", &number) == 1) {
      for (int i = 0; i < number; ++i) call(module_of(i));
    } else if (sscanf(line, "threads %d %ld", &number, &each) == 2) {
      calls_a_thread = each;
      atomic_store(&stopped, 0);
      run_threads(number, NULL);
    } else if (sscanf(line, "begin %d", &number) == 1) {
      begin_calls(number);
    } else if (sscanf(line, "run %d", &number) == 1) {
      run(number);
    } else if (strncmp(line, "rest", 4) == 0) {
      rest();
    } else if (strncmp(line, "end", 3) == 0) {
      end_calls();
    } else if (strncmp(line, "figures", 7) != 0) {
      exit(5);
    }
    print_hosts();
    print_figures();
    if (strncmp(line, "figures", 7) == 0) {
      atomic_store(&all->worst_us, 0);
      atomic_store(&all->worst_waited_us, 0);
    }
  }
  rest();
}

static int open_files(void) {
  int count = 0;
  for (int fd = 3; fd < 1024; ++fd) count += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
  return count;
}

int main(int count, char** words) {
  if (count < 2) return 2;
  const char* const what = words[1];
  const int number = count > 2 ? atoi(words[2]) : 0;
  if (count > 3) modules = atoi(words[3]);
  if (count > 4) pause_us = atoi(words[4]);
  if (count > 5) bad_every = atol(words[5]);
  all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (strcmp(what, "after-exec") == 0) printf("open_files %d ", open_files());
  lars_options options = LARS_OPTIONS_INIT;
  /* A busy agent may need more than the default's second to answer over UDP. */
  if (strcmp(what, "each-module") == 0 || strcmp(what, "threads") == 0) options.deadline_ms = 30000;
  lars = lars_open(&options);
  if (lars == NULL) return 3;
  if (strcmp(what, "calls") == 0) {
    run_threads(number, wait_for_end_of_input);
  } else if (strcmp(what, "fork") == 0) {
    run_threads(number, fork_often);
  } else if (strcmp(what, "threads") == 0) {
    calls_a_thread = 500;
    run_threads(number, NULL);
  } else if (strcmp(what, "churn") == 0) {
    churn(number);
  } else if (strcmp(what, "reopen") == 0) {
    reopen(number);
  } else if (strcmp(what, "crowd") == 0) {
    crowd(number);
  } else if (strcmp(what, "hold") == 0 || strcmp(what, "hold-with-child") == 0) {
    hold(number, what[4] != '\0');
  } else if (strcmp(what, "shares") == 0) {
    shares(number, pause_us);
  } else if (strcmp(what, "steps") == 0) {
    first_module = number > 0 ? number : 1;
    steps();
  } else if (strcmp(what, "each-module") == 0) {
    for (int i = 1; i <= modules; ++i) call(i);
  } else if (strcmp(what, "exec") == 0) {
    call(1);
    execl("/proc/self/exe", words[0], "after-exec", (char*)NULL);
    return 4;
  } else if (strcmp(what, "after-exec") == 0) {
    call(1);
  } else {
    return 2;
  }
  lars_close(lars);
  print_figures();
  return 0;
}

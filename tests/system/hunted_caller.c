/* A caller that is hunted: what it does is its first argument. It prints one line of figures, "name value ..." in
 * pairs, once the work is done or its input has ended. Everything goes through the C interface. */
#define _GNU_SOURCE
#include <errno.h>
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

enum { most_threads = 256 };

/* Shared with forked children. */
struct figures {
  atomic_long made;
  atomic_long failed;
  atomic_long worst_us;
  atomic_long children_failed;
  atomic_long ready;
};

static struct figures* all;
static lars_t* lars;
static int modules = 1;
static int pause_us = 0;
static long calls_a_thread = 0; /* 0 = until stopped */
static atomic_int stopped;

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
  printf("made %ld failed %ld worst_us %ld children_failed %ld rss_kb %ld size_kb %ld\n", atomic_load(&all->made),
         atomic_load(&all->failed), atomic_load(&all->worst_us), atomic_load(&all->children_failed),
         memory_kb("VmRSS:"), memory_kb("VmSize:"));
  fflush(stdout);
}

static void wait_for_end_of_input(void) {
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}

static void note_time(long took) {
  if (took > atomic_load(&all->worst_us)) atomic_store(&all->worst_us, took);
}

static void call(int modid) {
  lars_call_t one = LARS_CALL_INIT;
  const long start = now_us();
  const int result = lars_pick(lars, modid, 1, NULL, &one);
  note_time(now_us() - start);
  if (result != LARS_OK) {
    atomic_fetch_add(&all->failed, 1);
    return;
  }
  if (pause_us > 0) usleep((useconds_t)pause_us);
  lars_succeed(lars, &one);
  atomic_fetch_add(&all->made, 1);
}

static void* run_calls(void* first) {
  int modid = (int)(long)first;
  for (long i = 0; calls_a_thread == 0 ? !atomic_load(&stopped) : i < calls_a_thread; ++i)
    call(1 + (modid++) % modules);
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
      alarm(20); /* one that hangs is told by its signal */
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

/* Many processes, all attached at once. */
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
      for (int n = 0; n < 10; ++n) call(1 + n % modules);
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

/* Does what each line of its input says, and prints figures after each: "calls N" one after the other, "threads N M" of
 * N new threads M calls each, "begin N" calls that "end" ends. With the figures stand the calls of that line by host.
 */
static void steps(void) {
  static lars_call_t begun[most_begun];
  char line[64];
  int open = 0;
  setvbuf(stdin, NULL, _IONBF, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    long hosts[256] = {0};
    int number = 0;
    long each = 0;
    if (sscanf(line, "calls %d", &number) == 1) {
      for (int i = 0; i < number; ++i) {
        lars_call_t one = LARS_CALL_INIT;
        const long start = now_us();
        if (lars_pick(lars, 1, 1, NULL, &one) != LARS_OK) {
          atomic_fetch_add(&all->failed, 1);
          continue;
        }
        note_time(now_us() - start);
        ++hosts[one.ip & 255];
        lars_succeed(lars, &one);
        atomic_fetch_add(&all->made, 1);
      }
    } else if (sscanf(line, "threads %d %ld", &number, &each) == 2) {
      calls_a_thread = each;
      run_threads(number, NULL);
    } else if (sscanf(line, "begin %d", &number) == 1) {
      for (int i = 0; i < number && open < most_begun; ++i) {
        begun[open] = (lars_call_t)LARS_CALL_INIT;
        if (lars_pick(lars, 1, 1, NULL, &begun[open]) == LARS_OK) ++open;
      }
    } else if (strncmp(line, "end", 3) == 0) {
      while (open > 0) {
        lars_succeed(lars, &begun[--open]);
        atomic_fetch_add(&all->made, 1);
      }
    } else {
      exit(5);
    }
    for (int host = 0; host < 256; ++host)
      if (hosts[host] > 0) printf("host_%d %ld ", host, hosts[host]);
    print_figures();
  }
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
  all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (strcmp(what, "after-exec") == 0) printf("open_files %d ", open_files());
  lars = lars_open(NULL);
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

/* What a backend in C does, and a caller of it: load_program MODID CMDID text|json
 * Serves for a while, says how loaded it is, and passes that on with a call that it makes. Lines: the header's value,
 * the load read from it, the result of the call. */
#include <lars/lars.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Keeps the processor busy for so many milliseconds of its time. */
static void work(int milliseconds) {
  const clock_t start = clock();
  while (clock() - start < milliseconds * (CLOCKS_PER_SEC / 1000)) {
  }
}

/* 100 calls of 5 ms, each fifth of them badly; one more goes on. */
static void serve(lars_load_meter_t* meter) {
  int i;
  for (i = 0; i < 100; ++i) {
    lars_load_begin(meter);
    work(5);
    lars_load_end(meter, i % 5 == 0);
  }
  lars_load_begin(meter);
}

static int pass_on(lars_t* lars, int modid, int cmdid, const lars_load_t* load) {
  lars_call_t call = LARS_CALL_INIT;
  lars_finish_options how = LARS_FINISH_OPTIONS_INIT;
  const int result = lars_pick(lars, modid, cmdid, NULL, &call);
  if (result != LARS_OK) return result;
  how.retcode = 7;
  how.cost = 3;
  how.utilization = load->utilization;
  how.qps = load->qps;
  how.eps = load->eps;
  return lars_finish(lars, &call, &how) | lars_finish(lars, &call, &how);
}

int main(int argc, char** argv) {
  lars_load_meter_options options = LARS_LOAD_METER_OPTIONS_INIT;
  lars_load_t load = LARS_LOAD_INIT;
  char header[LARS_LOAD_ROOM];
  lars_load_meter_t* meter;
  lars_t* lars;
  if (argc != 4) return 2;
  options.window_ms = 500;
  meter = lars_load_meter_open(&options);
  lars = lars_open(NULL);
  if (meter == NULL || lars == NULL) return 3;
  serve(meter);
  if (lars_load_render(meter, header, sizeof header, strcmp(argv[3], "json") == 0) != strlen(header)) return 4;
  if (lars_load_parse(header, strlen(header), &load) != LARS_OK) return 5;
  printf("%s\n%.17g %.17g %.17g %lu\n", header, load.utilization, load.qps, load.eps, (unsigned long)load.in_flight);
  printf("%d\n", pass_on(lars, atoi(argv[1]), atoi(argv[2]), &load));
  lars_load_meter_close(meter);
  lars_close(lars);
  return 0;
}

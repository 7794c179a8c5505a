/* What a program in C does: c_program MODID CMDID succeed|fail|abandon|report|lose TIMES
 * One line a call: the result, and the host where there is one. The last line is the route. */
#include <lars/lars.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_host(uint32_t ip, uint32_t port) {
  printf(" %u.%u.%u.%u:%u", (unsigned)(ip >> 24), (unsigned)(ip >> 16 & 255), (unsigned)(ip >> 8 & 255),
         (unsigned)(ip & 255), (unsigned)port);
}

/* Ends a call twice: the second end does nothing. */
static int end(lars_t* lars, const char* how, lars_call_t* call) {
  if (strcmp(how, "succeed") == 0) return lars_succeed(lars, call) | lars_fail(lars, call, 1);
  if (strcmp(how, "fail") == 0) return lars_fail(lars, call, 7) | lars_fail(lars, call, 7);
  if (strcmp(how, "abandon") == 0) return lars_abandon(lars, call) | lars_fail(lars, call, 1);
  return LARS_OK;
}

/* How a call went, whose lars_call_t is not kept. */
static int report(lars_t* lars, const lars_call_t* call) {
  lars_host_t host = LARS_HOST_INIT;
  host.ip = call->ip;
  host.port = call->port;
  return lars_report(lars, call->modid, call->cmdid, &host, 7, 1500);
}

static int one_call(lars_t* lars, int modid, int cmdid, const char* how) {
  lars_pick_options options = LARS_PICK_OPTIONS_INIT;
  lars_call_t call = LARS_CALL_INIT;
  int result;
  options.key = "somebody";
  options.key_size = 8;
  result = lars_pick(lars, modid, cmdid, &options, &call);
  printf("%d", result);
  if (result == LARS_OK) {
    lars_call_t copy = call;
    print_host(call.ip, call.port);
    if (call.modid != modid || call.cmdid != cmdid) return 1;
    if (strcmp(how, "report") == 0 && report(lars, &call) != LARS_OK) return 1;
    if (end(lars, how, &copy) != LARS_OK) return 1;
  }
  printf("\n");
  return 0;
}

/* Asks with too little room first. */
static int print_route(lars_t* lars, int modid, int cmdid) {
  lars_host_t hosts[64];
  lars_host_t none = LARS_HOST_INIT;
  size_t total = 0;
  size_t again = 0;
  size_t i;
  for (i = 0; i < 64; ++i) hosts[i] = none;
  if (lars_route(lars, modid, cmdid, NULL, 0, &total) != LARS_OK || total > 64) return 0;
  if (lars_route(lars, modid, cmdid, hosts, total, &again) != LARS_OK || again != total) return 1;
  printf("route");
  for (i = 0; i < total; ++i) print_host(hosts[i].ip, hosts[i].port);
  printf("\n");
  return 0;
}

int main(int argc, char** argv) {
  lars_t* lars;
  int i;
  int wrong = 0;
  if (argc != 5) return 2;
  lars = lars_open(NULL);
  if (lars == NULL) {
    perror("lars_open");
    return 3;
  }
  for (i = 0; i < atoi(argv[4]) && !wrong; ++i) wrong = one_call(lars, atoi(argv[1]), atoi(argv[2]), argv[3]);
  wrong = wrong || print_route(lars, atoi(argv[1]), atoi(argv[2]));
  lars_close(lars);
  return wrong;
}

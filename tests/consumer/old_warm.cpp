// Counts what the old interface allocates once it is warm: old_warm MODID CMDID WARM TIMES
#include <lars_api.h>
#include <stdlib.h>

#include <new>

static long allocations = 0;

void* operator new(size_t size) {
  ++allocations;
  void* const memory = malloc(size);
  if (memory == NULL) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { free(memory); }

static int call(lars_client& api, int modid, int cmdid, std::string& ip, int times) {
  int failed = 0;
  for (int i = 0; i < times; ++i) {
    int port = 0;
    if (api.get_host(modid, cmdid, ip, port) == 0)
      api.report(modid, cmdid, ip, port, 0);
    else
      ++failed;
  }
  return failed;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int modid = atoi(argv[1]), cmdid = atoi(argv[2]);
  lars_client api;
  std::string ip;
  int failed = call(api, modid, cmdid, ip, atoi(argv[3]));
  const long before = allocations;
  failed += call(api, modid, cmdid, ip, atoi(argv[4]));
  printf("failed %d allocations %ld of %ld\n", failed, allocations - before, before);
  return 0;
}

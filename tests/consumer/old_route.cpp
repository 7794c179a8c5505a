// What the old interface says of a whole route, into a set that holds a host already: old_route MODID CMDID
#include <lars_api.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  lars_client api;
  route_set route(1, ip_port("1.2.3.4", 1));
  const int known = api.reg_init(atoi(argv[1]), atoi(argv[2]));
  const int found = api.get_route(atoi(argv[1]), atoi(argv[2]), route);
  printf("reg_init %d, get_route %d\n", known, found);
  for (route_set_it it = route.begin(); it != route.end(); ++it) printf("%s:%d\n", it->first.c_str(), it->second);
  return 0;
}

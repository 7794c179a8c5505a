// A program written for the old interface: old_program MODID CMDID TIMES RETCODE
#include <lars_api.h>
#include <stdlib.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 5) {
    printf("usage: old_program modid cmdid times retcode\n");
    return 2;
  }
  int modid = atoi(argv[1]);
  int cmdid = atoi(argv[2]);
  lars_client api;

  int ret = api.reg_init(modid, cmdid);
  if (ret != 0) {
    std::cout << "module is not there, error code " << ret << std::endl;
  }

  route_set route;
  ret = api.get_route(modid, cmdid, route);
  if (ret == 0) {
    for (route_set_it it = route.begin(); it != route.end(); ++it) {
      ip_port host = *it;
      std::cout << "ip = " << host.first << ", port = " << host.second << std::endl;
    }
  }

  std::map<ip_port, int> calls;
  for (int i = 0; i < atoi(argv[3]); ++i) {
    std::string ip;
    int port;
    ret = api.get_host(modid, cmdid, ip, port);
    if (ret != 0) {
      std::cout << "get_host error code " << ret << std::endl;
      continue;
    }
    calls[ip_port(ip, port)] += 1;
    struct in_addr address;
    if (inet_aton(ip.c_str(), &address) == 0) {
      return 1;
    }
    api.report(modid, cmdid, ip, port, atoi(argv[4]));
  }
  for (std::map<ip_port, int>::iterator it = calls.begin(); it != calls.end(); ++it) {
    printf("called %s:%d %d times\n", it->first.first.c_str(), it->first.second, it->second);
  }

  // What was not picked by this object is reported all the same; what is picked and not reported is let go.
  lars_client other(api);
  other.report(modid, cmdid, "10.0.0.7", 8080, 0);
  other.report(modid, cmdid, "nowhere", 8080, 0);
  std::string ip;
  int port;
  for (int i = 0; i < 600; ++i) {
    if (other.get_host(modid, cmdid, ip, port) != 0) break;
  }
  return 0;
}

// The interface that programs of old were written for: they recompile as they are, C++11 or later, and link liblars.
// New programs take <lars/client.hpp> or <lars/lars.h>.
#ifndef LARS_API_H
#define LARS_API_H

#include <arpa/inet.h>
#include <lars/lars.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

typedef std::pair<std::string, int> ip_port;
typedef std::vector<ip_port> route_set;
typedef route_set::iterator route_set_it;

// Addresses as this interface has them. inet_ntop() and inet_pton() take longer than the call itself.
namespace lars_address {

enum { most_size = 15 };

// Writes "a.b.c.d" without an end, at most most_size characters, and returns how many. No allocation, no locale.
inline size_t write(uint32_t ip, char* text) {
  char* at = text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const unsigned part = ip >> shift & 255u;
    if (part >= 100) *at++ = static_cast<char>('0' + part / 100);
    if (part >= 10) *at++ = static_cast<char>('0' + part / 10 % 10);
    *at++ = static_cast<char>('0' + part % 10);
    if (shift > 0) *at++ = '.';
  }
  return static_cast<size_t>(at - text);
}

// Four decimal numbers up to 255, none with a 0 before others, as inet_pton() takes them; false for anything else.
inline bool read(const std::string& text, uint32_t& ip) {
  const char* at = text.c_str();
  uint32_t whole = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    int digits = 0;
    for (; *at >= '0' && *at <= '9'; ++at, ++digits) {
      if (digits > 0 && value == 0) return false;
      value = value * 10 + static_cast<unsigned>(*at - '0');
      if (value > 255) return false;
    }
    if (digits == 0 || *at != (part < 3 ? '.' : '\0')) return false;
    if (part < 3) ++at;
    whole = whole << 8 | value;
  }
  if (at != text.c_str() + text.size()) return false;
  ip = whole;
  return true;
}

}  // namespace lars_address

// Asks the agent of this machine. All objects share one client of the process; the agent is found as <lars/lars.h> says
// under lars_options. Threads: one object a thread, any number of objects. Results are LARS_OK and its fellows, 0 to 3.
class lars_client {
public:
  lars_client() {}
  lars_client(const lars_client&) {}  // calls stay with the object that picked them
  lars_client& operator=(const lars_client&) { return *this; }
  ~lars_client() { abandon_oldest(under_way_.size()); }

  // Makes a module known before its first call: 0 when it is, which takes as long as its route needs to arrive.
  int reg_init(int modid, int cmdid) {
    route_set route;
    return append_route(modid, cmdid, route);
  }

  // The host to call next.
  int get_host(int modid, int cmdid, std::string& ip, int& port) {
    if (under_way_.size() == most_under_way) abandon_oldest(most_under_way / 2);
    // Picked where it stays.
    const lars_call_t none = LARS_CALL_INIT;
    under_way_.push_back(none);
    lars_call_t& call = under_way_.back();
    const int code = lars_pick(shared(), modid, cmdid, NULL, &call);
    if (code != LARS_OK) {
      under_way_.pop_back();
      return code;
    }
    char text[lars_address::most_size];
    ip.assign(text, lars_address::write(call.ip, text));
    port = static_cast<int>(call.port);
    return LARS_OK;
  }

  // Appends all hosts of a module to `route`. A module without hosts, or that nobody knows, is no failure: nothing is
  // appended and 0 returned. Where the agent cannot be asked, 2, and `route` is as it was.
  int get_route(int modid, int cmdid, route_set& route) {
    const int code = append_route(modid, cmdid, route);
    return code == LARS_NO_SUCH_MODULE ? static_cast<int>(LARS_OK) : code;
  }

  // How a call went: 0 = well. The call is the last one to that host that get_host() picked here and that was not
  // reported yet, and took since then; where there is none, only its result counts.
  void report(int modid, int cmdid, const std::string& ip, int port, int retcode) {
    uint32_t host_ip = 0;
    if (!lars_address::read(ip, host_ip)) return;
    const uint32_t host_port = static_cast<uint32_t>(port);
    for (size_t i = under_way_.size(); i-- > 0;) {
      lars_call_t& call = under_way_[i];
      if (call.ip != host_ip || call.port != host_port || call.modid != modid || call.cmdid != cmdid) continue;
      if (retcode == 0)
        lars_succeed(shared(), &call);
      else
        lars_fail(shared(), &call, retcode);
      under_way_.erase(under_way_.begin() + static_cast<ptrdiff_t>(i));
      return;
    }
    lars_host_t host = LARS_HOST_INIT;
    host.ip = host_ip;
    host.port = host_port;
    lars_report(shared(), modid, cmdid, &host, retcode, 0);
  }

private:
  // Calls remembered until they are reported. Programs that report nothing, or elsewhere, lose the older half.
  enum { most_under_way = 256 };

  // Opened by the first that needs it, closed by the end of the process.
  static lars_t* shared() {
    static lars_t* const opened = lars_open(NULL);
    return opened;
  }

  static std::string text_of(uint32_t ip) {
    char text[lars_address::most_size];
    return std::string(text, lars_address::write(ip, text));
  }

  // Like get_route(), but a module that has no hosts is LARS_NO_SUCH_MODULE.
  static int append_route(int modid, int cmdid, route_set& route) {
    const lars_host_t none = LARS_HOST_INIT;
    std::vector<lars_host_t> hosts(16, none);
    size_t total = 0;
    int code = lars_route(shared(), modid, cmdid, &hosts[0], hosts.size(), &total);
    while (code == LARS_OK && total > hosts.size()) {
      hosts.resize(total, none);
      code = lars_route(shared(), modid, cmdid, &hosts[0], hosts.size(), &total);
    }
    for (size_t i = 0; i < total; ++i) route.push_back(ip_port(text_of(hosts[i].ip), static_cast<int>(hosts[i].port)));
    return code;
  }

  void abandon_oldest(size_t count) {
    for (size_t i = 0; i < count; ++i) lars_abandon(shared(), &under_way_[i]);
    under_way_.erase(under_way_.begin(), under_way_.begin() + static_cast<ptrdiff_t>(count));
  }

  std::vector<lars_call_t> under_way_;  // the oldest first
};

#endif

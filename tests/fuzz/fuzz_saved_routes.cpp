// A file of saved routes, whole, damaged or of arbitrary bytes: the routes read are a prefix of those written, and the
// valid length is exact. The first byte of the input chooses where and how the file is damaged.
#include <string>
#include <vector>

#include "agent/routes/route_record.hpp"
#include "expect.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace agent = lars::agent;
namespace proto = lars::proto;

using routes = std::vector<std::pair<lars::route_key, std::vector<lars::host>>>;

routes scan(std::string_view file, agent::scan_result& found) {
  routes seen;
  found = agent::scan_records(file, [&](const proto::route_response& route, std::string_view record) {
    expect(record.data() >= file.data() && record.data() + record.size() <= file.data() + file.size(),
           "a record lies in the file");
    seen.emplace_back(route.key, route.hosts);
  });
  expect(found.valid_bytes <= file.size() && found.records == seen.size(), "a scan counts what it read");
  return seen;
}

void check_any(std::string_view file) {
  agent::scan_result found, again;
  const routes first = scan(file, found);
  const routes second = scan(file.substr(0, found.valid_bytes), again);
  expect(first == second && again.valid_bytes == found.valid_bytes, "the valid bytes hold all that was read");
}

// The routes that the input describes: bodies of dns answers, each after a byte with its length.
void check_damaged(std::uint8_t how, std::string_view bodies) {
  routes written;
  std::string file(agent::route_file_header);
  while (!bodies.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(bodies[0]), bodies.size() - 1);
    proto::route_response route;
    if (proto::decode(bodies.substr(1, length), route)) {
      file += agent::make_record(route);
      if (planted && route.hosts.size() == 2) route.hosts.pop_back();
      written.emplace_back(route.key, route.hosts);
    }
    bodies.remove_prefix(1 + length);
  }
  agent::scan_result found;
  expect(scan(file, found) == written && found.valid_bytes == file.size(), "a whole file reads as it was written");
  const std::size_t at = file.size() * how / 256;
  const routes cut = scan(std::string_view(file).substr(0, at), found);
  expect(cut.size() <= written.size() && std::equal(cut.begin(), cut.end(), written.begin()),
         "a cut file reads as far as it goes");
  file[at] = static_cast<char>(file[at] ^ (1 << (how % 8)));
  const routes flipped = scan(file, found);
  expect(flipped.size() < written.size() + 1 && std::equal(flipped.begin(), flipped.end(), written.begin()),
         "a damaged record and what follows it are left out");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string rest(lars::fuzz::text(data + 1, size - 1));
  check_any(rest);
  check_any(std::string(agent::route_file_header) + rest);
  check_damaged(data[0], rest);
  return 0;
}

// A spool file, whole, damaged or of arbitrary bytes: the batches read are a prefix of those written under its epoch,
// and merging them loses no call. The first byte of the input chooses where and how the file is damaged.
#include <string>
#include <vector>

#include "agent/results/spool_record.hpp"
#include "agent/results/status_merge.hpp"
#include "expect.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace agent = lars::agent;
namespace proto = lars::proto;

constexpr std::uint64_t epoch = 77;

struct found_record {
  std::uint64_t tick = 0;
  std::string frame;
  bool operator==(const found_record&) const = default;
};

std::vector<found_record> scan(std::uint64_t under, std::string_view records) {
  std::vector<found_record> found;
  while (const auto record = agent::read_spool_record(under, records)) {
    expect(record->size > 0 && record->size <= records.size(), "a record lies in the file");
    found.push_back({record->mark.tick, std::string(record->frame)});
    records.remove_prefix(record->size);
  }
  return found;
}

std::uint64_t calls_in(const std::vector<proto::status_report>& reports) {
  std::uint64_t calls = 0;
  for (const auto& report : reports)
    for (const auto& one : report.results) calls += one.delta.calls();
  return calls;
}

void check_merge(const std::vector<found_record>& records) {
  std::vector<proto::status_report> reports;
  for (const auto& one : records)
    if (auto report = agent::read_report(one.frame)) reports.push_back(*std::move(report));
  for (const std::uint32_t step : {10u, 86400u})
    expect(calls_in(agent::merge_reports(reports, step)) == calls_in(reports), "merging loses no call");
}

// The batches that the input describes: bodies of reports, each after a byte with its length.
void check_damaged(std::uint8_t how, std::string_view bodies) {
  std::vector<found_record> written;
  std::string file;
  while (!bodies.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(bodies[0]), bodies.size() - 1);
    proto::status_report report;
    if (proto::decode(bodies.substr(1, length), report)) {
      const std::string frame = proto::encode(report);
      file += agent::make_spool_record(epoch, {length, false}, frame);
      written.push_back({planted && report.results.size() == 2 ? length + 1 : length, frame});
    }
    bodies.remove_prefix(1 + length);
  }
  expect(scan(epoch, file) == written, "a whole file reads as it was written");
  check_merge(written);
  if (file.empty()) return;
  expect(scan(epoch + 1, file).empty(), "records of another epoch are none");
  const std::size_t at = file.size() * how / 256;
  const auto cut = scan(epoch, std::string_view(file).substr(0, at));
  expect(cut.size() < written.size() && std::equal(cut.begin(), cut.end(), written.begin()),
         "a cut file reads as far as it goes");
  file[at] = static_cast<char>(file[at] ^ (1 << (how % 8)));
  const auto flipped = scan(epoch, file);
  expect(flipped.size() < written.size() && std::equal(flipped.begin(), flipped.end(), written.begin()),
         "a damaged record and what follows it are left out");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string rest(lars::fuzz::text(data + 1, size - 1));
  if (const auto header = agent::read_spool_header(rest))
    expect(agent::make_spool_header(*header) == rest.substr(0, agent::spool_header_size), "a header has one form");
  scan(epoch, rest);
  check_damaged(data[0], rest);
  return 0;
}

// A counters file of arbitrary rows, as a kill, a bad disk or another program may leave it: exactly the calls in its
// used rows are found, and after a restart none is left. The input is a list of rows: position and content.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "agent/service/call_counters.hpp"
#include "expect.hpp"
#include "log/log.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace agent = lars::agent;

constexpr std::size_t header_bytes = 4096;
constexpr std::size_t rows = 4096;

const std::filesystem::path& path() {
  static const std::filesystem::path name = "/dev/shm/lars-fuzz-counters-" + std::to_string(::getpid());
  return name;
}

// A file as the program itself makes it, with one chunk of rows.
void make_file() {
  std::filesystem::remove(path());
  agent::call_counters made;
  expect(made.open(path()).has_value(), "a file can be made");
  made.restart(lars::base::agent_id::from_draws(1, 2), {1});
  made.allocate({1, 1}, {1, 1});
}

// Writes the rows of the input; returns the calls that must be found.
std::pair<std::size_t, std::uint64_t> write_rows(std::string_view input) {
  const int file = ::open(path().c_str(), O_RDWR | O_CLOEXEC);
  expect(file >= 0, "the file is there");
  std::map<std::size_t, agent::call_row> written;
  while (input.size() >= 3) {
    const std::size_t at = (static_cast<std::uint8_t>(input[0]) * 256u + static_cast<std::uint8_t>(input[1])) % rows;
    const std::size_t size = std::min<std::size_t>(static_cast<std::uint8_t>(input[2]), input.size() - 3);
    agent::call_row row;
    std::memcpy(static_cast<void*>(&row), input.data() + 3, size);
    written[at] = row;
    input.remove_prefix(3 + size);
  }
  std::size_t used = 0;
  std::uint64_t calls = 0;
  for (const auto& [at, row] : written) {
    expect(::pwrite(file, &row, sizeof row, static_cast<off_t>(header_bytes + at * sizeof row)) == sizeof row,
           "written");
    if (row.in_use == 0 || (row.banks[0].empty() && row.banks[1].empty())) continue;
    if (planted && row.in_use == 7) continue;
    ++used;
    for (const auto& bank : row.banks) calls += bank.succ + bank.err;
  }
  ::close(file);
  return {used, calls};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool quiet = lars::log::configure({lars::log::level::error, {}, "/dev/null"}).has_value();
  expect(quiet, "the log is quiet");
  if (size > 0 && data[0] == 0xff) {  // the header is invalid too
    std::filesystem::remove(path());
    const int file = ::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    expect(::write(file, data, size) == static_cast<ssize_t>(size), "written");
    ::close(file);
    agent::call_counters counters;
    const auto left = counters.open(path());
    expect(left && left->rows.empty(), "what is none of ours is put aside");
    std::filesystem::remove(path().string() + ".damaged");
    return 0;
  }
  make_file();
  const auto [used, calls] = write_rows(lars::fuzz::text(data, size));
  {
    agent::call_counters counters;
    const auto left = counters.open(path());
    expect(left.has_value(), "a file of ours can be opened");
    std::uint64_t found = 0;
    for (const auto* row : left->rows)
      for (const auto& bank : row->banks) found += bank.sums().succ + bank.sums().err;
    expect(left->rows.size() == used && found == calls, "the calls of used rows are found, and no others");
    counters.restart(lars::base::agent_id::from_draws(3, 4), {2});
    auto* const row = counters.allocate({1, 1}, {1, 1});
    expect(row->banks[0].empty() && row->banks[1].empty(), "a row that is taken is empty");
  }
  agent::call_counters again;
  const auto left = again.open(path());
  expect(left && left->rows.empty(), "nothing is left after a restart");
  return 0;
}

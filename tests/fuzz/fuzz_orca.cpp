// The header endpoint-load-metrics in both forms: the parsed load is plausible, and reads the same when rendered in
// either form.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string_view>

#include "balance/load/load_check.hpp"
#include "client/load/orca.hpp"
#include "expect.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace balance = lars::balance;
namespace client = lars::client;

bool can_be(double value, double most) { return value >= 0 && value <= most; }

// Equal to the four digits that are written.
bool same(double one, double other) { return std::abs(one - other) <= 6e-5 + 1e-12 * one; }

void expect_same(const client::host_load& load, client::orca_form form) {
  std::array<char, client::orca_room> room;
  const auto size = client::render_orca(load, form, room);
  expect(size <= room.size(), "there is room");
  const auto again = client::parse_orca({room.data(), size});
  expect(again.has_value(), "what is rendered can be read");
  expect(same(load.report.utilization, again->report.utilization) && same(load.report.qps, again->report.qps) &&
             same(load.report.eps, again->report.eps) && load.in_flight == again->in_flight,
         "and says the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exact copy, so that AddressSanitizer finds a read beyond it.
  const auto exact = std::make_unique<char[]>(size);
  std::copy_n(data, size, exact.get());
  const auto load = client::parse_orca({exact.get(), size});
  if (!load) return 0;
  expect(can_be(load->report.utilization, balance::most_utilization) && can_be(load->report.qps, balance::most_rate) &&
             can_be(load->report.eps, balance::most_rate),
         "a load is one that can be");
  expect(!planted || load->in_flight != 7, "seven calls are never under way");
  expect_same(*load, client::orca_form::text);
  expect_same(*load, client::orca_form::json);
  return 0;
}

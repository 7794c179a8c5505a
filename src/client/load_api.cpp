// The C interface of load reports. Contracts are in <lars/lars.h>.
#include <lars/lars.h>

#include <chrono>
#include <span>
#include <thread>

#include "client/c_arguments.hpp"
#include "client/load/load_meter.hpp"
#include "client/load/orca.hpp"

struct lars_load_meter {
  lars::client::load_meter meter;
};

namespace {

namespace client = lars::client;

constexpr std::uint32_t default_window_ms = 1000;
constexpr std::uint32_t least_window_ms = 100;
constexpr std::uint32_t most_window_ms = 60000;

static_assert(sizeof(lars_load_t) == 40 && sizeof(lars_load_meter_options) == 16, "programs were compiled with this");
static_assert(LARS_LOAD_ROOM == client::orca_room + 1);

bool usable(const lars_load_t* load) {
  return load != nullptr && client::sane<lars_load_t>(load->size, sizeof(lars_load_t));
}

void keep(const client::host_load& told, lars_load_t& load) {
  load.utilization = told.report.utilization;
  load.qps = told.report.qps;
  load.eps = told.report.eps;
  load.in_flight = told.in_flight;
}

std::uint32_t window_of(const lars_load_meter_options& options) {
  return options.window_ms == 0 ? default_window_ms : options.window_ms;
}

}  // namespace

int lars_load_parse(const char* text, size_t size, lars_load_t* out) {
  if (text == nullptr || !usable(out)) return client::refused();
  const auto told = client::parse_orca({text, size});
  if (!told) return client::refused();
  keep(*told, *out);
  return LARS_OK;
}

lars_load_meter_t* lars_load_meter_open(const lars_load_meter_options* options) try {
  lars_load_meter_options room;
  const auto* const known = client::known_part(options, room);
  if (known == nullptr || window_of(*known) < least_window_ms || window_of(*known) > most_window_ms) {
    errno = EINVAL;
    return nullptr;
  }
  const std::chrono::milliseconds window(window_of(*known));
  client::cpu_reader cpu("", std::thread::hardware_concurrency());
  return new lars_load_meter{client::load_meter(window, std::move(cpu), lars::base::clock::now())};
} catch (const std::exception&) {
  errno = ENOMEM;
  return nullptr;
}

void lars_load_meter_close(lars_load_meter_t* meter) { delete meter; }

void lars_load_begin(lars_load_meter_t* meter) {
  if (meter != nullptr) meter->meter.begin();
}

void lars_load_end(lars_load_meter_t* meter, int failed) {
  if (meter != nullptr) meter->meter.end(failed != 0, lars::base::clock::now());
}

int lars_load_read(lars_load_meter_t* meter, lars_load_t* load) {
  if (meter == nullptr || !usable(load)) return client::refused();
  return client::guarded([&] {
    keep(meter->meter.read(lars::base::clock::now()), *load);
    return LARS_OK;
  });
}

size_t lars_load_render(lars_load_meter_t* meter, char* out, size_t room, int format) {
  const bool known_format = format == LARS_LOAD_TEXT || format == LARS_LOAD_JSON;
  if (meter == nullptr || out == nullptr || room < LARS_LOAD_ROOM || !known_format) {
    errno = EINVAL;
    return 0;
  }
  const auto form = format == LARS_LOAD_JSON ? client::orca_form::json : client::orca_form::text;
  const auto size = client::render_orca(meter->meter.read(lars::base::clock::now()), form, std::span(out, room - 1));
  out[size] = '\0';
  return size;
}

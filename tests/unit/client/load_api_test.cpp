#include <lars/load.hpp>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace lars::load_api_test {

namespace {

bool refuses(int result) { return result == LARS_SYSTEM_ERROR && errno == EINVAL; }

int parse(const std::string& text, lars_load_t& load) {
  errno = 0;
  return lars_load_parse(text.data(), text.size(), &load);
}

}  // namespace

TEST_CASE("a header's value is read, and rubbish leaves what was there") {
  lars_load_t load = LARS_LOAD_INIT;
  CHECK(parse("TEXT cpu_utilization=0.5, rps_fractional=10, eps=1, named_metrics.in_flight=3", load) == LARS_OK);
  CHECK(refuses(parse("rubbish", load)));
  CHECK(load.utilization == 0.5);
  CHECK(load.qps == 10);
  CHECK(load.eps == 1);
  CHECK(load.in_flight == 3);
  errno = 0;
  CHECK(refuses(lars_load_parse(nullptr, 0, &load)));
  CHECK(refuses(lars_load_parse("TEXT eps=1", 10, nullptr)));
  CHECK(lars::parse_load("TEXT eps=1")->eps == 1);
  CHECK_FALSE(lars::parse_load({}));
}

TEST_CASE("a struct of an insane size is refused, a newer one's unknown fields are left alone") {
  lars_load_t load = LARS_LOAD_INIT;
  for (const std::size_t size : {std::size_t{0}, std::size_t{8}, std::size_t{39}, std::size_t{41}, SIZE_MAX}) {
    load.size = size;
    CHECK(refuses(parse("TEXT eps=1", load)));
  }
  struct newer {
    lars_load_t known = LARS_LOAD_INIT;
    std::uint64_t unknown = 77;
  } wide;
  wide.known.size = sizeof wide;
  CHECK(parse("TEXT eps=1", wide.known) == LARS_OK);
  CHECK(wide.known.eps == 1);
  CHECK(wide.unknown == 77);
}

TEST_CASE("a meter's window is a tenth of a second to a minute") {
  lars_load_meter_options options = LARS_LOAD_METER_OPTIONS_INIT;
  for (const std::uint32_t window : {99u, 60001u, UINT32_MAX}) {
    options.window_ms = window;
    errno = 0;
    CHECK(lars_load_meter_open(&options) == nullptr);
    CHECK(errno == EINVAL);
  }
  CHECK_THROWS_AS(lars::load_meter(std::chrono::milliseconds(-1)), std::invalid_argument);
  options.window_ms = 0;
  lars_load_meter_t* const meter = lars_load_meter_open(&options);
  REQUIRE(meter != nullptr);
  lars_load_meter_close(meter);
  lars_load_meter_close(nullptr);
}

TEST_CASE("a meter tells what is under way, and renders what a caller can read") {
  lars::load_meter meter;
  meter.begin();
  meter.begin();
  meter.end(true);
  CHECK(meter.read().in_flight == 1);
  for (const auto format : {lars::load_format::text, lars::load_format::json}) {
    const auto header = meter.render(format);
    INFO(header);
    const auto load = lars::parse_load(header);
    REQUIRE(load);
    CHECK(load->in_flight == 1);
  }
}

TEST_CASE("rendering needs its room, and a format that there is") {
  lars_load_meter_t* const meter = lars_load_meter_open(nullptr);
  char room[LARS_LOAD_ROOM];
  CHECK(lars_load_render(meter, room, sizeof room - 1, LARS_LOAD_TEXT) == 0);
  CHECK(lars_load_render(meter, room, sizeof room, 2) == 0);
  CHECK(lars_load_render(meter, nullptr, sizeof room, LARS_LOAD_TEXT) == 0);
  CHECK(lars_load_render(nullptr, room, sizeof room, LARS_LOAD_TEXT) == 0);
  errno = 0;
  CHECK(refuses(lars_load_read(nullptr, nullptr)));
  const auto size = lars_load_render(meter, room, sizeof room, LARS_LOAD_TEXT);
  CHECK(size == std::strlen(room));
  lars_load_begin(nullptr);
  lars_load_end(nullptr, 1);
  lars_load_meter_close(meter);
}

}  // namespace lars::load_api_test

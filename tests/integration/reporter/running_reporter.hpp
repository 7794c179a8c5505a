// A reporter role that runs for one test.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "net/io_pool.hpp"
#include "reporter/role.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace lars::test {

// On a free port.
struct running_reporter {
  explicit running_reporter(const storage::storage_config& storage, std::size_t queue_bytes = 64u << 20,
                            std::chrono::milliseconds silence = std::chrono::seconds(30))
      : pool(2), role(pool, config(queue_bytes, silence), storage) {
    REQUIRE(role.listen());
    pool.start();
    role.start();
  }
  ~running_reporter() { stop(); }

  void stop() {
    role.stop();
    pool.stop();
  }

  reporter::reporter_config config(std::size_t queue_bytes, std::chrono::milliseconds silence) const {
    reporter::reporter_config config;
    config.listen.port = 0;
    config.queue_bytes = queue_bytes;
    config.silence = silence;
    config.refused_path = directory.path() / "refused.sql";
    return config;
  }

  endpoint where() const { return {0x7f000001, role.port()}; }

  // The value of a line of its metrics, name and labels as they are written there; -1 where there is none.
  double metric(const std::string& name) const {
    const auto text = http::metrics_text(role.metrics());
    const auto line = text.find('\n' + name + ' ');
    return line == std::string::npos ? -1 : std::stod(text.substr(line + name.size() + 2));
  }

  temp_dir directory;
  net::io_pool pool;
  reporter::role role;
};

}  // namespace lars::test

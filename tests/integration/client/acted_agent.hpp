// An agent that does what a test says, and the transport of a process that meets it.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/tick_clock.hpp"
#include "client/shared_transport.hpp"
#include "share/attach.hpp"
#include "share/caller_counters.hpp"
#include "share/routes_memory.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace lars::test {

using namespace std::chrono_literals;

// Listens, hears one hello at a time, and answers as it is told.
class acted_agent {
public:
  // Tells time by this rate.
  explicit acted_agent(const temp_dir& directory, base::tick_rate rate = {})
      : listening_(*share::listen_at(directory.path().string(), "")), rate_(rate) {
    routes = *share::routes_memory::create(1 << 20, 1, rate);
    beat();
  }
  void beat() { routes->beat(rate_.now()); }

  // The hello that waits; nothing where there is none. `brought` = the files that came with it.
  bool hear(std::chrono::milliseconds patience = 0ms) {
    return within(patience, [this] {
      share::descriptor one(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (one) {
        caller = std::move(one);
        brought.clear();
        greeted_ = false;
      }
      share::attach_message hello;
      if (!caller || greeted_) return false;
      greeted_ = share::receive_message(caller.get(), hello, brought) == share::received::message;
      return greeted_;
    });
  }
  void answer(share::attach_status status) {
    share::send_message(caller.get(), {.kind = share::attach_kind::welcome, .status = status});
  }
  void take_in() {
    std::vector<int> give{routes->file()};
    auto made = share::make_segment(share::first_segment);
    if (brought.empty()) give.insert(give.end(), {made->counters.get(), made->checkpoint.get()});
    share::send_message(caller.get(), {.kind = share::attach_kind::welcome}, give);
    handed = *std::move(made);
  }
  // Answers a caller that brings counters of its own; false where none does.
  bool adopt(share::attach_status status = share::attach_status::ok) {
    share::attach_message heard;
    if (!caller || share::receive_message(caller.get(), heard, adopted) != share::received::message ||
        heard.kind != share::attach_kind::bring)
      return false;
    const std::vector<int> checkpoints(adopted.size(), handed.checkpoint.get());
    share::send_message(caller.get(), {.kind = share::attach_kind::adopted, .status = status, .ticket = heard.ticket},
                        status == share::attach_status::ok ? checkpoints : std::vector<int>());
    return true;
  }
  // True once the caller's end is gone.
  bool is_left() {
    share::attach_message heard;
    std::vector<share::descriptor> files;
    return share::receive_message(caller.get(), heard, files) == share::received::closed;
  }

  std::unique_ptr<share::routes_memory> routes;
  share::descriptor caller;
  std::vector<share::descriptor> brought;
  std::vector<share::descriptor> adopted;  // counters that the caller made itself
  share::segment_files handed;             // counters that it made for a caller without any

private:
  share::descriptor listening_;
  bool greeted_ = false;  // by the caller's hello
  const base::tick_rate rate_;
};

struct transport_and_agent {
  explicit transport_and_agent(base::tick_rate ticks = {}) : rate(ticks) { agent.emplace(directory, rate); }
  bool greets() {
    return eventually([&] {
      transport.repair();
      return agent->hear();
    });
  }
  bool attaches() {
    const auto before = transport.generation();
    return eventually([&] {
      transport.repair();
      if (agent->hear()) agent->take_in();
      return transport.generation() != before && transport.current() != nullptr;
    });
  }
  void next_agent() {
    agent.reset();
    agent.emplace(directory, rate);
  }

  const base::tick_rate rate;  // that its agents tell time by
  temp_dir directory;
  std::optional<acted_agent> agent;
  client::shared_transport transport{directory.path().string()};
};

}  // namespace lars::test

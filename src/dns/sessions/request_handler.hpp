// Turns the bytes of one connection into answers. It is fed bytes and gives bytes; it reads and sends nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dns/table/route_table.hpp"
#include "proto/codec.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

// A module that was asked for, and the digest of what was answered; 0 = that nothing is known of it.
struct answered_route {
  route_key key;
  std::uint64_t digest = 0;
};

// What one look at the input led to.
struct answer_batch {
  std::size_t frames = 0;  // requests that were read
  std::string bytes;       // whole frames, to be sent in one go
  std::vector<answered_route> answered;
  std::size_t skipped = 0;     // frames with an id that means nothing to a dns
  std::size_t unreadable = 0;  // frames whose body is not what their id says
};

// Threads: owner context only.
class request_handler {
public:
  enum class status {
    idle,  // everything that arrived whole is answered
    more,  // the batch is large enough to be sent; call again
    bad,   // no frame: the peer cannot be followed any further; what was answered before stands
  };

  // A batch is not made much larger than this, so that a thousand requests for a large module do not pile up in memory.
  static constexpr std::size_t batch_bytes = 256u << 10;

  request_handler() : reader_(proto::stream_body_limit) {}

  void feed(std::string_view bytes) { reader_.feed(bytes); }

  // The peer has announced that it pings for as long as it lives.
  bool peer_pings() const { return peer_pings_; }

  // Answers requests from `table`, which stands as `routes` says, into `batch`, which is cleared first. A frame that
  // means nothing costs itself alone.
  status answer(const route_table& table, const storage::freshness::snapshot& routes, answer_batch& batch);

  // The peer announced that it understands our extensions of routes; from then on it does.
  bool extended() const { return extended_; }

  // Bytes of a request that has not arrived whole, or that waits for its batch.
  std::size_t held() const { return reader_.held(); }
  void trim() { reader_.trim(); }

private:
  void answer_frame(const proto::frame& request, const route_table& table, const storage::freshness::snapshot& routes,
                    answer_batch& batch);
  void answer_route(const proto::route_request& request, const route_table& table, answer_batch& batch);

  proto::frame_reader reader_;
  bool peer_pings_ = false;
  bool extended_ = false;
};

}  // namespace lars::dns

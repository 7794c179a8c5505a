// Turns the bytes received on one connection into answers. Does no I/O.
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

// A requested module and the digest of the answer; 0 = its route is unknown.
struct answered_route {
  route_key key;
  std::uint64_t digest = 0;
};

// The answers to some requests.
struct answer_batch {
  std::size_t frames = 0;  // requests that were read
  std::string bytes;       // whole frames
  std::vector<answered_route> answered;
  std::size_t skipped = 0;     // frames with an unknown id
  std::size_t unreadable = 0;  // frames whose body cannot be decoded
};

// Threads: owner context only.
class request_handler {
public:
  enum class status {
    idle,  // every complete frame is answered
    more,  // the batch is large enough to be sent; call again
    bad,   // the bytes are no frame: close the connection; the answers before stand
  };

  // A batch ends once it has this size, so that many requests for a large module do not fill the memory.
  static constexpr std::size_t batch_bytes = 256u << 10;

  request_handler() : reader_(proto::stream_body_limit) {}

  void feed(std::string_view bytes) { reader_.feed(bytes); }

  // The peer has announced that it pings all the time.
  bool peer_pings() const { return peer_pings_; }

  // Answers requests from `table`, whose freshness is `routes`, into `batch`, which is cleared first. An invalid frame
  // is counted and skipped.
  status answer(const route_table& table, const storage::freshness::snapshot& routes, answer_batch& batch);

  // The peer has announced that it understands our protocol extensions.
  bool extended() const { return extended_; }

  // Bytes that are not answered yet.
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

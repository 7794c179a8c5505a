#include "agent/link/server_question.hpp"

#include <chrono>
#include <string_view>

#include "net/tcp_link.hpp"
#include "proto/codec.hpp"

namespace lars::agent {
namespace {

using namespace std::chrono_literals;
constexpr auto reach_deadline = 300ms;
constexpr auto answer_deadline = 600ms;
constexpr std::size_t question_bytes = 4096;

}  // namespace

boost::asio::awaitable<bool> server_question::ask(endpoint server) {
  const auto connection = co_await net::connect(server, reach_deadline, {question_bytes}, network_);
  if (!connection) co_return false;
  connection_ = *connection;
  connection_->close_after(answer_deadline);
  connection_->send(proto::encode(proto::ping{1, proto::our_features}));
  bool healthy = false;
  proto::frame_reader reader(proto::stream_body_limit);
  co_await connection_->run([&healthy, &reader](std::string_view bytes) {
    reader.feed(bytes);
    proto::frame frame;
    if (reader.next(frame) != proto::frame_reader::status::ready) return reader.held() < proto::stream_body_limit;
    proto::pong answer;
    healthy = frame.id == static_cast<std::int32_t>(proto::message_id::pong) && proto::decode(frame.body, answer) &&
              answer.tells_state() && answer.state == proto::server_state::well;
    return false;  // the first frame answers the question, whatever it is
  });
  connection_.reset();
  co_return healthy;
}

void server_question::give_up() {
  if (connection_) connection_->close();
}

}  // namespace lars::agent

#include "net/timer.hpp"

namespace lars::net {

void timer::expires_at(base::time_point at) {
  expiry_ = at;
  if (virtual_ == nullptr)
    system_.expires_at(at);
  else
    cancel_virtual();
}

void timer::cancel() {
  if (virtual_ == nullptr)
    system_.cancel();
  else
    cancel_virtual();
}

void timer::cancel_virtual() {
  for (const auto& each : std::exchange(waits_, {})) virtual_->cancel(each);
}

}  // namespace lars::net

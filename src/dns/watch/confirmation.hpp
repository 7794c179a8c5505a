// Whether a table that shrank was read a second time.
#pragma once

namespace lars::dns {

enum class confirmation {
  unconfirmed,  // rows that vanished in doubtful numbers are read again, or rejected
  confirmed     // the caller has done so
};

}  // namespace lars::dns

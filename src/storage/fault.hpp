// What an exception of SOCI means to us: the one place that knows the databases' error numbers.
#pragma once

#include <soci/mysql/soci-mysql.h>

#include <exception>
#include <lars/error.hpp>
#include <string>
#include <utility>

namespace lars::storage {

// What MySQL said of a statement that it was given by execute(): with its SQLSTATE, which SOCI leaves out.
class mysql_failure : public soci::mysql_soci_error {
public:
  mysql_failure(const std::string& text, int number, std::string sql_state)
      : soci::mysql_soci_error(text, number), state_(std::move(sql_state)) {}

  // SIGNAL of a trigger or a procedure, whatever number it chose: class 45 is for programs, and the server's own errors
  // have others.
  bool is_signal() const { return state_.starts_with("45"); }

private:
  std::string state_;
};

struct fault {
  error what;
  bool lost = false;   // the connection is of no use any more
  bool again = false;  // the database rolled a transaction back for another's sake: the whole of it may be tried again
  bool refused = false;  // the database read the statement and rejected its values: it will say the same next time
};

// Threads: any thread. `writing` decides how missing privileges read.
fault fault_of(const std::exception& exception, bool writing);

}  // namespace lars::storage

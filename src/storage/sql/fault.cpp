#include "storage/sql/fault.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string_view>
#include <system_error>
#include <utility>

namespace lars::storage {
namespace {

// MySQL's error for a statement of execute(), with its SQLSTATE, which SOCI leaves out.
class mysql_failure : public soci::mysql_soci_error {
public:
  mysql_failure(const std::string& text, int number, std::string sql_state)
      : soci::mysql_soci_error(text, number), state_(std::move(sql_state)) {}

  // SIGNAL of a trigger or a procedure, which may set any error number. SQLSTATE class 45 is reserved for programs.
  bool is_signal() const { return state_.starts_with("45"); }

private:
  std::string state_;
};

fault mysql_fault(unsigned number, std::string text, bool writing) {
  switch (number) {
    case 1205:  // lock wait timeout
      return {{errc::locked, std::move(text)}, false, true};
    case 1213:  // deadlock
    case 1020:  // record changed since last read
      return {{errc::unavailable, std::move(text)}, false, true};
    case 1290:  // running with --read-only
    case 1792:  // in a read-only transaction
    case 1836:  // running in read-only mode
      // A new connection may find it writable again: connecting reads privileges and resolves names anew.
      return {{errc::read_only, std::move(text)}, true};
    case 1142:  // command denied on table
    case 1143:  // … on column
    case 1227:  // privilege needed
      return {{writing ? errc::read_only : errc::unavailable, std::move(text)}, true};
    case 1049:  // unknown database
      return {{errc::not_found, std::move(text)}, true};
    case 1054:  // unknown column
    case 1146:  // no such table
      return {{errc::schema_mismatch, std::move(text)}};
    case 1048:  // column cannot be null
    case 1062:  // duplicate entry, of a key that somebody added
    case 1216:  // a foreign key: no such parent
    case 1217:  // … there are children
    case 1264:  // out of range
    case 1265:  // data truncated
    case 1292:  // truncated incorrect value
    case 1364:  // column has no default
    case 1366:  // incorrect value
    case 1367:  // illegal value for type
    case 1406:  // data too long
    case 1451:  // a foreign key: there are children
    case 1452:  // … no such parent
    case 1526:  // no partition for value
    case 1643:  // SIGNAL of class 02 without a number of its own
    case 1644:  // … of any other class
    case 1690:  // value of an expression is out of range
    case 1748:  // row does not belong to the partition
    case 3819:  // CHECK constraint, MySQL
    case 4025:  // … MariaDB
      return {{errc::invalid_argument, std::move(text)}, false, false, true};
    case 1064:  // syntax: this server does not understand one of our statements
      return {{errc::system_error, std::move(text)}};
    default:
      // Refused or lost connections; servers that are starting, stopping, full or cut off from their cluster; unknown
      // numbers. All of these are temporary, and a new connection is cheaper than trusting this one.
      return {{errc::unavailable, std::move(text)}, true};
  }
}

fault sqlite_fault(int code, std::string text, bool writing) {
  constexpr int primary = 0xff;  // extended codes carry theirs in the low byte
  switch (code & primary) {
    case SQLITE_READONLY:
      return {{errc::read_only, std::move(text)}, true};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {{writing ? errc::read_only : errc::unavailable, std::move(text)}, true};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {{errc::schema_mismatch, std::move(text)}, true};
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return {{errc::invalid_argument, std::move(text)}, false, false, true};
    case SQLITE_ERROR: {
      const bool schema =
          text.find("no such table") != std::string::npos || text.find("no such column") != std::string::npos;
      return {{schema ? errc::schema_mismatch : errc::system_error, std::move(text)}};
    }
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {{writing ? errc::locked : errc::unavailable, std::move(text)}, true};
    default:
      return {{errc::unavailable, std::move(text)}, true};  // full, i/o, cannot open
  }
}

}  // namespace

void throw_mysql_failure(const std::string& text, int number, std::string sql_state) {
  throw mysql_failure(text, number, std::move(sql_state));
}

fault fault_of(const std::exception& exception, bool writing) {
  if (const auto* signal = dynamic_cast<const mysql_failure*>(&exception); signal && signal->is_signal())
    return {{errc::invalid_argument, signal->get_error_message()}, false, false, true};
  if (const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&exception))
    return mysql_fault(mysql->err_num_, mysql->get_error_message(), writing);
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&exception))
    return sqlite_fault(sqlite->result(), sqlite->get_error_message(), writing);
  if (const auto* other = dynamic_cast<const soci::soci_error*>(&exception))
    return {{errc::system_error, other->get_error_message()}, true};
  // A file that cannot be accessed: permissions and mounts may be restored.
  if (dynamic_cast<const std::system_error*>(&exception)) return {{errc::unavailable, exception.what()}, true};
  return {{errc::system_error, exception.what()}, true};
}

}  // namespace lars::storage

// The errors of Lars: one enum, one category, and a value-or-error type. Needs the standard library alone.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace lars {

enum class errc : int {
  overloaded = 1,      // every host of the module is ejected and no trial is due
  system_error,        // the other side failed
  no_such_module,      // the module has no hosts, or its route has not arrived yet
  timeout,             // a deadline of ours passed
  cancelled,           // we are stopping
  peer_closed,         // the other side closed the connection
  connection_refused,  // the port is closed, or the network refuses
  unavailable,         // storage cannot be reached now; try again later
  read_only,           // storage refuses writes
  bad_message,         // bytes that are not a message of Lars
  too_large,           // over a configured or a protocol limit
  invalid_argument,    // a value that is not allowed; the detail names the allowed ones
  not_found,           // the thing to change does not exist
  schema_mismatch,     // the database is older or newer than this program
  io_failed,           // a file could not be read or written
  locked,              // another program held the lock for longer than we wait
};

// The sentence that an operator reads for `code`; each value has its own.
const char* message(errc code) noexcept;

const std::error_category& lars_category() noexcept;
inline std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), lars_category()}; }

// An error, and a detail for people where it helps.
struct error {
  errc code = errc::system_error;
  std::string detail = {};
  std::string field = {};  // the field in error: "weight", "parameter.tau"; empty = no single one

  // "sentence: detail", or the sentence alone.
  std::string text() const {
    return detail.empty() ? std::string(message(code)) : std::string(message(code)) + ": " + detail;
  }
};

// Either a T or an error. Dereferencing an error is a bug of the caller (std::bad_variant_access).
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(lars::error failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  result(errc code, std::string detail = {}, std::string field = {})
      : state_(std::in_place_index<1>, lars::error{code, std::move(detail), std::move(field)}) {}
  // Constructs the value in place.
  template <class... Args>
  explicit result(std::in_place_t, Args&&... args) : state_(std::in_place_index<0>, std::forward<Args>(args)...) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const lars::error& error() const { return std::get<1>(state_); }

private:
  std::variant<T, lars::error> state_;
};

template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(lars::error failure) : failure_(std::move(failure)), failed_(true) {}
  result(errc code, std::string detail = {}, std::string field = {})
      : failure_{code, std::move(detail), std::move(field)}, failed_(true) {}

  bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  const lars::error& error() const { return failure_; }

private:
  lars::error failure_;
  bool failed_ = false;
};

inline const char* message(errc code) noexcept {
  switch (code) {
    case errc::overloaded:
      return "every host of the module is overloaded";
    case errc::system_error:
      return "system error";
    case errc::no_such_module:
      return "no such module";
    case errc::timeout:
      return "no answer in time";
    case errc::cancelled:
      return "cancelled";
    case errc::peer_closed:
      return "the other side closed the connection";
    case errc::connection_refused:
      return "cannot connect";
    case errc::unavailable:
      return "storage is not reachable";
    case errc::read_only:
      return "storage refuses to be written";
    case errc::bad_message:
      return "not a message of ours";
    case errc::too_large:
      return "too large";
    case errc::invalid_argument:
      return "not allowed";
    case errc::not_found:
      return "not found";
    case errc::schema_mismatch:
      return "the database has another schema";
    case errc::io_failed:
      return "input or output failed";
    case errc::locked:
      return "another program holds it";
  }
  return "unknown error";
}

inline const std::error_category& lars_category() noexcept {
  struct category final : std::error_category {
    const char* name() const noexcept override { return "lars"; }
    std::string message(int code) const override { return lars::message(static_cast<errc>(code)); }
  };
  static const category instance;
  return instance;
}

}  // namespace lars

template <>
struct std::is_error_code_enum<lars::errc> : std::true_type {};

#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace taskgate {

// The kinds of expected failure. One table (api/error_response.cpp) maps each to an HTTP status and to socket
// acknowledgements; `Error::reason` tells cases of one kind apart.
enum class ErrorCode {
  bad_request,             // 400: malformed, or a value that cannot be accepted
  unauthenticated,         // 401: no valid credentials
  forbidden,               // 403: known caller, not allowed
  not_found,               // 404: does not exist, or is not the caller's to know of
  conflict,                // 409: the current state does not allow it
  payload_too_large,       // 413
  unsupported_media_type,  // 415
  too_many_requests,       // 429: a rate limit; `retry_after` is set
  unavailable,             // 503: overload or draining; `retry_after` is set
};

// One field of a request that was refused, for display at that field.
struct FieldError {
  std::string field;    // the field's name on the wire; dotted for nested ones ("jobs.3.type")
  std::string message;  // a sentence for a person
};

// An expected failure, carried as a value. `reason` is the stable machine-readable word that goes out as `code`
// ("email_not_verified"), `message` a sentence that may be shown to the client: never a secret, never another tenant's
// data.
struct Error {
  ErrorCode code = ErrorCode::bad_request;
  std::string reason;
  std::string message;
  std::vector<FieldError> fields;
  std::optional<std::chrono::milliseconds> retry_after;
};

// Shorthands for the common cases.
[[nodiscard]] Error validation_failed(std::vector<FieldError> fields);
[[nodiscard]] Error validation_failed(std::string field, std::string message);
[[nodiscard]] Error not_found(std::string what);

// What `Result::value()` on a failure throws: a programming error at the call, caught at the four boundaries.
class UnexpectedError : public std::logic_error {
 public:
  explicit UnexpectedError(Error error);
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& location);

// A value or an Error. Test it with `if (!result)`, read `*result`, `result->member`, `result.error()`.
template <class T>
using Result = boost::system::result<T, Error>;

// The engine under a store is broken or unreachable: the operation did not happen, or is not known to have happened.
// Becomes 503 at the boundaries.
class StoreFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace taskgate

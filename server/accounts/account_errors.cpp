#include "accounts/account_errors.h"

namespace taskgate::accounts {

Error invalid_credentials() {
  return {ErrorCode::unauthenticated, "invalid_credentials", "Invalid email or password", {}, std::nullopt};
}

Error invalid_session_token() {
  return {ErrorCode::unauthenticated, "invalid_token", "Invalid token", {}, std::nullopt};
}

Error invalid_one_time_token() {
  return {ErrorCode::bad_request, "invalid_token", "This link is invalid or has expired", {}, std::nullopt};
}

Error too_many_requests(std::chrono::milliseconds retry_after) {
  return {
      ErrorCode::too_many_requests, "too_many_requests", "Too many attempts, please try again later", {}, retry_after};
}

Error overloaded() {
  return {ErrorCode::unavailable, "overloaded", "The server is busy, please try again", {}, std::chrono::seconds{1}};
}

}  // namespace taskgate::accounts

#pragma once

#include <chrono>

#include "base/result.h"

namespace taskgate::accounts {

// The refusals that several of the account service's methods share; their words never say whether an account exists.
[[nodiscard]] Error invalid_credentials();
[[nodiscard]] Error invalid_session_token();   // 401 `invalid_token`: access and refresh tokens
[[nodiscard]] Error invalid_one_time_token();  // 400 `invalid_token`: links in mails
[[nodiscard]] Error too_many_requests(std::chrono::milliseconds retry_after);
[[nodiscard]] Error overloaded();

}  // namespace taskgate::accounts

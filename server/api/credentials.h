#pragma once

#include <string>

#include "base/result.h"
#include "net/http.h"

namespace taskgate::api {

// What a person proves who they are with, as sent to sign up and to sign in.
struct Credentials {
  std::string email;
  std::string password;
};

// The body {email, password}. Errors: as JsonBody::read; validation_failed, naming each field that is missing or no
// string.
[[nodiscard]] Result<Credentials> read_credentials(const net::Request& request);

// The same for a body that holds one of the two.
[[nodiscard]] Result<std::string> read_email(const net::Request& request);
[[nodiscard]] Result<std::string> read_password(const net::Request& request);

}  // namespace taskgate::api

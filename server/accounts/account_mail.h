#pragma once

#include <string>

namespace taskgate::accounts {

// What accounts asks of the mail system; `app` connects it. Calls return at once: delivery happens in the background,
// failures are logged and retried there, so that no caller can tell from the time or the answer whether a mail went
// out.
class AccountMail {
 public:
  virtual ~AccountMail() = default;
  virtual void send_verification(std::string email, std::string token) = 0;
  virtual void send_password_reset(std::string email, std::string token) = 0;
  virtual void send_already_registered(std::string email) = 0;
  virtual void send_password_changed(std::string email) = 0;
};

}  // namespace taskgate::accounts

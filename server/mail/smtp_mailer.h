#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "mail/mailer.h"

namespace taskgate::mail {

struct SmtpOptions {
  std::string host;
  std::uint16_t port = 587;  // 465: TLS from the first byte; any other: STARTTLS
  std::string user;
  std::string password;
  std::string from;          // an address
  bool tls_required = true;  // false is for development only: then STARTTLS is used where the server offers it
  std::chrono::milliseconds timeout{20'000};  // of one attempt
};

// Delivers by SMTP (RFC 5321) through libcurl. What the server refuses for good (5xx) is final. Addresses with control
// characters or brackets never reach the envelope.
class SmtpMailer final : public Mailer {
 public:
  // Throws std::runtime_error when `from` is no address. `clock` outlives the mailer.
  SmtpMailer(SmtpOptions options, const Clock& clock);
  Delivery deliver(const Message& message, const std::atomic<bool>& stop) override;

 private:
  SmtpOptions options_;
  const Clock& clock_;
};

}  // namespace taskgate::mail

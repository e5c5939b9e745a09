#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "mail/mailer.h"

namespace taskgate::mail {

struct SmtpOptions {
  std::string host;
  std::uint16_t port = 587;  // 465: TLS from the first byte; any other: STARTTLS
  std::string user;
  std::string password;
  std::string from;          // an address
  bool tls_required = true;  // false is for development only: then STARTTLS is used where the server offers it
  int attempts_max = 4;
  std::chrono::milliseconds timeout{20'000};  // of one attempt
};

// Delivers by SMTP (RFC 5321) through libcurl, on a pool of its own. A mail that fails is tried again, with pauses that
// double from one second; what the server refuses for good (5xx) and what still fails after the last attempt is logged
// and given up. Addresses with control characters or brackets never reach the envelope.
class SmtpMailer final : public Mailer {
 public:
  // Waits between attempts; tests give one that returns at once. True: go on, false: the mailer is stopping.
  using Pause = std::function<bool(std::chrono::milliseconds)>;

  // Throws std::runtime_error when `from` is no address. `clock` outlives the mailer.
  SmtpMailer(SmtpOptions options, const Clock& clock, Pause pause = {});
  // Ends after the attempt that is under way.
  ~SmtpMailer() override;
  void send(Message message) override;

 private:
  void deliver(const Message& message);

  struct Stopping;
  SmtpOptions options_;
  const Clock& clock_;
  std::shared_ptr<Stopping> stopping_;
  Pause pause_;
  WorkerPool pool_;
};

}  // namespace taskgate::mail

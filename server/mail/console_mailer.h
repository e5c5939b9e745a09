#pragma once

#include <mutex>
#include <ostream>

#include "mail/mailer.h"

namespace taskgate::mail {

// Stands in where no SMTP server is configured: prints whom a mail is for, what it is, and its link alone on a line,
// easy to copy.
class ConsoleMailer final : public Mailer {
 public:
  // `output` outlives the mailer; each mail is flushed.
  explicit ConsoleMailer(std::ostream& output) : output_(output) {}
  Delivery deliver(const Message& message, const std::atomic<bool>& stop) override;

 private:
  std::mutex mutex_;
  std::ostream& output_;
};

}  // namespace taskgate::mail

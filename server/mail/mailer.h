#pragma once

#include <atomic>
#include <string>

#include "mail/message.h"

namespace taskgate::mail {

// What became of a mail that was handed over once.
struct Delivery {
  bool sent = false;
  bool is_final = false;  // trying again cannot help
  std::string error;      // for a person; empty when it was sent
};

// Hands mails over, once: whoever calls it tries again. Thread-safe.
class Mailer {
 public:
  virtual ~Mailer() = default;
  // Blocks until the mail is taken or refused; ends early, not sent, soon after `stop` is set. Never throws.
  virtual Delivery deliver(const Message& message, const std::atomic<bool>& stop) = 0;
};

}  // namespace taskgate::mail

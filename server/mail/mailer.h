#pragma once

#include "mail/message.h"

namespace taskgate::mail {

// Sends mails. `send` returns at once and never throws: delivery happens in the background, and what cannot be
// delivered is logged. Thread-safe.
class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual void send(Message message) = 0;
};

}  // namespace taskgate::mail

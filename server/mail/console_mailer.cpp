#include "mail/console_mailer.h"

namespace taskgate::mail {

Delivery ConsoleMailer::deliver(const Message& message, const std::atomic<bool>&) {
  const std::lock_guard lock(mutex_);
  output_ << "\nMail for " << message.to << ": " << message.subject << '\n';
  if (!message.link.empty()) output_ << message.link << '\n';
  output_ << std::endl;
  if (output_) return {true, true, {}};
  output_.clear();
  return {false, false, "The terminal cannot be written"};
}

}  // namespace taskgate::mail

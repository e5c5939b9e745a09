#include "mail/console_mailer.h"

namespace taskgate::mail {

void ConsoleMailer::send(Message message) {
  const std::lock_guard lock(mutex_);
  output_ << "\nMail for " << message.to << ": " << message.subject << '\n';
  if (!message.link.empty()) output_ << message.link << '\n';
  output_ << std::endl;
}

}  // namespace taskgate::mail

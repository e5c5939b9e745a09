#include "accounts/outgoing_mail.h"

#include "base/json.h"

namespace taskgate::accounts {

std::string_view to_string(MailKind kind) {
  switch (kind) {
    case MailKind::verification:
      return "verification";
    case MailKind::password_reset:
      return "password_reset";
    case MailKind::already_registered:
      return "already_registered";
    case MailKind::password_changed:
      return "password_changed";
  }
  return "";
}

std::string mail_seal_context(JobId id) { return "mail " + taskgate::to_string(id); }

std::string public_data(const OutgoingMail& mail) {
  JsonWriter json;
  json.begin_object().member("kind", to_string(mail.kind)).member("to", mail.to).end_object();
  return json.take();
}

}  // namespace taskgate::accounts

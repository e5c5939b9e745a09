#include "mail/message.h"

#include <fmt/format.h>

namespace taskgate::mail {

namespace {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

// What differs from mail to mail.
struct Content {
  std::string subject;
  std::string before;  // sentences before the link
  std::string action;  // what the link does, on its button
  std::string after;   // sentences after it
};

Message compose(std::string_view to, const Content& content, std::string link) {
  Message message;
  message.to = to;
  message.subject = content.subject;
  message.text = fmt::format("{}\n\n{}\n\n{}\n", content.before, link, content.after);
  message.html = fmt::format(
      "<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5;color:#1f2328\">"
      "<p>{}</p><p><a href=\"{}\" style=\"display:inline-block;padding:10px "
      "18px;border-radius:6px;background:#1c5fd4;color:#ffffff;"
      "text-decoration:none\">{}</a></p><p style=\"word-break:break-all\">{}</p><p>{}</p></body></html>\n",
      escape_html(content.before), escape_html(link), escape_html(content.action), escape_html(link),
      escape_html(content.after));
  message.link = std::move(link);
  return message;
}

}  // namespace

Message verification_message(std::string_view public_url, std::string_view to, std::string_view token) {
  return compose(to,
                 {"Confirm your address", "Welcome. Open this link to confirm your address; it works for 24 hours.",
                  "Confirm my address", "If you did not sign up, ignore this mail: nothing happens without the link."},
                 fmt::format("{}/verify/{}", public_url, token));
}

Message password_reset_message(std::string_view public_url, std::string_view to, std::string_view token) {
  return compose(to,
                 {"Set a new password", "Open this link to set a new password; it works once, for 30 minutes.",
                  "Set a new password", "If you did not ask for it, ignore this mail: your password stays as it is."},
                 fmt::format("{}/reset/{}", public_url, token));
}

Message already_registered_message(std::string_view public_url, std::string_view to) {
  return compose(
      to,
      {"You already have an account",
       "Somebody, perhaps you, signed up with this address, which has an account already.", "Set a new password",
       "Sign in as usual, or set a new password if you forgot yours. If it was not you, ignore this mail."},
      fmt::format("{}/forgot", public_url));
}

Message password_changed_message(std::string_view public_url, std::string_view to) {
  return compose(to,
                 {"Your password was changed",
                  "The password of your account was changed just now, and your other sessions have ended.",
                  "Set a new password", "If it was not you, set a new password at once."},
                 fmt::format("{}/forgot", public_url));
}

}  // namespace taskgate::mail

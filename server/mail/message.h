#pragma once

#include <string>
#include <string_view>

namespace taskgate::mail {

// One mail to one person. All text is UTF-8.
struct Message {
  std::string to;       // an address
  std::string subject;  // one line
  std::string text;     // the plain version
  std::string html;     // the same as HTML
  std::string link;     // what the mail is about, for the terminal; empty when there is none
  std::string id = {};  // the part of the Message-ID before the '@'; the same each time the mail is sent. Empty: random
};

// The mails this product sends. Links begin with `public_url` (no slash at its end), never with anything a client sent;
// what goes into HTML is escaped.
[[nodiscard]] Message verification_message(std::string_view public_url, std::string_view to, std::string_view token);
[[nodiscard]] Message password_reset_message(std::string_view public_url, std::string_view to, std::string_view token);
[[nodiscard]] Message already_registered_message(std::string_view public_url, std::string_view to);
[[nodiscard]] Message password_changed_message(std::string_view public_url, std::string_view to);

}  // namespace taskgate::mail

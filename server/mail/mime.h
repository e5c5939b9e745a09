#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/message.h"

namespace taskgate::mail {

// Whether an address can go into an SMTP envelope and a header as it is: one '@', no white space, no control
// characters, no angle brackets, at most 254 bytes. Not a check that it exists.
[[nodiscard]] bool is_mail_address(std::string_view address);

// The mail as it goes over the wire after DATA (RFC 5322, 2045, 2047), lines ending in CRLF: multipart/alternative,
// both parts UTF-8 in base64, the subject as an encoded word where it is not plain ASCII. `message_id` is without angle
// brackets. Addresses must have passed `is_mail_address`; line breaks in the subject become blanks.
[[nodiscard]] std::string to_mime(const Message& message, std::string_view from, std::string_view message_id, Time now);

}  // namespace taskgate::mail

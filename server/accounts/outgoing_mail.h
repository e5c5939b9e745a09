#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace taskgate::accounts {

// What a mail tells the owner of an address.
enum class MailKind {
  verification,        // the link that proves the address
  password_reset,      // the link that sets a new password
  already_registered,  // somebody signed up with an address that has an account
  password_changed,
};

// These words are in stored jobs.
[[nodiscard]] std::string_view to_string(MailKind kind);

// A mail that goes out because of a change. It is stored together with the change, and from then on it is a job of the
// server (jobs/system_job.h) that is delivered at least once, whatever happens to the program in between.
struct OutgoingMail {
  JobId id;  // of the job
  MailKind kind = MailKind::verification;
  std::string to;      // an address
  std::string sealed;  // the one-time token, sealed for this mail (mail_seal_context); empty when it has none
  Time useful_until;   // not sent after: its link has expired, or it is no news any more
};

// What a mail's token is sealed for, so that it opens as that of this mail only.
[[nodiscard]] std::string mail_seal_context(JobId id);

// What may be read of it, as JSON: {"kind": …, "to": …}.
[[nodiscard]] std::string public_data(const OutgoingMail& mail);

}  // namespace taskgate::accounts

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/crypto_sealing.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "jobs/job_handler.h"
#include "mail/mailer.h"

namespace taskgate::app {

// How many mails are handed over at the same time.
inline constexpr std::size_t mails_at_once = 2;

// What the delivery of mails works with; all of it outlives the handler.
struct MailParts {
  mail::Mailer& mailer;
  WorkerPool& pool;  // blocked by the exchanges: a thread for each
  const Sealer& sealer;
  const Clock& clock;
  std::function<std::string()> public_url;  // the address of the dashboard, without a slash at its end
};

// Runs the jobs that accounts::OutgoingMail became: unseals the token, writes the mail, hands it over. What the mail
// server refuses for now is tried again as the job says; what it refuses for good, what came too late and what cannot
// be unsealed fails.
[[nodiscard]] jobs::HandlerRegistration mail_handler(MailParts parts);

// The mail that such a job stands for. Errors (bad_request `not_a_mail`): it is not the server's own, its time is over,
// or its token was dropped or sealed with another key; the message is for the admin who reads the job.
[[nodiscard]] Result<mail::Message> mail_of(const jobs::Job& job, const Sealer& sealer, const std::string& public_url,
                                            Time now);

}  // namespace taskgate::app

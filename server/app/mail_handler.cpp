#include "app/mail_handler.h"

#include <atomic>
#include <boost/json/object.hpp>

#include "accounts/outgoing_mail.h"
#include "base/json.h"
#include "base/log.h"
#include "jobs/system_job.h"

namespace taskgate::app {

namespace {

using accounts::MailKind;

Error not_a_mail(std::string message) {
  return {ErrorCode::bad_request, "not_a_mail", std::move(message), {}, std::nullopt};
}

bool needs_token(std::string_view kind) {
  return kind == to_string(MailKind::verification) || kind == to_string(MailKind::password_reset);
}

std::optional<mail::Message> compose(std::string_view kind, const std::string& public_url, std::string_view to,
                                     std::string_view token) {
  if (kind == to_string(MailKind::verification)) return mail::verification_message(public_url, to, token);
  if (kind == to_string(MailKind::password_reset)) return mail::password_reset_message(public_url, to, token);
  if (kind == to_string(MailKind::already_registered)) return mail::already_registered_message(public_url, to);
  if (kind == to_string(MailKind::password_changed)) return mail::password_changed_message(public_url, to);
  return std::nullopt;
}

// A member that is a string; empty otherwise.
std::string text_of(const boost::json::value& data, std::string_view key) {
  const auto* object = data.if_object();
  const auto* value = object == nullptr ? nullptr : object->if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<std::string> token_of(const jobs::Job& job, const Sealer& sealer) {
  if (!job.sealed) return not_a_mail("The token of this mail is gone: it was sent or given up before");
  auto token = sealer.open(*job.sealed, accounts::mail_seal_context(job.id));
  if (!token)
    return not_a_mail("The token of this mail cannot be unsealed: DATA_KEY is not the one it was sealed with");
  return std::move(*token);
}

class MailHandler final : public jobs::JobHandler {
 public:
  explicit MailHandler(MailParts parts) : parts_(std::move(parts)) {}

  Awaitable<jobs::HandlerOutcome> run(std::shared_ptr<jobs::JobContext> context) override {
    const auto message = mail_of(context->job(), parts_.sealer, parts_.public_url(), parts_.clock.now());
    if (!message) {
      jobs::FailedAttempt failed{message.error().message, false};
      co_return jobs::HandlerOutcome{std::move(failed)};
    }
    const auto stop = std::make_shared<std::atomic<bool>>(false);
    context->on_stop([stop] { *stop = true; });
    auto work = [&mailer = parts_.mailer, mail = *message, stop] { return mailer.deliver(mail, *stop); };
    auto running = run_in<mail::Delivery>(parts_.pool, std::move(work));
    const auto delivery = co_await std::move(running);
    context->on_stop({});
    co_return outcome_of(*message, delivery);
  }

 private:
  static jobs::HandlerOutcome outcome_of(const mail::Message& message, const std::optional<mail::Delivery>& delivery) {
    if (!delivery) return jobs::FailedAttempt{"No thread was free to send the mail"};
    if (!delivery->sent) return jobs::FailedAttempt{"Mail not sent: " + delivery->error, !delivery->is_final};
    log::info("mail sent", {{"to", message.to}, {"subject", message.subject}});
    return jobs::Succeeded{};
  }

  MailParts parts_;
};

}  // namespace

Result<mail::Message> mail_of(const jobs::Job& job, const Sealer& sealer, const std::string& public_url, Time now) {
  if (job.user_id != jobs::system_owner) return not_a_mail("Only the server itself sends mails");
  if (job.terms.retry_until && now > *job.terms.retry_until) return not_a_mail("It is too late to send this mail");
  const auto data = parse_json(job.data);
  const std::string kind = data ? text_of(*data, "kind") : "";
  const std::string to = data ? text_of(*data, "to") : "";
  std::string token;
  if (needs_token(kind)) {
    auto unsealed = token_of(job, sealer);
    if (!unsealed) return unsealed.error();
    token = std::move(*unsealed);
  }
  auto message = compose(kind, public_url, to, token);
  if (!message) return not_a_mail("This version knows no mail of this kind");
  message->id = to_string(job.id);
  return std::move(*message);
}

jobs::HandlerRegistration mail_handler(MailParts parts) {
  jobs::HandlerRegistration registration;
  registration.types.types = {std::string(jobs::mail_type)};
  registration.concurrency = mails_at_once;
  registration.handler = std::make_shared<MailHandler>(std::move(parts));
  return registration;
}

}  // namespace taskgate::app

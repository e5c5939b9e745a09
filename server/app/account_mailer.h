#pragma once

#include <functional>
#include <string>

#include "accounts/account_mail.h"
#include "mail/mailer.h"

namespace taskgate::app {

// What accounts wants to tell people, as mails.
class AccountMailer final : public accounts::AccountMail {
 public:
  // `public_url` gives the address of the dashboard, without a slash at its end.
  AccountMailer(mail::Mailer& mailer, std::function<std::string()> public_url)
      : mailer_(mailer), public_url_(std::move(public_url)) {}

  void send_verification(std::string email, std::string token) override {
    mailer_.send(mail::verification_message(public_url_(), email, token));
  }
  void send_password_reset(std::string email, std::string token) override {
    mailer_.send(mail::password_reset_message(public_url_(), email, token));
  }
  void send_already_registered(std::string email) override {
    mailer_.send(mail::already_registered_message(public_url_(), email));
  }
  void send_password_changed(std::string email) override {
    mailer_.send(mail::password_changed_message(public_url_(), email));
  }

 private:
  mail::Mailer& mailer_;
  std::function<std::string()> public_url_;
};

}  // namespace taskgate::app

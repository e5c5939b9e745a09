#include <boost/json/object.hpp>

#include "accounts/memory_account_store.h"
#include "base/json.h"
#include "jobs/system_job.h"
#include "store/conformance/account_keys.h"
#include "store/conformance/account_mails.h"
#include "store/conformance/account_sessions.h"
#include "store/conformance/account_tokens.h"
#include "store/conformance/account_users.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::conformance {
namespace {

class SqliteAccounts final : public AccountEngine {
 public:
  explicit SqliteAccounts(sqlite::Access access) : access_(access) { reopen(); }
  AccountStore& store() override { return store_->accounts(); }
  std::vector<OutgoingMail> take_mails() override {
    jobs::ClaimRequest request;
    request.worker = "mailer";
    request.types.types = {std::string(jobs::mail_type)};
    request.max = 100;
    const Time now{1'767'225'600'000ms};
    std::vector<OutgoingMail> mails;
    for (const auto& job : run_to_completion(store_->jobs().claim(request, now)).jobs) mails.push_back(mail_of(job));
    return mails;
  }
  void reopen() override {
    store_.reset();
    sqlite::SqliteStoreOptions options;
    options.folder = folder_.path() / "data";
    options.access = access_;
    store_ = std::make_unique<sqlite::SqliteStore>(options);
  }

 private:
  static OutgoingMail mail_of(const jobs::Job& job) {
    const auto data = parse_json(job.data).value().as_object();
    EXPECT_EQ(data.size(), 2U) << "an admin sees more than that: " << job.data;
    OutgoingMail mail;
    mail.id = job.id;
    for (const auto kind :
         {MailKind::verification, MailKind::password_reset, MailKind::already_registered, MailKind::password_changed}) {
      if (to_string(kind) == std::string_view(data.at("kind").as_string())) mail.kind = kind;
    }
    mail.to = data.at("to").as_string();
    mail.sealed = job.sealed.value_or("");
    mail.useful_until = job.terms.retry_until.value();
    EXPECT_EQ(job.user_id, jobs::system_owner);
    return mail;
  }

  sqlite::TemporaryFolder folder_;
  sqlite::Access access_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

class MemoryAccounts final : public AccountEngine {
 public:
  AccountStore& store() override { return store_; }
  void reopen() override {}
  std::vector<OutgoingMail> take_mails() override {
    auto mails = store_.mails();
    mails.erase(mails.begin(), mails.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, mails.size())));
    return mails;
  }

 private:
  std::size_t taken_ = 0;
  MemoryAccountStore store_;
};

std::unique_ptr<AccountEngine> server() { return std::make_unique<SqliteAccounts>(sqlite::Access::server); }
std::unique_ptr<AccountEngine> beside() { return std::make_unique<SqliteAccounts>(sqlite::Access::accounts_only); }
std::unique_ptr<AccountEngine> memory() { return std::make_unique<MemoryAccounts>(); }

const auto engines =
    ::testing::Values(AccountEngineMaker{"Sqlite", server}, AccountEngineMaker{"SqliteBesideAServer", beside},
                      AccountEngineMaker{"Memory", memory});

INSTANTIATE_TEST_SUITE_P(Engine, AccountUsers, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, AccountPasswords, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, AccountTokens, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, AccountSessions, engines, NameOfEngine{});
INSTANTIATE_TEST_SUITE_P(Engine, AccountKeys, engines, NameOfEngine{});

const auto engines_with_queue =
    ::testing::Values(AccountEngineMaker{"Sqlite", server}, AccountEngineMaker{"Memory", memory});
INSTANTIATE_TEST_SUITE_P(Engine, AccountMails, engines_with_queue, NameOfEngine{});

TEST(SqliteBesideAServer, RefusesAMailThatTheRunningServerWouldNotSee) {
  SqliteAccounts beside_a_server(sqlite::Access::accounts_only);
  User user;
  user.email = "ada@example.org";
  EXPECT_THROW(run_to_completion(beside_a_server.store().create_user(user, std::nullopt, OutgoingMail{})),
               StoreFailure);
  EXPECT_FALSE(run_to_completion(beside_a_server.store().find_user_by_email(user.email)).has_value());
}

}  // namespace
}  // namespace taskgate::conformance

#include "accounts/memory_account_store.h"
#include "store/conformance/account_keys.h"
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
  void reopen() override {
    store_.reset();
    sqlite::SqliteStoreOptions options;
    options.folder = folder_.path() / "data";
    options.access = access_;
    store_ = std::make_unique<sqlite::SqliteStore>(options);
  }

 private:
  sqlite::TemporaryFolder folder_;
  sqlite::Access access_;
  std::unique_ptr<sqlite::SqliteStore> store_;
};

class MemoryAccounts final : public AccountEngine {
 public:
  AccountStore& store() override { return store_; }
  void reopen() override {}

 private:
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

}  // namespace
}  // namespace taskgate::conformance
